// SPDX-License-Identifier: MIT
// Attention jobs through the firmware on a simulated machine, and what they are held against: the
// double reference with the bound of docs/contract/device.md, section 5, and the identities of the
// counters.
#pragma once
#include <string>
#include <vector>

#include "host/problem/inputs.h"
#include "host/problem/problem.h"
#include "host/reference/error.h"
#include "tests/support/compared.h"
#include "tests/support/machine.h"

namespace tessera::test {

/// A problem with its inputs and the machine to run it on.
struct AttentionSetup {
    hw::PlatformConfig platform;
    host::Problem problem;
    host::Inputs inputs;

    std::string name() const;
};

/// Independent normal numbers. d_v 0: as d_k.
AttentionSetup random_attention(const std::string& preset, uint32_t heads, uint32_t kv_heads,
                                uint32_t nq, uint32_t nk, uint32_t d_k, uint32_t d_v,
                                uint64_t seed);

/// An operand whose element in a row (over all heads) and column is a function of its place.
host::Operand operand_of(std::function<float(uint64_t row, uint64_t column)> element,
                         uint32_t columns);
/// A value between -1 and 1 that depends on nothing but its place.
float noise(uint64_t row, uint64_t column);

struct AttentionRun {
    std::vector<float> o;     ///< [query_heads][nq][d_v]
    std::vector<double> lse;  ///< [query_heads][nq] if the problem wants it
    Outcome outcome;          ///< `failure` is empty, `status` is good: else the test has failed
};

/// Runs it in a process of its own, on as many devices as the platform has: each gets the whole
/// problem, its own outputs and its own ring. Element i of the result is device i's.
std::vector<AttentionRun> run_attention_on_all(const AttentionSetup& setup);
AttentionRun run_attention(const AttentionSetup& setup);

inline uint32_t bits_of(float x) {
    uint32_t bits = 0;
    std::memcpy(&bits, &x, 4);
    return bits;
}

/// Distance to the exact result.
host::ErrorSummary compare_exact(const AttentionSetup& setup, const AttentionRun& run);

/// Counts every element and row of `run` within its bound. Returns the distances.
host::ErrorSummary check_bound(Compared& compared, const AttentionSetup& setup,
                               const AttentionRun& run);
/// Busy, stalls and idle of each engine add up to the cycles.
void check_identities(Compared& compared, const Outcome& outcome);

}  // namespace tessera::test
