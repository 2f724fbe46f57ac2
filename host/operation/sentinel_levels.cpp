// SPDX-License-Identifier: MIT
#include "host/operation/sentinel_levels.h"

#include <algorithm>
#include <cmath>

#include "host/float_bits.h"
#include "spec/float.h"

namespace tessera::host {
namespace {

constexpr uint32_t kSampledQueries = 32, kSampledKeys = 256;

/// Up to `most` of the `real` rows of a head that has so many, evenly spread, as numbers.
std::vector<double> sample(const Operand& operand, uint64_t head, uint32_t rows, const Rows& real,
                           uint32_t columns, uint32_t most) {
    std::vector<double> values;
    std::vector<uint16_t> row(columns);
    const uint32_t size = real.end - real.begin, count = std::min(size, most);
    for (uint32_t i = 0; i < count; ++i) {
        const uint64_t at = real.begin + uint64_t{size} * (2 * i + 1) / (2 * count);
        operand.bf16((head * rows + at) * columns, columns, row.data());
        for (const uint16_t x : row)
            values.push_back(static_cast<double>(float_of(spec::bf16_to_fp32(x))));
    }
    return values;
}

/// The median of the sampled queries' largest scores; 0 if there is none.
double typical_maximum(const std::vector<double>& q, const std::vector<double>& k, uint32_t d) {
    std::vector<double> maxima;
    for (size_t i = 0; i < q.size(); i += d) {
        double most = -INFINITY;
        for (size_t j = 0; j < k.size(); j += d) {
            double score = 0;
            for (uint32_t c = 0; c < d; ++c) score += q[i + c] * k[j + c];
            if (std::isfinite(score)) most = std::max(most, score);
        }
        if (std::isfinite(most)) maxima.push_back(most);
    }
    if (maxima.empty()) return 0;
    const auto middle = maxima.begin() + static_cast<std::ptrdiff_t>(maxima.size() / 2);
    std::nth_element(maxima.begin(), middle, maxima.end());
    return *middle;
}

}  // namespace

std::vector<uint16_t> sentinel_levels(const Inputs& inputs, const Layout& layout) {
    const fw::AttentionJob& job = layout.job;
    const double factor = static_cast<double>(float_of(job.factor));
    const uint32_t group = job.query_heads / job.kv_heads;
    std::vector<uint16_t> levels;
    std::vector<double> k;
    for (uint32_t head = 0; head < job.query_heads; ++head) {
        if (head % group == 0)
            k = sample(inputs.k, head / group, job.nk, layout.key_span(head), job.d_k,
                       kSampledKeys);
        std::vector<double> q =
            sample(inputs.q, head, job.nq, layout.query_span(head), job.d_k, kSampledQueries);
        for (double& x : q) x *= factor;
        const double level = typical_maximum(q, k, job.d_k) + layout.sentinel_offset;
        constexpr double kLimit = 32767;
        levels.push_back(bf16_of(std::clamp(std::round(level), -kLimit, kLimit)));
    }
    return levels;
}

}  // namespace tessera::host
