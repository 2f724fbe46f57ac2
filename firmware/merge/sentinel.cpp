// SPDX-License-Identifier: MIT
#include "firmware/merge/sentinel.h"

#include "spec/float.h"
#include "spec/softmax.h"

namespace tessera::fw {
namespace {

using spec::kOneBf16;

constexpr int32_t exponent(uint32_t x) { return static_cast<int32_t>(x >> 23 & 255) - 127; }
/// fp32 bits of 2^n.
constexpr uint32_t power_of_two(int32_t n) { return static_cast<uint32_t>(n + 127) << 23; }

/// fp32 bits of a whole number below 2^24.
constexpr uint32_t to_fp32(int32_t n) {
    if (n == 0) return 0;
    uint32_t magnitude = static_cast<uint32_t>(n < 0 ? -n : n);
    int32_t e = 23;
    while ((magnitude & 0x800000) == 0) {
        magnitude <<= 1;
        --e;
    }
    return (n < 0 ? spec::kSign : 0) | power_of_two(e) | (magnitude & 0x7fffff);
}

/// A bf16 below 2^24, cut to a whole number.
constexpr int32_t to_integer(uint16_t x) {
    const uint32_t wide = uint32_t{x} << 16;
    const int32_t e = exponent(wide);
    if (e < 0) return 0;
    const uint32_t significand = (wide & 0x7fffff) | 0x800000;
    const int32_t magnitude = static_cast<int32_t>(e > 23 ? 1 << 24 : significand >> (23 - e));
    return (wide & spec::kSign) != 0 ? -magnitude : magnitude;
}

/// The sentinel's score in a row, as the device computes it: the keys' own elements of it are 0.
int32_t sentinel_score(const AttentionJob& job, uint16_t level) {
    if (!job.sentinel.query_column) return 0;
    const uint32_t s = spec::fp_add(0, spec::bf16_product(level, job.sentinel.key));
    return spec::to_score(spec::fp_mul(s, job.factor)).t;
}

/// u, or in the paper's form what w leaves.
uint32_t sentinel_share(SentinelForm form, const Shares& shares) {
    if (form != SentinelForm::kTwoCalls) return shares.u;
    return spec::fp_add(spec::kOne, shares.w ^ spec::kSign);
}

/// Writes a row of bf16: zeros, then `last`, of which the last is the last of the row.
class RowWriter {
  public:
    RowWriter(Bus& bus, uint64_t address) : bus_(bus), at_(address) {}
    bool write(uint32_t columns, uint16_t last_but_one, uint16_t last) {
        uint32_t word = 0;
        for (uint32_t i = 0; i < columns; ++i) {
            const uint32_t element = i + 1 == columns ? last : i + 2 == columns ? last_but_one : 0;
            word |= element << 16 * (i % 2);
            if (i % 2 == 0 && i + 1 != columns) continue;
            if (!bus_.write32(at_ + i / 2 * uint64_t{4}, word)) return false;
            word = 0;
        }
        return true;
    }

  private:
    Bus& bus_;
    uint64_t at_;
};

}  // namespace

bool write_sentinel(const AttentionJob& job, const spec::DeviceParams& device, Bus& bus) {
    const Sentinel& s = job.sentinel;
    if (s.form == SentinelForm::kNone) return true;
    const bool paper = s.form == SentinelForm::kTwoCalls;
    const bool columns = s.form == SentinelForm::kColumns;
    const auto row = [&](const Tensor& tensor, uint32_t at) {
        return RowWriter(bus, row_address(tensor, 0, at));
    };
    if (!row(s.rows, kSentinelKey).write(key_columns(job), 0, s.query_column ? s.key : 0) ||
        !row(s.rows, kSentinelValues)
             .write(value_columns(job, sentinel_passes(s.form) - 1), columns ? kOneBf16 : 0, 0))
        return false;
    if (columns) return true;
    if (!row(s.rows, kSentinelIndicators).write(indicator_columns(s.form), paper ? 0 : kOneBf16, 0))
        return false;
    for (uint32_t i = 0; i < device.m; ++i)
        if (!row(s.indicators, i).write(indicator_columns(s.form), 0, kOneBf16)) return false;
    return true;
}

Told told_by(SentinelForm form, const Shares& shares) {
    const uint32_t u = sentinel_share(form, shares), w = shares.w;
    if (spec::is_nan(u) || spec::is_nan(w)) return Told::kNan;
    if (spec::is_zero(w)) return Told::kNothing;
    // In the paper's form w may be rounded to more than 1.
    if (spec::is_zero(u) || (u & spec::kSign) != 0) return Told::kTooLow;
    const uint32_t ratio = spec::fp_div(w, u);
    if (ratio > power_of_two(max_ratio(form))) return Told::kTooLow;
    return ratio < power_of_two(kMinRatio) ? Told::kTooHigh : Told::kSum;
}

ToldRow told_row(const AttentionJob& job, const Shares& shares, uint16_t level) {
    const SentinelForm form = job.sentinel.form;
    const int32_t t = sentinel_score(job, level);
    const auto m = static_cast<int16_t>(spec::score_ceiling(t));
    const uint32_t weight = spec::bf16_to_fp32(spec::exp2_weight(t, m));  // times 2^m
    const uint32_t quotient = spec::fp_div(weight, sentinel_share(form, shares));
    // Its power of two goes to m, as far as there is room: a factor below 1 lets nothing overflow.
    int32_t power = exponent(quotient) + 1;
    if (m + power > INT16_MAX) power = INT16_MAX - m;
    ToldRow row;
    row.factor = quotient - (static_cast<uint32_t>(power) << 23);
    row.state.m = static_cast<int16_t>(m + power);
    row.state.l = spec::fp_mul(shares.w, row.factor);
    if (form == SentinelForm::kTwoCalls) row.factor = row.state.l;  // its values are normalised
    return row;
}

bool next_level(SentinelForm form, const Shares& shares, uint32_t round, Levels& levels,
                uint16_t& level) {
    const uint32_t u = sentinel_share(form, shares), w = shares.w;
    const bool too_low = told_by(form, shares) == Told::kTooLow;
    const int32_t now = to_integer(level);
    (too_low ? levels.low : levels.high) = now;
    const bool known = !spec::is_zero(u) && !spec::is_zero(w) && (u & spec::kSign) == 0;
    const int32_t step = 128 << (round < 8 ? round : 8);
    int32_t next = too_low ? now + step : now - step;
    if (known) next = now + exponent(w) - exponent(u) - middle_ratio(form);
    if (next <= levels.low || next >= levels.high)
        next = levels.low + (levels.high - levels.low) / 2;
    const uint16_t rounded = spec::fp32_to_bf16(to_fp32(next));
    if (rounded == level || next <= levels.low || next >= levels.high) return false;
    level = rounded;
    return true;
}

}  // namespace tessera::fw
