// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "host/error.h"
#include "host/float_bits.h"
#include "host/problem/inputs.h"
#include "spec/float.h"

namespace tessera::host {
namespace {

constexpr double kTwoPi = 6.283185307179586477;

/// Standard normal numbers, in pairs.
class Gaussian {
  public:
    explicit Gaussian(uint64_t seed) : bits_(seed) {}

    double draw() {
        if (has_sine_) {
            has_sine_ = false;
            return sine_;
        }
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        const double angle = kTwoPi * uniform();
        sine_ = radius * std::sin(angle);
        has_sine_ = true;
        return radius * std::cos(angle);
    }

  private:
    /// In [0, 1).
    double uniform() { return static_cast<double>(bits_() >> 11) * 0x1p-53; }

    std::mt19937_64 bits_;
    double sine_ = 0;
    bool has_sine_ = false;
};

std::vector<uint16_t> draw(Gaussian& source, uint64_t count) {
    std::vector<uint16_t> values(count);
    for (uint16_t& value : values) {
        value = bf16_of(source.draw());
    }
    return values;
}

}  // namespace

Operand operand_of(const std::vector<uint16_t>& values) {
    Operand operand;
    operand.dtype = "BF16";
    operand.bf16 = [&values](uint64_t first, uint64_t count, uint16_t* out) {
        std::memcpy(out, values.data() + first, count * sizeof *out);
    };
    return operand;
}

uint32_t random_dimension(const char* name, uint64_t value) {
    if (value >= 1 && value < spec::kPositionLimit) return static_cast<uint32_t>(value);
    throw bad_value("`workload.random`", name, std::to_string(value),
                    fmt::format("1 to {}", spec::kPositionLimit - 1));
}

std::vector<std::vector<uint16_t>> random_arrays(uint64_t seed,
                                                 const std::vector<uint64_t>& counts) {
    Gaussian source(seed);
    std::vector<std::vector<uint16_t>> arrays;
    arrays.reserve(counts.size());
    for (const uint64_t count : counts) arrays.push_back(draw(source, count));
    return arrays;
}

Inputs random_inputs(const RandomShape& shape, uint64_t seed, bool shapes_only, Problem& problem) {
    problem.query_heads = random_dimension("heads", shape.heads);
    problem.nq = random_dimension("tokens", shape.tokens);
    problem.d_k = random_dimension("dim", shape.dim);
    problem.kv_heads = shape.kv_heads == 0
                           ? problem.query_heads
                           : random_dimension("`workload.random.key_value_heads`", shape.kv_heads);
    problem.nk =
        shape.keys == 0 ? problem.nq : random_dimension("`workload.random.key_tokens`", shape.keys);
    problem.d_v = shape.dim_v == 0
                      ? problem.d_k
                      : random_dimension("`workload.random.value_dimension`", shape.dim_v);
    problem.leading = {problem.query_heads};
    if (shape.batch != 0) {
        problem.batch = random_dimension("`workload.random.batch`", shape.batch);
        problem.leading = {problem.batch, problem.query_heads};
        const uint64_t heads = uint64_t{problem.query_heads} * problem.batch;
        problem.query_heads = random_dimension("heads of the batch", heads);
        problem.kv_heads = random_dimension("key/value heads of the batch",
                                            uint64_t{problem.kv_heads} * problem.batch);
    }

    Inputs inputs;
    inputs.description = fmt::format("random, seed {}", seed);
    inputs.q.dtype = inputs.k.dtype = inputs.v.dtype = "BF16";
    inputs.has_data = !shapes_only;
    if (shapes_only) return inputs;
    const auto arrays = std::make_shared<std::vector<std::vector<uint16_t>>>(
        random_arrays(seed, {uint64_t{problem.query_heads} * problem.nq * problem.d_k,
                             uint64_t{problem.kv_heads} * problem.nk * problem.d_k,
                             uint64_t{problem.kv_heads} * problem.nk * problem.d_v,
                             problem.sink_logits ? problem.query_heads / problem.batch : 0}));
    inputs.q = operand_of((*arrays)[0]);
    inputs.k = operand_of((*arrays)[1]);
    inputs.v = operand_of((*arrays)[2]);
    const std::vector<uint16_t>& logits = (*arrays)[3];
    for (uint32_t head = 0; problem.sink_logits && head < problem.query_heads; ++head)
        inputs.sink_logits.push_back(
            static_cast<double>(float_of(spec::bf16_to_fp32(logits[head % logits.size()]))));
    inputs.storage = arrays;
    return inputs;
}

}  // namespace tessera::host
