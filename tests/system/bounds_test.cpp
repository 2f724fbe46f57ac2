// SPDX-License-Identifier: MIT
// The error bound of docs/contract/device.md, section 5, where it is hardest to keep: very many
// keys with equal weights, one key that outweighs all others, and keys whose weights vanish beside
// it.
#include <cmath>
#include <cstdio>

#include "tests/support/attention_run.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;

namespace {

constexpr uint32_t kQueries = 8, kKeys = 65536, kDim = 64;

AttentionSetup long_context(std::function<float(uint64_t)> key) {
    AttentionSetup s = test::random_attention("base", 1, 1, kQueries, kKeys, kDim, kDim, 1);
    // Every row with another weight of column 0, where keys differ.
    s.inputs.q = test::operand_of(
        [](uint64_t row, uint64_t column) {
            return column == 0 ? 1.0f + static_cast<float>(row) * 0.03125f : 0.0f;
        },
        kDim);
    s.inputs.k = test::operand_of(
        [key = std::move(key)](uint64_t row, uint64_t column) {
            return column == 0 ? key(row) : 0.5f;
        },
        kDim);
    s.inputs.v = test::operand_of(test::noise, kDim);
    s.problem.scale = 1;
    s.problem.want_lse = true;
    s.platform.trace_commands = 0;
    return s;
}

void compare(const char* name, const AttentionSetup& s) {
    Compared bound(std::string("elements and rows within the bound, ") + name);
    Compared identities("counter identities");
    const test::AttentionRun run = test::run_attention(s);
    const host::ErrorSummary error = test::check_bound(bound, s, run);
    test::check_identities(identities, run.outcome);
    std::printf("%s: largest error / bound %.3f, lse %.3f\n", name, error.max_over_bound,
                error.lse_max_over_bound);
}

}  // namespace

TEST_CASE("65,536 keys with equal scores") {
    compare("equal scores", long_context([](uint64_t) { return 3.0f; }));
}

TEST_CASE("65,536 keys, one of which outweighs the others together") {
    for (const uint64_t winner : {uint64_t{0}, uint64_t{40000}, uint64_t{kKeys - 1}})
        compare("one dominating key",
                long_context([winner](uint64_t row) { return row == winner ? 16.0f : 0.0f; }));
}

TEST_CASE("65,536 keys, one of which makes the others vanish") {
    compare("one key alone", long_context([](uint64_t row) { return row == 777 ? 200.0f : 0.0f; }));
}

TEST_CASE("65,536 keys whose maximum rises from tile to tile") {
    compare("rising scores", long_context([](uint64_t row) {
                const uint64_t tile = row / 128;
                return static_cast<float>(tile) * 0.0625f;
            }));
}

TEST_CASE("inputs of every magnitude") {
    const uint64_t seed = test::test_random()();
    Compared bound("elements and rows within the bound");
    for (int power = -12; power <= 4; power += 4) {
        AttentionSetup s = test::random_attention("small", 1, 1, 64, 777, 64, 64, seed);
        s.problem.scale = std::ldexp(0.125, power);
        s.problem.want_lse = true;
        test::check_bound(bound, s, test::run_attention(s));
    }
}
