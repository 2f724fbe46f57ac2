// SPDX-License-Identifier: MIT
#include "host/operation/inexact_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "host/float_bits.h"
#include "hw_model/arith/tile_kernel.h"
#include "spec/float.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

constexpr uint32_t kBlockKeys = 256;  ///< keys that are scored at once

/// Rows [first, first + count) of a tensor of bf16 numbers, as such.
std::vector<uint16_t> bf16_rows(const ElementReader& read, size_t first, size_t count,
                                uint32_t columns) {
    std::vector<double> values(count * columns);
    read(first * columns, values.size(), values.data());
    std::vector<uint16_t> rows;
    rows.reserve(values.size());
    for (const double x : values) rows.push_back(bf16_of(x));
    return rows;
}

/// Length of a row of bf16 numbers; NaN if one of them is NaN.
double length_of(const uint16_t* row, uint32_t columns) {
    double square = 0;
    for (uint32_t c = 0; c < columns; ++c) {
        const auto x = static_cast<double>(float_of(spec::bf16_to_fp32(row[c])));
        square += x * x;
    }
    return std::sqrt(square);
}

/// The keys of one key/value head, as the device's arithmetic wants them.
class Keys {
  public:
    Keys(const ReferenceProblem& p, uint32_t kv_head)
        : d_k_(p.d_k), origin_(p.keys_of(kv_head).begin) {
        count_ = p.keys_of(kv_head).end - origin_;
        rows_ = bf16_rows(p.k, size_t{kv_head} * p.nk + origin_, count_, d_k_);
        blocks_.resize(spec::divide_up(count_, kBlockKeys));
        for (size_t b = 0; b < blocks_.size(); ++b) {
            const auto first = static_cast<uint32_t>(b) * kBlockKeys;
            prepare(first, std::min(first + kBlockKeys, count_), blocks_[b]);
        }
        for (uint32_t j = 0; j < count_; ++j) {
            const double length = length_of(&rows_[size_t{j} * d_k_], d_k_);
            longest_ = std::isnan(length) ? longest_ : std::max(longest_, length);
        }
    }

    /// Length of the longest key without NaN.
    double longest() const { return longest_; }
    /// Visits the prepared keys of a range, block by block, until `visit` says true; says so
    /// itself.
    template <typename Visit>
    bool any_block(const KeyRange& range, Visit&& visit) {
        uint32_t begin = range.begin - origin_;
        const uint32_t end = range.end - origin_;
        while (begin < end) {
            const uint32_t block = begin / kBlockKeys;
            const uint32_t first = block * kBlockKeys, last = std::min(first + kBlockKeys, count_);
            const uint32_t stop = std::min(end, last);
            const bool whole = begin == first && stop == last;
            if (!whole) prepare(begin, stop, part_);
            if (visit(whole ? blocks_[block] : part_)) return true;
            begin = stop;
        }
        return false;
    }

  private:
    void prepare(uint32_t begin, uint32_t end, hw::PreparedKeys& out) const {
        hw::prepare_keys(&rows_[size_t{begin} * d_k_], d_k_, end - begin, d_k_, out);
    }

    uint32_t d_k_;
    uint32_t origin_, count_;  ///< the first key that is read, and how many
    std::vector<uint16_t> rows_;
    std::vector<hw::PreparedKeys> blocks_;
    hw::PreparedKeys part_;
    double longest_ = 0;
};

/// Scores of one query against keys.
class Query {
  public:
    Query(const ReferenceProblem& p, uint32_t factor) : p_(p), factor_(factor) {}

    void read(uint32_t head, uint32_t row) {
        row_ = bf16_rows(p_.q, size_t{head} * p_.nq + row, 1, p_.d_k);
    }
    /// Can no score with a key of this length be clamped? Cauchy and Schwarz, with far more room
    /// than roundings need.
    bool harmless(double longest_key) const {
        const double factor = std::fabs(static_cast<double>(float_of(factor_)));
        return 2 * length_of(row_.data(), p_.d_k) * longest_key * factor < 32767;
    }
    bool clamps(const hw::PreparedKeys& keys) {
        const uint32_t position = 0;
        positions_.resize(keys.keys);  // without a mask nobody looks
        hw::ScoreInput in;
        in.q = row_.data();
        in.q_stride = p_.d_k;
        in.rows = 1;
        in.q_position = &position;
        in.k_position = positions_.data();
        in.factor = factor_;
        hw::score_group(in, keys, scores_);
        return (scores_.flags[0] & spec::kRowSaturated) != 0;
    }

  private:
    const ReferenceProblem& p_;
    uint32_t factor_;
    std::vector<uint16_t> row_;
    std::vector<uint32_t> positions_;
    hw::LaneGroupScores scores_;
};

/// For each row of a tensor the number of rows up to it that have a NaN or an Inf, and 0 in front.
std::vector<uint32_t> count_nonfinite(const ElementReader& read, size_t first, size_t rows,
                                      uint32_t columns) {
    std::vector<uint32_t> counts = {0};
    std::vector<double> row(columns);
    for (size_t i = 0; i < rows; ++i) {
        read((first + i) * columns, columns, row.data());
        const bool bad =
            !std::all_of(row.begin(), row.end(), [](double x) { return std::isfinite(x); });
        counts.push_back(counts.back() + (bad ? 1 : 0));
    }
    return counts;
}

/// For each column of a tensor the rows that have a NaN or an Inf there, ascending.
using RowsOfColumns = std::vector<std::vector<uint32_t>>;

RowsOfColumns find_nonfinite(const ElementReader& read, size_t first, uint32_t rows,
                             uint32_t columns) {
    RowsOfColumns found(columns);
    std::vector<double> row(columns);
    for (uint32_t i = 0; i < rows; ++i) {
        read((first + i) * columns, columns, row.data());
        for (uint32_t c = 0; c < columns; ++c)
            if (!std::isfinite(row[c])) found[c].push_back(i);
    }
    return found;
}

/// What NaN and Inf the keys and values of one key/value head hold.
struct NonFiniteKeys {
    NonFiniteKeys(const ReferenceProblem& p, uint32_t kv_head) : origin(p.keys_of(kv_head).begin) {
        const size_t first = size_t{kv_head} * p.nk + origin;
        const uint32_t count = p.keys_of(kv_head).end - origin;
        keys = count_nonfinite(p.k, first, count, p.d_k);
        values = find_nonfinite(p.v, first, count, p.d_v);
    }

    bool key_in(const KeyRange& range) const {
        return keys[range.end - origin] != keys[range.begin - origin];
    }
    bool value_in(const KeyRange& range, uint32_t column) const {
        const std::vector<uint32_t>& rows = values[column];
        const auto at = std::lower_bound(rows.begin(), rows.end(), range.begin - origin);
        return at != rows.end() && *at < range.end - origin;
    }

    uint32_t origin;  ///< the first key that is read
    std::vector<uint32_t> keys;
    RowsOfColumns values;
};

}  // namespace

RowNames clamped_rows(const ReferenceProblem& p, uint32_t factor) {
    RowNames rows;
    Query query(p, factor);
    for (uint32_t kv = 0; kv < p.kv_heads; ++kv) {
        Keys keys(p, kv);
        const uint32_t group = p.query_heads / p.kv_heads;
        for (uint32_t head = kv * group; head < (kv + 1) * group; ++head)
            for (uint32_t row = 0; row < p.nq; ++row) {
                query.read(head, row);
                if (query.harmless(keys.longest())) continue;
                for (const KeyRange& range : visible_keys(p, head, row)) {
                    const auto clamps = [&](const hw::PreparedKeys& k) { return query.clamps(k); };
                    if (!keys.any_block(range, clamps)) continue;
                    rows.push_back({head, row});
                    break;
                }
            }
    }
    return rows;
}

RowNames flagged_rows(const ReferenceProblem& p, uint32_t factor, uint64_t flags, bool sentinel) {
    if (flags == 0) return {};
    RowNames rows = clamped_rows(p, factor);
    if (rows.empty() && !sentinel)
        throw std::logic_error(
            fmt::format("the device flagged {} rows with clamped scores; no score is one", flags));
    return rows;
}

RowNames unexplained_rows(const ReferenceProblem& p, const ElementNames& elements) {
    RowNames unexplained;
    std::optional<NonFiniteKeys> input;
    uint32_t of_head = UINT32_MAX;
    for (auto at = elements.begin(); at != elements.end();) {
        const RowName name = at->row;
        const auto end =
            std::find_if(at, elements.end(), [&](const ElementName& e) { return name < e.row; });
        const uint32_t kv = name.head / (p.query_heads / p.kv_heads);
        if (kv != of_head) input.emplace(p, kv);
        of_head = kv;
        const std::vector<KeyRange> seen = visible_keys(p, name.head, name.row);
        const auto key = [&](const KeyRange& range) { return input->key_in(range); };
        const auto explained = [&](const ElementName& e) {
            return std::any_of(seen.begin(), seen.end(), [&](const KeyRange& range) {
                return input->value_in(range, e.column);
            });
        };
        const size_t row = size_t{name.head} * p.nq + name.row;
        if (count_nonfinite(p.q, row, 1, p.d_k).back() == 0 &&
            std::none_of(seen.begin(), seen.end(), key) && !std::all_of(at, end, explained))
            unexplained.push_back(name);
        at = end;
    }
    return unexplained;
}

void add_nonfinite(const std::vector<float>& values, uint32_t columns, uint32_t head, uint32_t row,
                   ElementNames& elements) {
    for (size_t i = 0; i < values.size(); ++i)
        if (!std::isfinite(values[i]))
            elements.push_back({{head, row + static_cast<uint32_t>(i / columns)},
                                static_cast<uint32_t>(i % columns)});
}

ElementNames nonfinite_elements(const std::vector<float>& values, uint32_t heads, uint32_t rows,
                                uint32_t columns) {
    ElementNames elements;
    const size_t head_size = size_t{rows} * columns;
    for (uint32_t head = 0; head < heads; ++head) {
        const auto at = values.begin() + static_cast<ptrdiff_t>(head * head_size);
        add_nonfinite({at, at + static_cast<ptrdiff_t>(head_size)}, columns, head, 0, elements);
    }
    return elements;
}

RowNames rows_of(const ElementNames& elements) {
    RowNames rows;
    for (const ElementName& element : elements)
        if (rows.empty() || rows.back() < element.row) rows.push_back(element.row);
    return rows;
}

}  // namespace tessera::host
