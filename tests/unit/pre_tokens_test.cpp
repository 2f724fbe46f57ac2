// SPDX-License-Identifier: MIT
// The cuts of each pattern against its regular expression, matched by backtracking, and by hand.
#include "host/text/pre_tokens.h"

#include <map>

#include "host/io/utf8.h"
#include "tests/support/compared.h"
#include "tests/support/small_regex.h"

namespace {

using namespace tessera;
using test::Compared;

/// Characters of every kind, as Unicode's tables have them.
const std::map<char32_t, char>& kinds() {
    static const std::map<char32_t, char> all = [] {
        std::map<char32_t, char> out;
        const std::u32string letters =
            U"asSrRtTeEvVlLmMdDxZ\u00aa\u00e9\u017f\u01c5\u02b0\u0431\u05d0\u0939\u0e01\u1e9e\u2160"
            U"\u4e2d\uac00\ufb01\U0001d400\U00020000";
        for (const char32_t c : letters) out[c] = 'L';
        for (const char32_t c :
             std::u32string(U"01259\u00b2\u00bd\u0663\u2167\u2460\u3007\U0001d7ce"))
            out[c] = 'N';
        out[U'\u2160'] = 'N';  // a Roman one
        for (const char32_t c : std::u32string(
                 U" \t\n\v\f\r\u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"))
            out[c] = 'S';
        for (const char32_t c : std::u32string(
                 U"'!?._-$<|"
                 U"\u0001\u001c\u00ad\u0301\u093f\u180e\u200b\u200d\u20e3\ufe0f\ufeff\ufffd"
                 U"\u0378\ue000\U0001f600\U0010ffff"))
            out[c] = 'O';
        out[0] = 'O';
        return out;
    }();
    return all;
}

std::vector<size_t> cuts_of(host::PreTokenMatcher match, std::u32string_view text) {
    std::vector<size_t> lengths;
    while (!text.empty()) {
        lengths.push_back(match(text));
        if (lengths.back() == 0 || lengths.back() > text.size()) break;
        text.remove_prefix(lengths.back());
    }
    return lengths;
}

std::vector<size_t> cuts_of(const test::SmallRegex& regex, std::u32string_view text) {
    std::vector<size_t> lengths;
    while (!text.empty()) {
        const size_t length = regex.match(text);
        REQUIRE(length != 0);
        lengths.push_back(length);
        text.remove_prefix(length);
    }
    return lengths;
}

/// Few of the characters in most texts, so that the same stand together.
std::u32string random_text(std::mt19937_64& random) {
    static const std::u32string often = U"''  \n\r\tstrevlmd12!?\u017f";
    std::u32string rare;
    for (int i = 0; i < 3; ++i)
        rare += std::next(kinds().begin(), static_cast<long>(random() % kinds().size()))->first;
    std::u32string text;
    const uint64_t share = random() % 4;
    for (uint64_t length = random() % 14; length > 0; --length)
        text +=
            random() % 4 < share ? rare[random() % rare.size()] : often[random() % often.size()];
    return text;
}

}  // namespace

TEST_CASE("each pattern cuts as its regular expression", "[text]") {
    auto random = test::test_random();
    Compared compared("texts");
    for (const host::PreTokenPattern& pattern : host::kPreTokenPatterns) {
        const test::SmallRegex regex(pattern.regex, [](char32_t c) { return kinds().at(c); });
        for (int i = 0; i < 10000; ++i) {
            const std::u32string text = random_text(random);
            compared.equal(cuts_of(pattern.match, text), cuts_of(regex, text),
                           [&] { return pattern.model + (" on " + host::encode_utf8(text)); });
        }
    }
}

TEST_CASE("each character is of its kind", "[text]") {
    Compared compared("characters");
    for (const auto& [character, kind] : kinds())
        for (const host::PreTokenPattern& pattern : host::kPreTokenPatterns) {
            const test::SmallRegex regex(pattern.regex, [](char32_t c) { return kinds().at(c); });
            for (const char32_t next : U"a1! ") {
                const std::u32string text{character, next, character, character};
                compared.equal(cuts_of(pattern.match, text), cuts_of(regex, text),
                               [&] { return pattern.model + (" on " + host::encode_utf8(text)); });
            }
        }
}

TEST_CASE("cuts by hand", "[text]") {
    struct Example {
        std::u32string text;
        std::vector<size_t> gpt2, llama3, qwen2;
    };
    const std::vector<Example> examples = {
        {U"I'm it's", {1, 2, 3, 2}, {1, 2, 3, 2}, {1, 2, 3, 2}},
        {U"I'M", {1, 1, 1}, {1, 2}, {1, 2}},
        {U"'sure", {2, 3}, {2, 3}, {2, 3}},
        {U"a  b", {1, 1, 2}, {1, 1, 2}, {1, 1, 2}},
        {U"a \t", {1, 2}, {1, 2}, {1, 2}},
        {U"a\n\n b", {1, 2, 2}, {1, 2, 2}, {1, 2, 2}},
        {U"a \n  b", {1, 3, 2}, {1, 2, 1, 2}, {1, 2, 1, 2}},
        {U" 12345", {6}, {1, 3, 2}, {1, 1, 1, 1, 1, 1}},
        {U"!!\n\nx", {2, 1, 1, 1}, {4, 1}, {4, 1}},
        {U"(x", {1, 1}, {2}, {2}},
        {U"\tx", {1, 1}, {2}, {2}},
    };
    Compared compared("texts");
    for (const Example& example : examples) {
        const auto where = [&] { return host::encode_utf8(example.text); };
        compared.equal(cuts_of(host::match_gpt2, example.text), example.gpt2, where);
        compared.equal(cuts_of(host::match_llama3, example.text), example.llama3, where);
        compared.equal(cuts_of(host::match_qwen2, example.text), example.qwen2, where);
    }
}
