// SPDX-License-Identifier: MIT
// A gemm, elementwise work, attention and another gemm, each on what the one before left in device
// memory: c = x w1, y = f(c), o = attention(y, k, v), z = o w2.
#pragma once
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "host/operation/elementwise.h"
#include "host/operation/program.h"

namespace tessera::test {

struct Chain {
    hw::PlatformConfig platform;
    uint32_t rows = 0, inner = 0;                      ///< of x
    uint32_t heads = 0, kv_heads = 0;                  ///< c has d columns for each query head
    uint32_t keys = 0, d_k = 0, d_v = 0, columns = 0;  ///< columns: of z
    fw::ElementFunction function = fw::ElementFunction::kRelu;
    float factor = 1;
    std::vector<float> x, w1, b, k, v, w2;  ///< bf16 numbers, row by row; b only of add

    std::string name() const;
    double scale() const;
};

/// Devices are presets of profile `stateful`, or "odd": M = 48, D = 24, LANES = 3, INTERLEAVE = 2,
/// 16 bytes.
hw::PlatformConfig platform_of(const std::string& device);

/// Random shapes and numbers.
Chain random_chain(const std::string& device, std::mt19937_64& random);

/// The chain as a program, placed.
host::Program program_of(const Chain& chain);
/// One of its operations, with the host's numbers, which have the same shape and need not be those
/// of the chain.
std::shared_ptr<host::Operation> operation_alone(const Chain& chain, size_t step);

struct ChainStep {
    host::StepCost cost;
    std::array<uint64_t, spec::kCounters> counters{};
    uint64_t formula_calls = 0;
    uint64_t elements = 0, outside = 0;  ///< of the step's own check
    std::vector<float> result;
};
struct ChainRun {
    std::string failure;  ///< empty: all steps came to their end
    std::vector<ChainStep> steps;
    std::array<uint64_t, spec::kCounters> counters{};  ///< the device's own, at the end
    uint64_t end_cycle = 0;
};
/// Runs a program that is placed, in a process of its own.
ChainRun run_program(const hw::PlatformConfig& config, const host::Program& program);
/// The same of a chain.
ChainRun run_chain(const Chain& chain);
/// Runs one operation alone.
ChainRun run_alone(const Chain& chain, size_t step);

}  // namespace tessera::test
