// SPDX-License-Identifier: MIT
// Everything known about one finished run: what the table, report.json and the trace are made of.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/config/config.h"
#include "host/operation/exactness.h"
#include "host/operation/layout.h"
#include "host/platform/platform.h"
#include "host/predict/auto_schedule.h"
#include "host/predict/slots.h"
#include "host/problem/problem.h"
#include "host/reference/error.h"
#include "host/run/approximation_record.h"
#include "include/tessera/experiment.h"

namespace tessera::host {

struct RunRecord {
    Experiment experiment;  ///< that asked for it
    std::vector<std::string> command_line;
    std::string implementation = "model";  ///< of the device: "model" or "rtl"
    std::string engine = "systemc";        ///< what kept its time: "systemc" or "fast"
    std::string input;                     ///< file or generator
    std::string input_dtypes;
    Problem problem;
    ResolvedConfig config;
    Layout layout;
    std::vector<Candidate> candidates;  ///< of --schedule auto, the one that ran first
    RunOutcome outcome;                 ///< of all devices together (combined())
    std::vector<RunOutcome> devices;    ///< of each
    std::optional<ApproximationRecord> approximation;  ///< of an approximate schedule
    std::optional<Slots> slots;                        ///< of an oracle to count calls for
    uint64_t packed_calls = 0;                         ///< of that oracle
    uint64_t single_device_cycles = 0;  ///< the same on one device; 0: there is but one
    hw::MemoryOutcome memory;
    Exactness exactness;
    std::optional<ErrorSummary> error;     ///< device against the reference on bf16 inputs
    std::string not_checked;               ///< why there is no `error`
    std::optional<Difference> conversion;  ///< of o by rounding the inputs to bf16
    double simulation_seconds = 0, check_seconds = 0;  ///< wall clock
    std::vector<std::string> inputs;                   ///< files that it was made from
    std::vector<std::string> files;                    ///< written beside the report
};

/// Devices that worked at the same time, as one: counters are sums, `cycles` the longest, idle
/// cycles up to that included. What is traced stays with each.
RunOutcome combined(const std::vector<RunOutcome>& devices);

/// Is the result approximate, not valid and not accepted?
bool approximation_withheld(const RunRecord& record);
/// Is there a result that must not be used: that, or one that is known not to be exact?
bool withheld(const RunRecord& record);

/// Commands of which there are trace records, of all devices.
uint64_t commands_traced(const std::vector<RunOutcome>& devices);

}  // namespace tessera::host
