// SPDX-License-Identifier: MIT
// The report of an operation without softmax: a gemm, or linear attention. Shorter than that of
// `tessera run`; figures that mean the same have the same names.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/config/config.h"
#include "host/operation/exactness.h"
#include "host/operation/memory_map.h"
#include "host/operation/operation.h"
#include "host/platform/platform.h"
#include "host/reference/gemm.h"
#include "host/report/document.h"
#include "include/tessera/experiment.h"

namespace tessera::host {

struct OperationRecord {
    Experiment experiment;  ///< that asked for it
    std::string name;       ///< of the command: "gemm"
    std::string title;      ///< "gemm of 4 x 5 by 5 x 6"
    std::string input;      ///< file or generator
    std::string input_dtypes;
    std::vector<std::string> command_line;
    std::vector<Figure> problem;  ///< shapes and options
    ResolvedConfig config;
    std::vector<Region> regions;
    OperationWork work;
    RunOutcome outcome;
    std::vector<Figure> more;  ///< figures of this operation alone
    Exactness exactness;
    std::optional<ElementErrors> error;
    std::string bound;                                 ///< of an element, in words
    std::string not_checked;                           ///< why there is no `error`
    double simulation_seconds = 0, check_seconds = 0;  ///< wall clock
    std::vector<std::string> inputs;                   ///< files that it was made from
    std::vector<std::string> files;                    ///< written beside the report
    std::string note;                                  ///< what the figures mean; may be empty
};

/// Schema `tessera.NAME`; docs/use/report.md. The only place that goes through the record.
Document operation_document(const OperationRecord& record);

}  // namespace tessera::host
