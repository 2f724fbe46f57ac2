// SPDX-License-Identifier: MIT
// Normalisation: what is a variant becomes what it is one of, and nothing changes twice.
#include "host/text/nfkc.h"

#include "host/io/utf8.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;

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

TEST_CASE("variants stay where only marks are joined", "[text]") {
    struct Example {
        std::u32string text, normalised;
    };
    const std::vector<Example> examples = {
        {U"", U""},
        {U"\ufb01ne\u00a0\u2026\u2122\uff21", U"\ufb01ne\u00a0\u2026\u2122\uff21"},
        {U"e\u0301", U"\u00e9"},
        {U"e\u0302\u0323", U"\u1ec7"},
        {U"\u0958\u212b", U"\u0915\u093c\u00c5"},
        {U"\u1112\u1161\u11ab", U"\ud55c"},
        {U"\u1e9b\u0323", U"\u1e9b\u0323"},
    };
    Compared compared("texts");
    for (const Example& example : examples)
        compared.equal(host::to_nfc(example.text), example.normalised,
                       [&] { return host::encode_utf8(example.text); });
}

TEST_CASE("what is normalised stays as it is, and so does ASCII", "[text]") {
    Compared compared("characters");
    for (char32_t character = 0; character <= 0x10ffff; ++character) {
        if (character >= 0xd800 && character <= 0xdfff) continue;
        const std::u32string once = host::to_nfkc({&character, 1});
        const auto where = [&] { return host::encode_utf8({&character, 1}); };
        compared.equal(host::to_nfkc(once), once, where);
        if (character < 0x80) compared.equal(once, std::u32string(1, character), where);
    }
}
