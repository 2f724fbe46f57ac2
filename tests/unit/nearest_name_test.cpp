// SPDX-License-Identifier: MIT
// "Did you mean": distances by the definition, and what is offered for which mistake.
#include "host/io/nearest_name.h"

#include <algorithm>
#include <random>

#include "host/error.h"
#include "tests/support/compared.h"

using namespace tessera::host;
using tessera::test::Compared;

namespace {

/// The definition, letter by letter from the end, without a table.
size_t distance(const std::string& a, const std::string& b) {
    if (a.empty() || b.empty()) return a.size() + b.size();
    const std::string shorter_a = a.substr(0, a.size() - 1), shorter_b = b.substr(0, b.size() - 1);
    size_t least = std::min(distance(shorter_a, b), distance(a, shorter_b)) + 1;
    least = std::min(least, distance(shorter_a, shorter_b) + (a.back() == b.back() ? 0 : 1));
    const bool swapped = a.size() > 1 && b.size() > 1 && a.back() == shorter_b.back() &&
                         shorter_a.back() == b.back();
    if (swapped)
        least = std::min(least, distance(a.substr(0, a.size() - 2), b.substr(0, b.size() - 2)) + 1);
    return least;
}

}  // namespace

TEST_CASE("edit distances are those of the definition") {
    Compared distances("distances of random words");
    std::mt19937_64 random = tessera::test::test_random();
    const auto word = [&random] {
        std::string text(random() % 6, ' ');
        for (char& c : text) c = static_cast<char>('a' + random() % 3);
        return text;
    };
    for (int i = 0; i < 2000; ++i) {
        const std::string a = word(), b = word();
        distances.equal(edit_distance(a, b), distance(a, b), [&] { return a + ", " + b; });
    }
    distances.equal(edit_distance("CaUsAl", "causal"), 0u);
}

TEST_CASE("a name is offered where it is near, and only there") {
    Compared offers("names that are offered");
    const char* const kAllowed = "dense, causal, sparse, or the path of a .json file";
    const std::pair<const char*, const char*> kCases[] = {{"causl", "; did you mean causal?"},
                                                          {"casual", "; did you mean causal?"},
                                                          {"Dense", "; did you mean dense?"},
                                                          {"spares", "; did you mean sparse?"},
                                                          {"round", ""},
                                                          {"causal", ""},
                                                          {"", ""},
                                                          {"de", ""},
                                                          {"a .json file", ""},
                                                          {"\"causl\"", "; did you mean causal?"},

                                                          {"xxcausalxx", ""}};
    for (const auto& [text, offer] : kCases)
        offers.equal(did_you_mean(text, kAllowed), offer, [&, text = text] { return text; });
    offers.equal(did_you_mean("F8_E8M0", "F8_E4M3, F8_E5M2"), "");
    offers.equal(did_you_mean("C64", "F32, F64"), "");
    offers.equal(did_you_mean("F8E4M3", "F8_E4M3, F8_E5M2"), "; did you mean F8_E4M3?");
    offers.equal(did_you_mean("17", "16, 32, 64"), "");
    offers.equal(did_you_mean("100", "1 to 65536"), "");
    offers.equal(did_you_mean("LANES", "device.M, device.LANES"), "; did you mean device.LANES?");
    offers.equal(did_you_mean("device.LANE", "device.M, device.LANES"),
                 "; did you mean device.LANES?");
    const UserError error = bad_value("file", "key", "causl", kAllowed);
    offers.equal(error.what(), std::string("file: key is causl; allowed: ") + kAllowed +
                                   "; did you mean causal?");
    offers.equal(error.allowed(), kAllowed);
}
