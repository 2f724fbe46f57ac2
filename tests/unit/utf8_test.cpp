// SPDX-License-Identifier: MIT
// UTF-8: every code point there and back, and what is none replaced as the Unicode Standard
// recommends it, wherever the text is cut into pieces.
#include "host/io/utf8.h"

#include <algorithm>
#include <set>

#include "tests/support/compared.h"

namespace {

using namespace tessera;
using test::Compared;

bool is_character(char32_t code_point) {
    return code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff);
}

/// The rule by itself: at each place the longest whole character, or else one U+FFFD for the
/// longest beginning of some character, at least one byte.
class Oracle {
  public:
    Oracle() {
        for (char32_t code_point = 0; code_point <= 0x10ffff; ++code_point) {
            if (!is_character(code_point)) continue;
            const std::string bytes = host::encode_utf8({&code_point, 1});
            for (size_t length = 1; length < bytes.size(); ++length)
                beginnings_.insert(bytes.substr(0, length));
        }
    }

    std::u32string decode(const std::string& text) const {
        std::u32string out;
        for (size_t at = 0; at < text.size();) {
            size_t length = 1;
            while (at + length < text.size() && beginnings_.count(text.substr(at, length)) != 0 &&
                   (beginnings_.count(text.substr(at, length + 1)) != 0 ||
                    is_whole(text.substr(at, length + 1))))
                ++length;
            const std::string part = text.substr(at, length);
            out += is_whole(part) ? value(part) : host::kReplacement;
            at += length;
        }
        return out;
    }

  private:
    /// By counting bits, and by having no shorter form.
    static char32_t value(const std::string& bytes) {
        const auto first = static_cast<unsigned char>(bytes[0]);
        if (bytes.size() == 1) return first;
        char32_t code_point = first & (0x7fu >> bytes.size());
        for (size_t i = 1; i < bytes.size(); ++i)
            code_point = code_point * 64 + (static_cast<unsigned char>(bytes[i]) & 63u);
        return code_point;
    }
    static bool is_whole(const std::string& bytes) {
        const char32_t code_point = value(bytes);
        return bytes.size() <= 4 && is_character(code_point) &&
               host::encode_utf8({&code_point, 1}) == bytes;
    }
    std::set<std::string> beginnings_;
};

}  // namespace

TEST_CASE("every character has its bytes", "[text]") {
    Compared compared("characters");
    compared.equal(host::encode_utf8(U"a\u00e9\u2581\U0001f600"),
                   std::string("a\xc3\xa9\xe2\x96\x81\xf0\x9f\x98\x80"));
    std::u32string all;
    for (char32_t code_point = 0; code_point <= 0x10ffff; ++code_point)
        if (is_character(code_point)) all += code_point;
    const std::string bytes = host::encode_utf8(all);
    // Of two bytes there are those below U+0800, of three those of the first plane without
    // surrogates.
    compared.equal(bytes.size(), size_t{128 + 2 * 1920 + 3 * (63488 - 2048) + 4 * 1048576});
    const std::u32string decoded = host::decode_utf8(bytes);
    compared.equal(decoded.size(), all.size());
    for (size_t i = 0; i < std::min(decoded.size(), all.size()); ++i)
        compared.equal(decoded[i], all[i]);
    compared.equal(host::is_utf8(bytes), true);
}

TEST_CASE("broken characters are replaced as the standard's examples have it", "[text]") {
    struct Example {
        const char* bytes;
        std::u32string characters;
    };
    // The Unicode Standard, 3.9, tables "Maximal Subpart"; then cuts at the end.
    const std::vector<Example> examples = {
        {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", std::u32string(8, 0xfffd) + U"A"},
        {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", std::u32string(8, 0xfffd) + U"A"},
        {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", std::u32string(5, 0xfffd) + U"A\ufffd\ufffd"
                                                                             U"B"},
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", std::u32string(4, 0xfffd) + U"A"},
        {"\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64",
         U"a\ufffd\ufffd\ufffd"
         U"b\ufffd"
         U"c\ufffd\ufffd"
         U"d"},
        {"a\xe2\x96", U"a\ufffd"},
        {"\xf0", U"\ufffd"},
        {"", U""}};
    Compared compared("texts");
    for (const Example& example : examples) {
        compared.equal(host::decode_utf8(example.bytes), example.characters,
                       [&] { return example.bytes; });
        compared.equal(host::is_utf8(example.bytes), *example.bytes == '\0');
    }
}

TEST_CASE("random bytes in random pieces are the same characters", "[text]") {
    auto random = test::test_random();
    const Oracle oracle;
    Compared compared("texts");
    for (int i = 0; i < 20000; ++i) {
        std::string text;
        while (random() % 8 != 0) {
            if (random() % 2 == 0) {
                const auto code_point = static_cast<char32_t>(random() >> (43 + random() % 16));
                if (is_character(code_point)) host::append_utf8(code_point, text);
            } else {
                constexpr unsigned char kBytes[] = {0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
                                                    0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed,
                                                    0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0xff};
                text += static_cast<char>(kBytes[random() % sizeof kBytes]);
            }
        }
        const std::u32string expected = oracle.decode(text);
        compared.equal(host::decode_utf8(text), expected, [&] { return text; });
        std::u32string streamed;
        host::Utf8Decoder decoder;
        for (size_t at = 0; at < text.size();) {
            const size_t length = 1 + random() % 3;
            decoder.append(std::string_view(text).substr(at, length), streamed);
            at += length;
        }
        decoder.finish(streamed);
        compared.equal(streamed, expected, [&] { return text; });
    }
}
