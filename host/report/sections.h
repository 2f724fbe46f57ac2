// SPDX-License-Identifier: MIT
// The sections of a report, each built by one walk over what it is about. docs/use/report.md
// describes them. What there is nothing to say of is a fact without a value, hence Entry.
#pragma once
#include <string>
#include <vector>

#include "host/config/config.h"
#include "host/operation/exactness.h"
#include "host/operation/memory_map.h"
#include "host/platform/counters.h"
#include "host/reference/coverage.h"
#include "host/report/document.h"
#include "host/run/run_record.h"

namespace tessera::host {

inline constexpr int kReportSchemaVersion = 2;

/// Name, version and commit of this program.
Section tool_section();
/// Input, shapes, mask, schedule and options of an attention.
Section problem_section(const RunRecord& record);
/// What `--schedule auto` considered, the chosen one first.
Table candidates_table(const RunRecord& record);
/// The cover of `--oracle self` and what other oracles would take.
Entry self_oracle_entry(const RunRecord& record);
/// An approximate run: selection, audit, verdict.
Entry approximation_entry(const RunRecord& record);
/// Device, memory, every key, and what lies where.
Section configuration_section(const ResolvedConfig& config, const std::vector<Region>& regions);
/// The derived figures of an attention, each with its formula. Needs the counters, not the tensors.
Section derived_section(const RunRecord& record);
/// A DRAM channel by channel and stream by stream.
Entry memory_entry(const RunRecord& record);
/// The constants as used, each with its source.
Section energy_model_section(const ResolvedConfig& config);
/// Whether rows are known not to be exact.
Entry exactness_entry(const Exactness& exactness);
/// How far the result is from double precision, or why nobody looked.
Section error_section(const RunRecord& record);
/// Seconds of wall clock, and when the report was made. It differs from run to run.
Section host_section(double simulation_seconds, double check_seconds);
/// Every counter of the device.
Section counters_section(const CounterValues& counters);
/// The same of each device, a row each; no row if there is but one.
Table counters_of_devices_table(const std::vector<RunOutcome>& devices);

// Parts of several sections.

/// A figure of the elements that were compared; null if there are none.
FigureValue of_compared(const Coverage& coverage, double value);
/// Member `not_compared` of a report: how many, and for each reason how many.
Section not_compared_section(const Coverage& coverage);
/// Member `within_bound`: null if nothing was compared.
Figure within_bound_fact(uint64_t elements, bool outside_bound);

}  // namespace tessera::host
