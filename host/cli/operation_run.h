// SPDX-License-Identifier: MIT
// An operation (host/report/operation_report.h) from its command line to its report: simulated,
// checked, written. What `tessera gemm` and `tessera linear` have in common.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "host/cli/options.h"
#include "host/io/safetensors.h"
#include "host/platform/platform.h"
#include "host/report/operation_report.h"

namespace tessera::host {

struct OperationJob {
    OperationRecord record;  ///< what is known before the run
    fw::DriverConfig driver;
    Platform::Work firmware;
    std::function<std::vector<spec::Command>()> commands;   ///< that firmware makes
    std::function<void(const MemoryAccess& memory)> write;  ///< operands
    std::function<std::vector<float>(const MemoryAccess& memory)> read;
    /// The rows of the result that are known not to be exact.
    std::function<void(const std::vector<float>& result, Exactness& exactness)> judge;
    /// The result against double precision. Tells the finished share.
    std::function<ElementErrors(const std::vector<float>& result,
                                const std::function<void(double)>& progress)>
        check;
    /// Figures of this operation alone.
    std::function<std::vector<Figure>(const RunOutcome& outcome)> figures;
    TensorSpec output;  ///< the result in out.safetensors
    /// Where there, in rows of its last dimension, row `row` of what `read` gives is; empty: there.
    std::function<uint64_t(uint64_t row)> place_of_row;
    std::vector<std::string> notes;  ///< for the user
};

/// The configuration that `experiment` asks for, and NAME and command line of a record.
OperationRecord operation_record(const char* name, const Experiment& experiment,
                                 const std::vector<std::string>& command_line);

/// Why a result that takes so many multiply-adds in double precision is not to be checked; nothing
/// if it is.
std::string reason_not_to_check(const Experiment::Outputs& outputs, double multiplies);

/// Judges a result.
Exactness exactness_of(const OperationJob& job, const std::vector<float>& result);

/// Runs it and prints the report. UserError, DeviceError; the exit code.
int run_operation(const CommandLine& line, OperationJob& job);

}  // namespace tessera::host
