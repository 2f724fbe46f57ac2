// SPDX-License-Identifier: MIT
// Where a problem's tensors lie in device memory, and how they get in and out of it.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/driver/driver_config.h"
#include "firmware/plan/job.h"
#include "host/operation/attention_view.h"
#include "host/operation/device_memory.h"
#include "host/operation/memory_map.h"
#include "host/problem/inputs.h"
#include "host/problem/problem.h"
#include "hw_model/config.h"
#include "spec/params.h"

namespace tessera::host {

struct ApproximateArrays;
struct CoverArrays;

/// One sequence of a ragged batch: what sets its job apart from the others'.
struct SequenceJob {
    SequencePlace place;
    uint32_t q_position = 0, k_position = 0;
    spec::Mask mask;
    uint64_t summary_list = 0;  ///< bytes from that of the first sequence
    uint32_t first_device = 0;  ///< takes share 0 of it
};

/// Rows of a head, from `begin` up to `end`.
struct Rows {
    uint32_t begin = 0, end = 0;
};

struct Layout {
    /// The whole of it, padding included: where everything is.
    fw::AttentionJob job;
    /// Of a ragged batch, those that have work, ascending; empty: `job` is what is run.
    std::vector<SequenceJob> sequences;
    /// With sinks, those that have queries and no key: their rows have the lse of the sink alone.
    std::vector<SequencePlace> keyless;
    uint32_t batch = 1;   ///< of `sequences`: so many groups of heads, each with some of them
    bool packed = false;  ///< several sequences may lie in the same heads
    std::shared_ptr<const AttentionMask> mask;  ///< holds the arrays that `job` points to
    std::shared_ptr<const KeyPages> pages;      ///< likewise
    std::shared_ptr<const CoverArrays> cover;   ///< if the problem is done by one
    uint64_t cover_list = 0;                    ///< where firmware lists gathered tokens
    /// Of an approximate schedule (approximate.h): the job of the tiles that stand for others, run
    /// behind `job`, and that of the rows that are audited, run by itself.
    std::optional<fw::AttentionJob> remainder, audit;
    /// Where o goes when the remainder is merged into it, if that is bf16. job.o is fp32 then.
    std::optional<fw::Tensor> merged_o;
    std::shared_ptr<const ApproximateArrays> approximate;  ///< holds the arrays of all three
    fw::DriverConfig driver;                               ///< of device 0
    int32_t sentinel_offset = 0;                           ///< SentinelChoice::offset
    uint32_t devices = 1;
    uint32_t record_stride = 0;     ///< bytes from one device's completion record to the next
    uint32_t row_causal_calls = 0;  ///< of a row, at most; 0: the job is not row-causal
    uint32_t state_heads = 1;       ///< heads of job.state that a device has for itself
    std::vector<Region> regions;    ///< of the memory map when it was made
    uint64_t end = 0;               ///< of that map

    /// The same memory as one of the devices sees it: its share of the job, its ring and record.
    Layout of_device(uint32_t device) const;
    /// The result, [query_heads][nq], and what its elements are.
    const fw::Tensor& o() const { return merged_o ? *merged_o : job.o; }
    ElementType o_type() const {
        return merged_o || job.bf16_output ? ElementType::kBf16 : ElementType::kFp32;
    }
    /// What firmware runs, one after the other: `job`, or that of each sequence, and `remainder`.
    /// The layout must outlive them.
    std::vector<fw::AttentionJob> jobs() const;
    /// Rows of o that these write.
    uint64_t stored_rows() const;
    /// Rows of o and lse of a query head that a job writes, ascending. No query of the others has
    /// a key.
    std::vector<Rows> written_rows(uint64_t head) const;
    /// All queries, and all keys, that the jobs of a query head read lie in these rows.
    Rows query_span(uint64_t head) const;
    Rows key_span(uint64_t head) const;
};

/// Are the promises of a schedule checked, pair of tiles by pair of tiles?
enum class ScheduleCheck { kAll, kNone };

/// Places everything `problem` needs, beside what `map` holds already. With a view q, k, v and o
/// are parts of larger tensors. UserError if it does not fit the memory. Without the check nothing
/// may run in that place.
Layout make_layout(const Problem& problem, const hw::PlatformConfig& config, MemoryMap& map,
                   const std::optional<AttentionView>& view = {},
                   ScheduleCheck check = ScheduleCheck::kAll);
/// The same in a memory of its own.
Layout make_layout(const Problem& problem, const hw::PlatformConfig& config);

/// Writes q, k and v as bf16 and the states of sinks; padding is zero.
void write_operands(const Inputs& inputs, const Layout& layout, const MemoryAccess& memory);

/// Rows [first, first + count) of one head of the device's o, each d_v long; zeros where no job
/// writes.
std::vector<float> read_output_rows(const Layout& layout, const MemoryAccess& memory, uint64_t head,
                                    uint64_t first, uint64_t count);

/// All of it, [query_heads][nq][d_v].
std::vector<float> read_output(const Layout& layout, const MemoryAccess& memory);

/// The device's log-sum-exp, natural log, [query_heads][nq]: (m + log2 l) * ln 2, and -inf for rows
/// with no key and padding. Only if the job wants it; `bus_bytes` is the length of a row.
std::vector<double> read_lse(const Layout& layout, const MemoryAccess& memory, uint32_t bus_bytes);

}  // namespace tessera::host
