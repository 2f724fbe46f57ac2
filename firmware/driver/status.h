// SPDX-License-Identifier: MIT
// What firmware reports, without exceptions.
#pragma once
#include <stdint.h>

#include "spec/errors.h"

namespace tessera::fw {

enum class Code : uint32_t {
    kOk = 0,
    kBusFault,      ///< a register or memory access was answered with an error
    kWrongDevice,   ///< ID or VERSION is not what this firmware was written for
    kBadJob,        ///< the job does not fit the device; `rule` says why
    kDeviceError,   ///< the device halted; `error` and `tag` say why and where
    kUnresolved,    ///< black box: rows whose sums the sentinel did not tell
    kResetTimeout,  ///< a soft reset did not end: memory does not answer
};

/// Why a job was refused (Code::kBadJob).
enum class JobRule : uint32_t {
    kNone = 0,
    kEmpty,      ///< a head, token or dimension count is zero
    kHeads,      ///< kv_heads does not divide query_heads
    kDimension,  ///< d_k or d_v over the device's D
    kAlignment,  ///< an address or pitch is not a multiple of the bus width, or too small
    kPositions,  ///< positions reach 2^31
    kRing,       ///< ring base or size illegal
    kProfile,    ///< the schedule needs a command the device's profile does not have
    kShares,     ///< no such share, or a schedule that cannot be shared
    kMask,       ///< operands out of range, or terms that do not go together
    kSentinel,   ///< a form that the device or the job has no columns for
    kDocuments,  ///< not ascending from 0, too long or too many, or not self-attention
    kSchedule,   ///< no such schedule
    kRowList,    ///< rows over the limit or in disorder, or what does not go with a list of rows
    kCover,      ///< groups or lines of a cover that do not fit the device or are in disorder
    kKind,       ///< a request for no kind of jobs (mailbox.h), or a job of no kind of function
    kPages,      ///< empty pages, rows beyond 2^31, or what does not go with pages
};

struct [[nodiscard]] Status {
    Code code = Code::kOk;
    JobRule rule = JobRule::kNone;
    spec::ErrorCode error = spec::ErrorCode::kNone;
    uint32_t tag = 0;  ///< of the failing command: the low 16 bits of its number

    constexpr bool ok() const { return code == Code::kOk; }
};

constexpr Status failed(Code code) {
    return Status{code, JobRule::kNone, spec::ErrorCode::kNone, 0};
}
constexpr Status refused(JobRule rule) {
    return Status{Code::kBadJob, rule, spec::ErrorCode::kNone, 0};
}

}  // namespace tessera::fw
