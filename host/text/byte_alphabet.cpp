// SPDX-License-Identifier: MIT
#include "host/text/byte_alphabet.h"

#include <array>

#include "host/io/utf8.h"

namespace tessera::host {
namespace {

constexpr char32_t kFirstOther = 0x100, kOthers = 68;

bool is_printable(uint32_t byte) {
    constexpr uint32_t kSoftHyphen = 0xad;
    return (byte > ' ' && byte <= '~') || (byte > 0xa0 && byte != kSoftHyphen);
}

struct Alphabet {
    std::array<char32_t, 256> characters{};
    std::array<uint8_t, kOthers> others{};  ///< the byte of each character from kFirstOther on
};

Alphabet make_alphabet() {
    Alphabet alphabet;
    char32_t next = kFirstOther;
    for (uint32_t byte = 0; byte < 256; ++byte) {
        alphabet.characters[byte] = is_printable(byte) ? byte : next;
        if (!is_printable(byte)) alphabet.others[next++ - kFirstOther] = static_cast<uint8_t>(byte);
    }
    return alphabet;
}

const Alphabet& alphabet() {
    static const Alphabet all = make_alphabet();
    return all;
}

}  // namespace

char32_t byte_character(uint8_t byte) { return alphabet().characters[byte]; }

std::optional<std::string> spelt_bytes(std::string_view piece) {
    std::string bytes;
    for (const char32_t character : decode_utf8(piece)) {
        if (character < kFirstOther && is_printable(character))
            bytes += static_cast<char>(character);
        else if (character >= kFirstOther && character < kFirstOther + kOthers)
            bytes += static_cast<char>(alphabet().others[character - kFirstOther]);
        else
            return std::nullopt;
    }
    return bytes;
}

}  // namespace tessera::host
