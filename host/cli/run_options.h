// SPDX-License-Identifier: MIT
// Groups of options that several commands have.
#pragma once
#include <functional>
#include <string>

#include "host/cli/options.h"

namespace CLI {
class App;
}

namespace tessera::host {

/// Mask, batch, schedule, sentinel, scale and format: what is to be computed, and in which order.
void add_problem_options(CLI::App& run, CommandLine& line);
/// Order of the pairs of tiles.
void add_schedule_options(CLI::App& run, Experiment::Schedule& schedule);
/// Form and offset of the sentinel.
void add_sentinel_options(CLI::App& run, Experiment::Schedule& schedule);
void add_self_oracle_options(CLI::App& run, Experiment::Schedule& schedule);
void add_sentinel_offset_option(CLI::App& run, Experiment::Schedule& schedule);
/// Scale, format of the output, log-sum-exp.
void add_result_options(CLI::App& run, Experiment::Workload& workload);
/// Takes a value of --set that is none of the machine's; false: it is not its own.
using SettingTaker = std::function<bool(const std::string& text)>;
/// Device, memory and single keys of both.
void add_machine_options(CLI::App& run, Experiment::Machine& machine,
                         const SettingTaker& other = {});
void add_devices_option(CLI::App& run, Experiment::Machine& machine);
/// Model or RTL, and its waveform.
void add_implementation_options(CLI::App& run, Experiment& experiment);
/// Whether a result that is known not to be exact is taken as it is.
void add_accept_option(CLI::App& run, Experiment::Outputs& outputs);
/// Random jobs, which exclude what was added before for a single one.
void add_verify_options(CLI::App& verify, VerifyOptions& o);
/// Whether to compare with double precision, by default up to `limit`, or to simulate data at all;
/// and the option above.
void add_check_options(CLI::App& run, Experiment::Outputs& outputs,
                       const char* limit = "4,096 tokens");
/// Format of the report, the folder of `files`, which the help names, and the options above.
void add_report_options(CLI::App& run, CommandLine& line, const char* files,
                        const char* check_limit = "4,096 tokens");
/// These, slots and the trace.
void add_output_options(CLI::App& run, CommandLine& line);
/// Prints the experiment that the other options make.
void add_print_option(CLI::App& run, CommandLine& line);
/// An experiment from a file, in place of all options that were added before; those of the report
/// on stdout may stand beside it.
void add_experiment_option(CLI::App& run, CommandLine& line);

}  // namespace tessera::host
