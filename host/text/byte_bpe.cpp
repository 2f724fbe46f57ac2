// SPDX-License-Identifier: MIT
#include "host/text/byte_bpe.h"

#include <utility>

#include "host/error.h"
#include "host/text/nfkc.h"

namespace tessera::host {
namespace {

/// The code points between two cuts of each matcher, one behind the other.
std::vector<std::u32string_view> cut(const std::vector<PreTokenMatcher>& matchers,
                                     std::u32string_view text) {
    std::vector<std::u32string_view> parts{text};
    for (const PreTokenMatcher match : matchers) {
        std::vector<std::u32string_view> smaller;
        for (std::u32string_view rest : parts)
            while (!rest.empty()) {
                const size_t length = match(rest);
                smaller.push_back(rest.substr(0, length));
                rest.remove_prefix(length);
            }
        parts = std::move(smaller);
    }
    return parts;
}

}  // namespace

ByteBpeTokenizer::ByteBpeTokenizer(const std::string& path)
    : ByteBpeTokenizer(read_tokenizer(path)) {}

ByteBpeTokenizer::ByteBpeTokenizer(TokenizerFile file)
    : file_(std::move(file.file)),
      entries_(std::move(file.entries)),
      pipeline_(std::move(file.pipeline)),
      merger_(std::move(file.pairs)) {
    for (uint32_t token = 0; token < size(); ++token) {
        const TokenEntry& entry = entries_[token];
        if (!entry.is_piece) continue;
        if (entry.bytes.size() == 1) byte_tokens_[static_cast<uint8_t>(entry.bytes[0])] = token;
        if (file.ignore_merges) whole_.emplace(entry.bytes, token);
    }
    for (const AddedToken& added : file.added) {
        if (!added.is_normalized)
            added_.insert(added.text, added.token);
        else if (!pipeline_.nfc)
            normalized_.insert(added.text, added.token);
        else
            normalized_.insert(encode_utf8(to_nfc(decode_utf8(added.text))), added.token);
    }
}

bool ByteBpeTokenizer::has(uint32_t token) const {
    return token < entries_.size() && entries_[token].exists;
}

const TokenEntry& ByteBpeTokenizer::entry(uint32_t token) const {
    if (!has(token))
        throw bad_value(file_, "token", std::to_string(token),
                        "the tokens of its vocabulary, which are below " + std::to_string(size()));
    return entries_[token];
}

std::vector<uint32_t> ByteBpeTokenizer::encode(std::string_view text) const {
    std::vector<uint32_t> tokens = pipeline_.leading;
    const std::string valid = is_utf8(text) ? "" : encode_utf8(decode_utf8(text));
    for (const AddedTokens::Part& part : added_.split(valid.empty() ? text : valid)) {
        if (part.token == AddedTokens::kNone)
            encode_section(part.text, tokens);
        else
            tokens.push_back(part.token);
    }
    return tokens;
}

void ByteBpeTokenizer::encode_section(std::string_view text, std::vector<uint32_t>& out) const {
    const std::string normal = pipeline_.nfc ? encode_utf8(to_nfc(decode_utf8(text))) : "";
    for (const AddedTokens::Part& part : normalized_.split(pipeline_.nfc ? normal : text)) {
        if (part.token == AddedTokens::kNone)
            encode_plain(part.text, out);
        else
            out.push_back(part.token);
    }
}

void ByteBpeTokenizer::encode_plain(std::string_view text, std::vector<uint32_t>& out) const {
    std::u32string characters = decode_utf8(text);
    if (pipeline_.prefix_space && characters.front() != U' ')
        characters.insert(characters.begin(), U' ');
    for (const std::u32string_view part : cut(pipeline_.matchers, characters))
        encode_pre_token(encode_utf8(part), out);
}

void ByteBpeTokenizer::encode_pre_token(std::string_view bytes, std::vector<uint32_t>& out) const {
    const auto whole = whole_.find(std::string(bytes));
    if (whole != whole_.end()) {
        out.push_back(whole->second);
        return;
    }
    std::vector<uint32_t> tokens;
    tokens.reserve(bytes.size());
    for (const char byte : bytes) tokens.push_back(byte_tokens_[static_cast<uint8_t>(byte)]);
    merger_.merge(tokens);
    out.insert(out.end(), tokens.begin(), tokens.end());
}

std::string ByteBpeText::append(uint32_t token) {
    if (tokenizer_.is_special(token)) return "";
    std::u32string characters;
    decoder_.append(tokenizer_.bytes_of(token), characters);
    return encode_utf8(characters);
}

std::string ByteBpeText::finish() {
    std::u32string characters;
    decoder_.finish(characters);
    return encode_utf8(characters);
}

}  // namespace tessera::host
