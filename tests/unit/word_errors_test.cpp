// SPDX-License-Identifier: MIT
// Words of a text, and how many of them are wrong.
#include "host/text/word_errors.h"

#include <algorithm>

#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;
using Words = std::vector<std::string>;

namespace {

/// The distance from its definition: what the first words of both may be.
uint64_t distance(const Words& a, const Words& b, size_t i = 0, size_t j = 0) {
    if (i == a.size()) return b.size() - j;
    if (j == b.size()) return a.size() - i;
    const uint64_t other = a[i] == b[j] ? 0 : 1;
    return std::min({distance(a, b, i + 1, j + 1) + other, distance(a, b, i + 1, j) + 1,
                     distance(a, b, i, j + 1) + 1});
}

}  // namespace

TEST_CASE("words: lower case, without punctuation, parted by hyphens") {
    Compared texts("texts");
    const std::vector<std::pair<std::string, Words>> cases = {
        {"", {}},
        {" .,-! \n", {}},
        {"The cat.", {"the", "cat"}},
        {"well-known  O'CLOCK,7th", {"well", "known", "o'clock", "7th"}},
        {"It\xe2\x80\x99s \xe2\x80\x9cgood\xe2\x80\x9d\xe2\x80\x94yes", {"it's", "good", "yes"}},
        {"caf\xc3\xa9 au lait", {"caf\xc3\xa9", "au", "lait"}},
        {"\xe2\x82\xac 5", {"\xe2\x82\xac", "5"}},  // no punctuation: U+20AC
        {"cut \xe2\x80", {"cut", "\xe2\x80"}}};
    for (const auto& [text, words] : cases)
        texts.equal(host::words_of(text), words, [&, shown = text] { return shown; });
}

TEST_CASE("word errors: cases by hand") {
    Compared cases("cases");
    const auto errors = [](const char* said, const char* text) {
        return host::count_word_errors(host::words_of(said), host::words_of(text));
    };
    cases.equal(errors("a b c", "a b c").errors, uint64_t{0});
    cases.equal(errors("a b c", "A, B - c!").errors, uint64_t{0});
    cases.equal(errors("a b c", "").errors, uint64_t{3});
    cases.equal(errors("a b c", "a c").errors, uint64_t{1});
    cases.equal(errors("a b c", "a x c").errors, uint64_t{1});
    cases.equal(errors("a b c", "a b x c y").errors, uint64_t{2});
    cases.equal(errors("on a narrow cliff", "on an arrow cliff").errors, uint64_t{2});
    cases.equal(errors("a b c d", "b c d a").errors, uint64_t{2});
    cases.equal(errors("a", "x y z").errors, uint64_t{3});
    cases.equal(errors("a", "x y z").rate(), 3.0);
    cases.equal(errors("a b c d", "a b").words, uint64_t{4});
    cases.equal(errors("a b c d", "a b").rate(), 0.5);
}

TEST_CASE("word errors of random words against the definition") {
    auto random = test::test_random();
    Compared distances("distances");
    for (int i = 0; i < 300; ++i) {
        const auto words = [&] {
            Words made(random() % 7);
            for (std::string& word : made)
                word = std::string(1, static_cast<char>('a' + random() % 3));
            return made;
        };
        const Words said = words(), text = words();
        distances.equal(host::count_word_errors(said, text).errors, distance(said, text));
    }
}
