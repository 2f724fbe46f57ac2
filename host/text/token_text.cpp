// SPDX-License-Identifier: MIT
#include "host/text/token_text.h"

#include <charconv>
#include <optional>

#include "host/error.h"
#include "host/text/space.h"

namespace tessera::host {
namespace {

/// The byte of a piece "<0x0A>".
std::optional<char> byte_of(const std::string& piece) {
    constexpr size_t kLength = 6;
    if (piece.size() != kLength || piece.compare(0, 3, "<0x") != 0 || piece.back() != '>')
        return std::nullopt;
    uint8_t byte = 0;
    const char* const end = piece.data() + kLength - 1;
    if (std::from_chars(piece.data() + 3, end, byte, 16).ptr != end) return std::nullopt;
    return static_cast<char>(byte);
}

}  // namespace

std::string TokenText::append(uint32_t token) {
    if (token >= vocabulary_.pieces.size())
        throw bad_value(vocabulary_.file, "token", std::to_string(token),
                        "0 to " + std::to_string(vocabulary_.pieces.size() - 1));
    if (token == kBeginToken || token == kEndToken) return "";
    const std::string& piece = vocabulary_.pieces[token];
    const std::optional<char> byte = byte_of(piece);
    std::u32string characters;
    decoder_.append(byte ? std::string_view(&*byte, 1) : piece, characters);
    return text_of(characters);
}

std::string TokenText::finish() {
    std::u32string characters;
    decoder_.finish(characters);
    std::string text = text_of(characters);
    at_begin_ = true;
    return text;
}

std::string TokenText::text_of(const std::u32string& characters) {
    std::string text;
    for (const char32_t character : characters) {
        const char32_t shown = character == kSpacePiece ? U' ' : character;
        if (!at_begin_ || shown != U' ') append_utf8(shown, text);
        at_begin_ = false;
    }
    return text;
}

}  // namespace tessera::host
