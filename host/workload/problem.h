// SPDX-License-Identifier: MIT
// The attention a user asked for, in plain numbers: shapes, mask, schedule, outputs.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "firmware/job.h"
#include "hw_model/config.h"

namespace tessera::host {

/// Where a causal mask puts the diagonal when there are not as many queries as keys.
enum class Align {
    kEnd,    ///< the last query sees the last key
    kStart,  ///< query i sees the keys 0 to i
};

/// Batches are flattened into heads: query head h reads key/value head h / (query / kv heads).
struct Problem {
    std::vector<uint64_t> leading;  ///< dimensions of q before [tokens, dim]
    uint32_t query_heads = 1, kv_heads = 1;
    uint32_t nq = 0, nk = 0;    ///< tokens
    uint32_t d_k = 0, d_v = 0;  ///< elements
    fw::MaskKind mask = fw::MaskKind::kDense;
    Align align = Align::kEnd;
    fw::LoopOrder order = fw::LoopOrder::kQueryResident;
    double scale = 0;
    bool bf16_output = false;
    bool want_lse = false;

    uint32_t group() const { return query_heads / kv_heads; }
    bool causal() const { return mask == fw::MaskKind::kCausal; }
    /// Positions of query 0 and key 0.
    uint32_t q_position() const { return causal_end() && nk > nq ? nk - nq : 0; }
    uint32_t k_position() const { return causal_end() && nq > nk ? nq - nk : 0; }
    /// Causal: query i sees the keys j <= i + diagonal().
    int64_t diagonal() const { return int64_t{q_position()} - int64_t{k_position()}; }
    /// fp32 bits of scale * log2(e), what the device multiplies scores with.
    uint32_t factor() const;

  private:
    bool causal_end() const { return causal() && align == Align::kEnd; }
};

/// The names that the command line and the report use.
const char* mask_name(fw::MaskKind mask);
const char* schedule_name(fw::LoopOrder order);
const char* align_name(Align align);

/// What a schedule does, for `tessera schedules`.
struct ScheduleInfo {
    const char* name;
    fw::LoopOrder order;
    const char* description;
};
const std::vector<ScheduleInfo>& schedules();

/// 1 / sqrt(d_k).
double default_scale(uint32_t d_k);

/// UserError unless the device can run `problem`: dimensions within D, counts within their ranges,
/// kv heads a divisor of query heads. `device` is its name in messages.
void check_problem(const Problem& problem, const hw::PlatformConfig& config,
                   const std::string& device);

}  // namespace tessera::host
