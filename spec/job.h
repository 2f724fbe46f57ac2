// SPDX-License-Identifier: MIT
// Jobs as they lie in memory for a processor that runs the firmware by itself: 32-bit words, little
// endian, so that the bytes are the same whatever the processor's width. docs/contract/jobs.md.
#pragma once
#include <stdint.h>

#include "spec/mask.h"

namespace tessera::spec {

/// What a job has or not, as bits of its `options`.
enum JobOption : uint32_t {
    kJobStacked = 1u << 0,      ///< attention: the query rows of a group's heads share tiles
    kJobBf16Output = 1u << 1,   ///< attention, cover: o in bf16, else fp32
    kJobLse = 1u << 2,          ///< attention, cover: lse is wanted
    kJobSinkLogits = 1u << 3,   ///< attention: rows begin with the state of a sink
    kJobQueryColumn = 1u << 4,  ///< attention: queries have the sentinel's column
    kJobRowCausal = 1u << 5,    ///< attention: every call is causal, row by row
};

/// 64 bits: an address of device memory, or a distance there. Where an array may be missing,
/// address 0 says so.
struct DoubleWord {
    uint32_t low = 0, high = 0;

    constexpr uint64_t value() const { return low | uint64_t{high} << 32; }
};
constexpr DoubleWord double_word(uint64_t value) {
    return {static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32)};
}

/// [heads][rows][row bytes], all in bytes.
struct TensorWords {
    DoubleWord address, head_stride;
    uint32_t pitch = 0;
};

/// Rows picked by their numbers.
struct RowListWords {
    DoubleWord rows;  ///< of 32-bit row numbers; 0: all rows
    uint32_t limit = 0;
    DoubleWord device_list;  ///< where firmware writes the list for the device
};

/// Rows of keys and values in pages.
struct PageTableWords {
    DoubleWord pages;  ///< of 32-bit page numbers; 0: rows lie one behind the other
    uint32_t rows = 0, first = 0;
};

struct SentinelWords {
    uint32_t form = 0;  ///< fw::SentinelForm
    uint32_t key = 0;   ///< bf16
    TensorWords rows, indicators, retry;
};

/// fw::AttentionJob says what the fields mean.
struct AttentionWords {
    uint32_t options = 0;   ///< JobOption
    uint32_t schedule = 0;  ///< fw::ScheduleId
    uint32_t query_heads = 0, kv_heads = 0, nq = 0, nk = 0, d_k = 0, d_v = 0;
    uint32_t factor = 0;  ///< fp32 bits
    Mask mask;
    uint32_t q_position = 0, k_position = 0;
    DoubleWord documents;  ///< of 32-bit first rows; 0: none
    uint32_t document_count = 0;
    DoubleWord tile_flags, tile_flags_stride;  ///< of bytes; 0: all pairs of tiles
    RowListWords query_list, key_list;
    TensorWords q, k, v, o, state, partial, lse, sink_state;
    DoubleWord summary_list;
    SentinelWords sentinel;
    uint32_t peers = 0, share = 0;
    PageTableWords pages;
    DoubleWord
        order;  ///< of pairs of tiles, three words each: stack, query tile, key tile; 0: none
    uint32_t order_count = 0;
};

/// fw::CoverJob says what the fields mean. A line is three words: first, groups, apart.
struct CoverWords {
    AttentionWords attention;
    uint32_t group_tokens = 0, class_count = 0;
    DoubleWord groups, lines, class_ends, index_list;
};

/// Where the device is, and which memory the driver has: fw::DriverConfig.
struct DriverWords {
    DoubleWord csr_base, ring, record;
    uint32_t ring_descriptors = 0, watchdog_cycles = 0;
};

/// Jobs of one kind, one after the other in memory. Attention jobs run as one list, with
/// `workspace`: kJobWorkspaceBytes for each, a multiple of 8. Others run one by one.
struct RequestWords {
    uint32_t kind = 0;   ///< kKind of the job
    uint32_t count = 0;  ///< at least 1
    DoubleWord jobs, workspace;
};
inline constexpr uint32_t kJobWorkspaceBytes = 640;

/// How it ended: fw::Status, and after kUnresolved fw::Unresolved.
struct AnswerWords {
    static constexpr uint32_t kNamed = 16;
    uint32_t code = 0, rule = 0, error = 0, tag = 0;
    uint32_t unresolved_rows = 0;
    uint32_t unresolved[kNamed][2] = {};  ///< head and row of the first of them
};

/// What host and processor share. The host fills it and sets `ready` last; the processor clears
/// `ready` when the answer is there.
struct MailboxWords {
    uint32_t ready = 0;
    DriverWords driver;
    RequestWords request;
    AnswerWords answer;
};

// Words and nothing between them, on every processor.
static_assert(sizeof(DoubleWord) == 2 * 4);
static_assert(sizeof(TensorWords) == 5 * 4);
static_assert(sizeof(RowListWords) == 5 * 4);
static_assert(sizeof(PageTableWords) == 4 * 4);
static_assert(sizeof(SentinelWords) == 17 * 4);
static_assert(sizeof(AttentionWords) == (96 + kMaskWords) * 4);
static_assert(sizeof(CoverWords) == (106 + kMaskWords) * 4);
static_assert(sizeof(DriverWords) == 8 * 4);
static_assert(sizeof(RequestWords) == 6 * 4);
static_assert(sizeof(AnswerWords) == 37 * 4);
static_assert(sizeof(MailboxWords) == 52 * 4);
static_assert(alignof(MailboxWords) == 4 && alignof(CoverWords) == 4);

}  // namespace tessera::spec
