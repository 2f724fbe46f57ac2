// SPDX-License-Identifier: MIT
// Normalisation: examples, and checksums of what Python's normalisation gives for every character
// and for a random text.
#include "host/text/nfkc.h"

#include "host/text/utf8.h"
#include "tests/support/compared.h"
#include "tests/unit/nfkc_checksums.h"

namespace {

using namespace tessera;
using test::Compared;

uint64_t checksum(const std::string& text) {
    uint64_t value = 0xcbf29ce484222325;
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return value;
}

/// Letters, marks, Hangul and anything, as scripts/nfkc_table draws them.
std::u32string drawn_text() {
    std::u32string text;
    uint64_t state = 1;
    for (uint32_t i = 0; i < test::kDrawn; ++i) {
        state = state * 6364136223846793005 + 1442695040888963407;
        const uint64_t kind = state >> 33 & 7, draw = state >> 36;
        text += static_cast<char32_t>(kind < 2    ? 0x41 + draw % 58
                                      : kind < 4  ? 0x300 + draw % 112
                                      : kind == 4 ? 0x1100 + draw % 256
                                      : kind == 5 ? 0xac00 + draw % 11172
                                      : kind == 6 ? draw % 0xd800
                                                  : 0xe000 + draw % 0x21000);
    }
    return text;
}

}  // namespace

TEST_CASE("texts are normalised", "[text]") {
    struct Example {
        std::u32string text, normalised;
    };
    const std::vector<Example> examples = {
        {U"", U""},
        {U"plain, old: text!", U"plain, old: text!"},
        {U"\ufb01ne\u00a0\u2026\u2122", U"fine ...TM"},
        {U"\uff21\uff42\uff13", U"Ab3"},
        {U"e\u0301", U"\u00e9"},
        {U"e\u0301\u0302", U"\u00e9\u0302"},
        // Marks below stand in front of those above; one between of another class does not part.
        {U"e\u0302\u0323", U"\u1ec7"},
        {U"q\u0307\u0323", U"q\u0323\u0307"},
        {U"\u0301e", U"\u0301e"},
        // Never composed; composed and then decomposed.
        {U"\u0958", U"\u0915\u093c"},
        {U"\u212b", U"\u00c5"},
        {U"\u1112\u1161\u11ab", U"\ud55c"},
        {U"\ud558\u11ab", U"\ud55c"},
        {U"\ud55c\u11ab", U"\ud55c\u11ab"},
        {U"\U0001d400\U0001f600", U"A\U0001f600"},
    };
    Compared compared("texts");
    for (const Example& example : examples)
        compared.equal(host::to_nfkc(example.text), example.normalised,
                       [&] { return host::encode_utf8(example.text); });
}

TEST_CASE("normalised as by Python: every character, and a random text", "[text]") {
    Compared compared("checksums");
    std::string every;
    for (char32_t character = 0; character <= 0x10ffff; ++character) {
        if (character >= 0xd800 && character <= 0xdfff) continue;
        if (character != 0) every += '\n';
        every += host::encode_utf8(host::to_nfkc({&character, 1}));
    }
    compared.equal(checksum(every), test::kChecksumOfAll);
    const std::u32string drawn = host::to_nfkc(drawn_text());
    compared.equal(checksum(host::encode_utf8(drawn)), test::kChecksumOfDrawn);
    compared.holds(host::to_nfkc(drawn) == drawn, [] { return "normalised again: no change"; });
}
