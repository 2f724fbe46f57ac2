// SPDX-License-Identifier: MIT
// Arbitrary bytes as a tokenizer.json, as the merges of one, and as a text for it.
#include "host/text/byte_bpe.h"

#include <algorithm>
#include <string>

#include "host/text/byte_alphabet.h"
#include "tests/fuzz/fuzz.h"

namespace {

namespace host = tessera::host;
using tessera::fuzz::require;

/// A template may begin with any token, one that is a part of a character, too.
void take_apart(const host::ByteBpeTokenizer& tokenizer, std::string_view text) {
    const size_t of_template = tokenizer.encode("").size();
    std::string bytes, whole;
    host::ByteBpeText decoder(tokenizer);
    size_t number = 0;
    for (const uint32_t token : tokenizer.encode(text)) {
        require(tokenizer.has(token), "tokens of the vocabulary");
        if (number++ >= of_template) bytes += tokenizer.bytes_of(token);
        whole += decoder.append(token);
    }
    require(host::is_utf8(bytes), "whole characters");
    require(host::is_utf8(whole + decoder.finish()), "text in UTF-8");
}

/// The members of the model for all bytes, and what is behind them.
std::string small_file(const std::string& pieces, const std::string& merges,
                       const std::string& around) {
    std::string text = R"({"decoder": {"type": "ByteLevel"}, "model": {"merges": [)" + merges +
                       R"(], "vocab": {)" + pieces;
    for (uint32_t byte = 0; byte < 256; ++byte) {
        const char32_t character = host::byte_character(static_cast<uint8_t>(byte));
        const bool escaped = character == U'"' || character == U'\\';
        text += (byte == 0 ? "\"" : ",\"") + std::string(escaped ? "\\" : "");
        host::append_utf8(character, text);
        text += "\":" + std::to_string(byte);
    }
    return text + "}}" + around + "}";
}

void parse(const std::string& file, std::string_view text) {
    tessera::fuzz::expect_user_error_at_most([&] {
        const host::ByteBpeTokenizer tokenizer(host::parse_tokenizer("fuzz", file));
        require(tokenizer.size() >= 256, "a token for each byte");
        take_apart(tokenizer, text);
    });
}

/// Each pattern cuts all of a text.
void cut(std::string_view text) {
    const std::u32string characters = host::decode_utf8(text);
    for (const host::PreTokenPattern& pattern : host::kPreTokenPatterns)
        for (std::u32string_view rest = characters; !rest.empty();) {
            const size_t length = pattern.match(rest);
            require(length > 0 && length <= rest.size(), "a match inside the text");
            rest.remove_prefix(length);
        }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string content(reinterpret_cast<const char*>(data), size);
    const std::string plain = R"(, "pre_tokenizer": {"type": "ByteLevel"})";
    const std::string pieces = R"("aa":256,"aaa":257,"ab":258,"aab":259,"abc":260,)";
    parse(content, content);
    parse(small_file("", content, plain), content);
    parse(small_file(pieces, R"("aa a","a a","a b","a ab","aa b","ab c")", plain), content);
    parse(small_file(pieces, "", "," + content), content);
    parse(small_file(pieces, "", plain + R"(, "added_tokens": [)" + content + "]"), content);
    cut(content);
    return 0;
}
