// SPDX-License-Identifier: MIT
#include "host/workload/sentinel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "firmware/sentinel.h"
#include "host/error.h"
#include "host/float_bits.h"
#include "host/workload/inputs.h"
#include "host/workload/layout.h"
#include "host/workload/problem.h"
#include "spec/float.h"

namespace tessera::host {
namespace {

using fw::SentinelForm;

constexpr uint32_t kSampledQueries = 32, kSampledKeys = 256;

[[noreturn]] void refuse(const char* option, const std::string& value, const std::string& allowed) {
    throw bad_value("command line", option, value, allowed);
}

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

void check_columns(const Problem& p, SentinelForm form, const spec::DeviceParams& params) {
    const uint32_t columns = fw::indicator_columns(form);
    if (form == SentinelForm::kColumns && p.d_v + columns > params.d)
        refuse("--sentinel", sentinel_name(form),
               fmt::format("split or two-call: d_v + {} = {} value columns are more than D = {}",
                           columns, p.d_v + columns, params.d));
    if (columns > params.d)
        refuse("--sentinel", sentinel_name(form),
               fmt::format("no such form: its {} indicator columns are more than D = {}", columns,
                           params.d));
}

}  // namespace

const char* sentinel_name(SentinelForm form) {
    switch (form) {
        case SentinelForm::kColumns: return "columns";
        case SentinelForm::kSplit: return "split";
        case SentinelForm::kTwoCalls: return "two-call";
        default: return "none";
    }
}

int32_t default_offset(SentinelForm form) { return -fw::middle_ratio(form); }

SentinelChoice choose_sentinel(const Problem& p, const SentinelWish& wish,
                               const spec::DeviceParams& params) {
    if (params.profile != spec::Profile::kBlackbox) {
        const char* allowed =
            "only on a device of profile blackbox; others tell their denominators";
        if (wish.form) refuse("--sentinel", sentinel_name(*wish.form), allowed);
        if (wish.offset) refuse("--sentinel-offset", std::to_string(*wish.offset), allowed);
        return {};
    }
    // A gathered tile of summaries is one more key tile.
    const bool one_key_tile = p.most_keys() <= params.m && p.mask.summary == 0;
    if (!wish.form && one_key_tile && !p.want_lse && !p.sink_logits) {
        if (wish.offset)
            refuse("--sentinel-offset", std::to_string(*wish.offset),
                   "only with a sentinel: --sentinel, --lse, --sink-logits or more than one key "
                   "tile");
        return {};
    }
    if (params.m < 2)
        throw UserError("device: profile blackbox with M = 1 has no room for a sentinel");
    if (p.mask.tiles.given())
        throw UserError(fmt::format(
            "--tile-mask: flags are of {} x {} tokens, but a device of profile blackbox has tiles "
            "of {} keys and a sentinel; use one of profile stats or stateful",
            params.m, params.m, params.m - 1));
    SentinelChoice choice;
    const bool fits = p.d_v + fw::indicator_columns(SentinelForm::kColumns) <= params.d;
    choice.form = wish.form.value_or(fits ? SentinelForm::kColumns : SentinelForm::kSplit);
    check_columns(p, choice.form, params);
    choice.query_column = p.d_k + 1 <= params.d;
    if (wish.offset && !choice.query_column)
        refuse("--sentinel-offset", std::to_string(*wish.offset),
               fmt::format("only with d_k + 1 = {} at most D = {}; without that column the "
                           "sentinel is the zero key",
                           p.d_k + 1, params.d));
    choice.offset = wish.offset.value_or(default_offset(choice.form));
    return choice;
}

uint16_t sentinel_key(uint32_t factor) {
    const double x = 1 / static_cast<double>(float_of(factor));
    // Levels are below 2^15: no product may overflow. A factor of 0 makes all scores 0, this too.
    constexpr double kMost = 0x1p111, kLeast = 0x1p-126;
    const double magnitude = std::clamp(std::fabs(x), kLeast, kMost);
    return bf16_of(std::copysign(magnitude, x));
}

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
