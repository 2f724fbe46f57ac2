// SPDX-License-Identifier: MIT
// What is known of an approximate run beside its result: what choosing the tiles took, what exact
// attention would have, and what the audit says.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "host/approximation/audit.h"
#include "host/approximation/selection.h"
#include "host/platform/platform.h"
#include "host/predict/predict.h"
#include "host/reference/error.h"

namespace tessera::host {

/// The audited rows, computed exactly, as a run of its own.
struct AuditRun {
    uint32_t rows = 0;  ///< of each head
    std::array<uint64_t, spec::kCounters> counters{};
    uint64_t firmware_cycles = 0, merge_cycles = 0;
    fw::MergeWork merging;
};

struct ApproximationRecord {
    SelectionCost selection;  ///< by formula: not simulated
    uint64_t selection_cycles = 0;
    uint64_t exact_calls = 0;  ///< by formula
    Prediction exact;
    AuditRun audit;
    uint64_t audit_calls_formula = 0;
    std::vector<HeadAudit> heads;
    Verdict verdict;
    std::optional<ErrorSummary> audit_error;  ///< of the audited rows against double precision
};

}  // namespace tessera::host
