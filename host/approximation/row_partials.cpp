// SPDX-License-Identifier: MIT
#include "host/approximation/row_partials.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/reference/inner_loops.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The tiles together, each with its weight; 0: not seen.
SelectedRow merge(const RowPartials& p, const std::vector<double>& weights) {
    const size_t tiles = weights.size(), d_v = p.values.size() / tiles;
    SelectedRow row;
    row.o.assign(d_v, 0.0);
    row.complete = true;
    double peak = -kInfinity;
    for (size_t t = 0; t < tiles; ++t) {
        if (p.peak[t] == -kInfinity) continue;
        if (weights[t] != 1) row.complete = false;
        if (weights[t] != 0) peak = std::max(peak, p.peak[t]);
    }
    row.lse = peak;
    if (peak == -kInfinity) return row;
    double sum = 0, squares = 0, largest = 0;
    for (size_t t = 0; t < tiles; ++t) {
        if (p.peak[t] == -kInfinity || weights[t] == 0) continue;
        const double factor = weights[t] * std::exp(p.peak[t] - peak);
        sum += factor * p.sum[t];
        squares += factor * factor * p.squares[t];
        largest = std::max(largest, factor * p.sum[t]);
        for (size_t c = 0; c < d_v; ++c) row.o[c] += factor * p.values[t * d_v + c];
    }
    row.lse += std::log(sum);
    for (double& x : row.o) x /= sum;
    row.effective_samples = sum * sum / squares;
    row.largest_share = largest / sum;
    return row;
}

}  // namespace

RowSource::RowSource(const ReferenceProblem& problem, uint32_t kv_head, uint32_t m, bool causal,
                     const std::vector<uint32_t>& key_list)
    : problem_(problem),
      m_(m),
      causal_(causal),
      keys_(size_t{problem.d_k} * problem.nk),
      values_(size_t{problem.nk} * problem.d_v) {
    std::vector<double> key(problem.d_k);
    for (size_t i = 0; i < problem.nk; ++i) {
        const size_t at = size_t{kv_head} * problem.nk + (key_list.empty() ? i : key_list[i]);
        problem.k(at * problem.d_k, problem.d_k, key.data());
        for (size_t c = 0; c < problem.d_k; ++c) keys_[c * problem.nk + i] = key[c];
        problem.v(at * problem.d_v, problem.d_v, values_.data() + i * problem.d_v);
    }
}

RowPartials RowSource::row(uint32_t query_head, uint32_t row) const {
    const uint32_t nk = problem_.nk, d_v = problem_.d_v, tiles = spec::divide_up(nk, m_);
    RowPartials p;
    p.peak.assign(tiles, -kInfinity);
    p.sum.assign(tiles, 0);
    p.squares.assign(tiles, 0);
    p.values.assign(size_t{tiles} * d_v, 0);
    std::vector<double> query(problem_.d_k), weights(m_), unused(m_);
    problem_.q((size_t{query_head} * problem_.nq + row) * problem_.d_k, problem_.d_k, query.data());
    const uint32_t end = causal_ ? row + 1 : nk;
    for (uint32_t t = 0; t * m_ < end; ++t) {
        const uint32_t first = t * m_, count = std::min(m_, end - first);
        // The inner loop takes two rows.
        inner_loops::score_rows(query.data(), query.data(), keys_.data() + first, nk, problem_.d_k,
                                count, weights.data(), unused.data());
        double peak = -kInfinity, sum = 0, squares = 0;
        for (uint32_t j = 0; j < count; ++j) peak = std::max(peak, weights[j] *= problem_.scale);
        for (uint32_t j = 0; j < count; ++j) {
            weights[j] = std::exp(weights[j] - peak);
            sum += weights[j];
            squares += weights[j] * weights[j];
        }
        p.peak[t] = peak;
        p.sum[t] = sum;
        p.squares[t] = squares;
        inner_loops::accumulate(weights.data(), values_.data() + size_t{first} * d_v, count, d_v,
                                p.values.data() + size_t{t} * d_v);
    }
    return p;
}

SelectedRow exact_row(const RowPartials& partials) {
    return merge(partials, std::vector<double>(partials.peak.size(), 1.0));
}

SelectedRow selected_row(const RowPartials& partials, const Selection& selection,
                         uint32_t query_head, uint32_t query_tile) {
    std::vector<double> weights(selection.key_tiles);
    const size_t at = selection.at(query_head, query_tile, 0);
    for (size_t t = 0; t < weights.size(); ++t)
        weights[t] =
            selection.exact[at + t] +
            selection.sampled[at + t] * selection.weight[selection.row(query_head, query_tile)];
    return merge(partials, weights);
}

}  // namespace tessera::host
