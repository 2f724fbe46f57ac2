// SPDX-License-Identifier: MIT
// The operations that have the short report (host/report/operation_document.h), as an experiment
// asks for them: gemm and linear attention.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "host/operation/operation.h"
#include "host/report/operation_document.h"

namespace tessera::host {

struct OperationJob {
    OperationRecord record;                      ///< what is known before the run
    std::shared_ptr<const Operation> operation;  ///< placed
    std::vector<std::string> notes;              ///< for the user
};

/// The gemm or linear attention of `experiment`, placed and, unless only time is simulated, with
/// its operands. UserError.
OperationJob operation_of(const Experiment& experiment);

/// Judges a result. `outcome` is that of its run.
Exactness exactness_of(const OperationJob& job, const std::vector<float>& result,
                       const RunOutcome& outcome);

}  // namespace tessera::host
