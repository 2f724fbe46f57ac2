// SPDX-License-Identifier: MIT
#include "host/model/head_mass.h"

#include <algorithm>
#include <cmath>

namespace tessera::host {
namespace {

/// Adds what one query contributes. `scores` become weights; the query is at key `position`.
void add_query(std::vector<double>& scores, int64_t position, HeadMass& sum, double& entropy) {
    const double most = *std::max_element(scores.begin(), scores.end());
    double all = 0;
    for (double& score : scores) all += score = std::exp(score - most);
    const auto keys = static_cast<int64_t>(scores.size());
    const auto mass = [&](int64_t begin, int64_t end) {
        double part = 0;
        for (int64_t j = std::max<int64_t>(begin, 0); j < std::min(end, keys); ++j)
            part += scores[static_cast<size_t>(j)];
        return part / all;
    };
    for (size_t n = 0; n < kNearKeys.size(); ++n)
        sum.near[n] += mass(position - kNearKeys[n] + 1, position + kNearKeys[n]);
    sum.first += mass(0, kFirstKeys);
    for (const double weight : scores)
        if (weight != 0) entropy -= weight / all * std::log(weight / all);
}

/// The keys of a head, [width][keys]: a query's scores are then sums of rows.
std::vector<double> turned_keys(const HeadOperands& o, uint32_t head, uint64_t keys) {
    std::vector<double> turned(o.width * keys);
    const uint64_t columns = uint64_t{o.kv_heads} * o.width;
    for (uint64_t j = 0; j < keys; ++j)
        for (uint64_t c = 0; c < o.width; ++c)
            turned[c * keys + j] = double{o.k[j * columns + uint64_t{head} * o.width + c]};
    return turned;
}

HeadMass mass_of(const HeadOperands& o, uint32_t head) {
    const uint64_t columns = uint64_t{o.query_heads} * o.width;
    const uint64_t queries = o.q.size() / columns;
    const uint64_t keys = o.k.size() / (uint64_t{o.kv_heads} * o.width);
    const std::vector<double> turned = turned_keys(o, head / (o.query_heads / o.kv_heads), keys);
    const double scale = 1 / std::sqrt(static_cast<double>(o.width));
    HeadMass sum;
    double entropy = 0;
    std::vector<double> scores;
    for (uint64_t i = 0; i < queries; ++i) {
        const int64_t position =
            static_cast<int64_t>(i) + static_cast<int64_t>(keys) - static_cast<int64_t>(queries);
        const uint64_t seen =
            o.causal ? static_cast<uint64_t>(std::max<int64_t>(position + 1, 0)) : keys;
        if (seen == 0) continue;
        scores.assign(seen, 0.0);
        for (uint64_t c = 0; c < o.width; ++c) {
            const double x = double{o.q[i * columns + uint64_t{head} * o.width + c]} * scale;
            const double* row = turned.data() + c * keys;
            for (uint64_t j = 0; j < seen; ++j) scores[j] += x * row[j];
        }
        add_query(scores, position, sum, entropy);
    }
    const auto count = static_cast<double>(queries);
    for (double& near : sum.near) near /= count;
    sum.first /= count;
    sum.perplexity = std::exp(entropy / count);
    return sum;
}

}  // namespace

std::vector<HeadMass> head_masses(const HeadOperands& operands) {
    std::vector<HeadMass> masses;
    for (uint32_t head = 0; head < operands.query_heads; ++head)
        masses.push_back(mass_of(operands, head));
    return masses;
}

}  // namespace tessera::host
