// SPDX-License-Identifier: MIT
// What a sentinel needs in memory, and what it tells (docs/contract/schedules.md, section 1).
// Everything here is for jobs whose sentinel has a form other than kNone, unless it says so.
#pragma once
#include <stdint.h>

#include "firmware/driver/bus.h"
#include "firmware/plan/job.h"
#include "spec/params.h"
#include "spec/state.h"

namespace tessera::fw {

/// ATTENDs for a pair of tiles; 1 without a sentinel.
constexpr uint32_t sentinel_passes(SentinelForm form) {
    return form == SentinelForm::kSplit || form == SentinelForm::kTwoCalls ? 2 : 1;
}
/// Is this the call whose values are indicators?
constexpr bool takes_indicators(SentinelForm form, uint32_t pass) {
    return pass == 0 && sentinel_passes(form) == 2;
}
/// Does the sentinel take part in a call?
constexpr bool has_sentinel(SentinelForm form, uint32_t pass) {
    return form != SentinelForm::kNone && !(form == SentinelForm::kTwoCalls && pass == 1);
}
/// Elements of a query or key row, also without a sentinel.
constexpr uint32_t key_columns(const AttentionJob& job) {
    return job.d_k + (job.sentinel.query_column ? 1 : 0);
}
/// Elements of a row of indicators: u and w, or w alone.
constexpr uint32_t indicator_columns(SentinelForm form) {
    return form == SentinelForm::kTwoCalls ? 1 : 2;
}
/// Elements of a value row in a call, also without a sentinel.
constexpr uint32_t value_columns(const AttentionJob& job, uint32_t pass) {
    const SentinelForm form = job.sentinel.form;
    if (takes_indicators(form, pass)) return indicator_columns(form);
    return job.d_v + (form == SentinelForm::kColumns ? indicator_columns(form) : 0);
}
/// Bytes of a row of a partial result: values and shares, or a beat for the shares, then values.
constexpr uint32_t partial_bytes(const AttentionJob& job, const spec::DeviceParams& device) {
    const bool shares_behind = job.sentinel.form == SentinelForm::kColumns;
    return (shares_behind ? 0 : device.bus_bytes) + 4 * value_columns(job, shares_behind ? 0 : 1);
}
/// Bytes of a row of Sentinel::rows: the longest of them.
constexpr uint32_t sentinel_row_bytes(const AttentionJob& job) {
    const uint32_t values = value_columns(job, sentinel_passes(job.sentinel.form) - 1);
    return 2 * (key_columns(job) > values ? key_columns(job) : values);
}

/// Rows of Sentinel::rows.
enum SentinelRow : uint32_t { kSentinelKey, kSentinelValues, kSentinelIndicators, kSentinelRows };

/// Writes Sentinel::rows and indicators. False at a bus error.
[[nodiscard]] bool write_sentinel(const AttentionJob& job, const spec::DeviceParams& device,
                                  Bus& bus);

/// A row of a partial result: the shares that the device returned.
struct Shares {
    uint32_t u = 0, w = 0;  ///< fp32 bits
};

/// What shares say about the sum of a row's real weights.
enum class Told : uint32_t {
    kSum,      ///< they tell it
    kNothing,  ///< no real key has any weight: none is seen, or the sentinel is too high
    kTooLow,   ///< the sentinel is too low
    kTooHigh,  ///< it is too high
    kNan,      ///< a score or a weight is NaN
};
/// log2 of w / u between which sums are told.
constexpr int32_t kMinRatio = -60;
constexpr int32_t max_ratio(SentinelForm form) {
    return form == SentinelForm::kTwoCalls ? 10 : 100;
}
constexpr int32_t middle_ratio(SentinelForm form) { return (kMinRatio + max_ratio(form)) / 2; }

/// Sums are told where 2^-60 <= w / u <= 2^100, beyond which weights are flushed or u is; with
/// u = 1 - w, which has no more than 24 bits behind the point, where w / u <= 2^10.
Told told_by(SentinelForm form, const Shares& shares);

/// What the device would have in its state for a row, and the factor of its values.
struct ToldRow {
    spec::RowState state;
    uint32_t factor = 0;  ///< fp32 bits
};
/// For shares that tell a sum. `level`: bf16, the last element of the query (0 without the column).
ToldRow told_row(const AttentionJob& job, const Shares& shares, uint16_t level);

/// Levels between which a row's sentinel has to lie, in powers of two.
struct Levels {
    int32_t low, high;
};
inline constexpr int32_t kLevelLimit = 33000;  ///< scores are clamped at 32767

/// The level to try after shares that do not tell the sum, bf16; narrows `levels`. `round` counts
/// the attempts, from 0 on. False if nothing is left to try.
[[nodiscard]] bool next_level(SentinelForm form, const Shares& shares, uint32_t round,
                              Levels& levels, uint16_t& level);

}  // namespace tessera::fw
