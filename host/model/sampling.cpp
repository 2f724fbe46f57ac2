// SPDX-License-Identifier: MIT
#include "host/model/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tessera::host {

/// In the order of the logits, the smaller token first among equals.
uint32_t Sampler::choose(const std::vector<float>& logits) {
    std::vector<uint32_t> order(logits.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return logits[a] > logits[b]; });
    if (sampling_.temperature == 0) return order.front();
    if (sampling_.top_k != 0 && sampling_.top_k < order.size()) order.resize(sampling_.top_k);
    std::vector<double> weights;
    double sum = 0;
    for (const uint32_t token : order) {
        const double distance = double{logits[token]} - double{logits[order.front()]};
        weights.push_back(std::exp(distance / sampling_.temperature));
        sum += weights.back();
    }
    double kept = 0;
    size_t count = 0;
    while (count < weights.size() && (count == 0 || kept < sampling_.top_p * sum))
        kept += weights[count++];
    const double drawn = std::ldexp(static_cast<double>(random_() >> 11), -53) * kept;
    double passed = 0;
    for (size_t i = 0; i < count; ++i) {
        passed += weights[i];
        if (drawn < passed) return order[i];
    }
    return order[count - 1];
}

}  // namespace tessera::host
