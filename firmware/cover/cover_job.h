// SPDX-License-Identifier: MIT
// Attention of N tokens to each other on a device that takes one set of tokens a call and attends
// within it, as the host hands it to firmware: which groups of tokens each call brings together.
// docs/contract/schedules.md, section 4.
#pragma once
#include <stdint.h>

#include "firmware/plan/job.h"

namespace tessera::fw {

/// Part of an entry of CoverJob::groups: the last line that this group is on.
inline constexpr uint32_t kLastVisit = 1u << 31;

/// A call: the tokens of some groups, ascending. Those of one block of `apart` groups do not meet
/// in it (DIAG_OFF); with 0 all of them meet.
struct CoverLine {
    uint32_t first = 0;   ///< of its groups in CoverJob::groups
    uint32_t groups = 0;  ///< how many
    uint32_t apart = 0;
};

/// Arrays are valid while the job runs. Group n is the tokens [n * group_tokens, (n + 1) *
/// group_tokens) below N.
struct CoverJob {
    static constexpr uint32_t kKind = 2;  ///< of a request (docs/contract/jobs.md)
    /// Shapes, factor, outputs and tensors. As many queries as keys at positions from 0 on, of the
    /// mask no more than CAUSAL, and nothing of what only other jobs have. `state`, for more than
    /// one line: rows of all query heads and tokens. `partial` as in other jobs. With peers, at
    /// most one for each further query head, this device takes the heads share, share + peers + 1,
    /// ...: a state of one head is of no use to another, so that devices do not wait for each
    /// other.
    AttentionJob attention;
    uint32_t group_tokens = 0;
    const uint32_t* groups = nullptr;  ///< of all lines, one after the other; kLastVisit
    const CoverLine* lines = nullptr;
    /// Lines in classes, one after the other: where each class ends. A group is on one line of a
    /// class at most, and on exactly one of the first.
    const uint32_t* class_ends = nullptr;
    uint32_t class_count = 0;
    /// Where firmware writes the tokens of lines that are gathered (cover_planner.h): line n's are
    /// n * list_part_bytes(device) (row_list.h) on.
    uint64_t index_list = 0;

    uint32_t line_count() const { return class_count == 0 ? 0 : class_ends[class_count - 1]; }
    uint32_t tokens() const { return attention.nq; }
};

}  // namespace tessera::fw
