// SPDX-License-Identifier: MIT
// Attentions of tasks by their definition, in double precision and without a device. Notes operands
// that bf16 would round.
#pragma once
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "host/task/head_runner.h"

namespace tessera::test {

class ExactRunner : public host::HeadRunner {
  public:
    std::vector<float> attention(const std::string&, const host::HeadOperands& operands,
                                 const Experiment::Mask& mask, double scale) override {
        return weighted(operands, [&](const float* q, uint64_t i) {
            std::vector<double> scores;
            for (uint64_t j = 0; j < operands.key_tokens; ++j) {
                double score = 0;
                for (uint64_t d = 0; d < operands.dimension; ++d)
                    score += double{q[d]} * double{operands.k[j * operands.dimension + d]};
                scores.push_back(sees(mask, i, j) ? score * scale : -INFINITY);
            }
            const double largest = *std::max_element(scores.begin(), scores.end());
            for (double& score : scores) score = std::exp(score - largest);
            return scores;
        });
    }
    std::vector<float> linear(const std::string&, const host::HeadOperands& operands) override {
        const auto feature = [](float x) { return x > 0 ? double{x} + 1 : std::exp(double{x}); };
        return weighted(operands, [&](const float* q, uint64_t i) {
            std::vector<double> weights(operands.key_tokens);
            for (uint64_t j = 0; j <= i; ++j)
                for (uint64_t d = 0; d < operands.dimension; ++d)
                    weights[j] += feature(q[d]) * feature(operands.k[j * operands.dimension + d]);
            return weights;
        });
    }

    uint64_t elements() const { return elements_; }
    /// Those that have more than 8 significant bits.
    uint64_t rounded() const { return rounded_; }

  private:
    static bool sees(const Experiment::Mask& mask, uint64_t i, uint64_t j) {
        const bool dense = mask.kind == MaskKind::kDense;
        if (j > i && !dense) return false;
        if (mask.window == 0 && mask.sinks == 0 && mask.block == 0) return true;
        if (mask.window != 0 && (j > i ? j - i : i - j) < mask.window) return true;
        if (j < mask.sinks) return true;
        if (mask.block == 0) return false;
        return i / mask.block == j / mask.block || j % mask.block + mask.summary >= mask.block;
    }
    /// o, from the weights of all keys for the query `q` at position i.
    template <typename Weights>
    std::vector<float> weighted(const host::HeadOperands& operands, const Weights& weights_of) {
        look_at(operands);
        std::vector<float> o;
        const uint64_t first = operands.key_tokens - operands.tokens;
        for (uint64_t row = 0; row < operands.heads * operands.tokens; ++row) {
            const std::vector<double> weights = weights_of(
                operands.q.data() + row * operands.dimension, first + row % operands.tokens);
            std::vector<double> sums(operands.value_dimension);
            double total = 0;
            for (uint64_t j = 0; j < operands.key_tokens; ++j) {
                total += weights[j];
                for (uint64_t d = 0; d < sums.size(); ++d)
                    sums[d] += weights[j] * double{operands.v[j * operands.value_dimension + d]};
            }
            for (const double sum : sums) o.push_back(static_cast<float>(sum / total));
        }
        return o;
    }
    void look_at(const host::HeadOperands& operands) {
        for (const auto* values : {&operands.q, &operands.k, &operands.v})
            for (const float value : *values) {
                ++elements_;
                int exponent = 0;
                const float mantissa = std::frexp(value, &exponent) * 256;
                if (mantissa != std::nearbyint(mantissa)) ++rounded_;
            }
    }

    uint64_t elements_ = 0, rounded_ = 0;
};

}  // namespace tessera::test
