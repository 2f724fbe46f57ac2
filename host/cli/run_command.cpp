// SPDX-License-Identifier: MIT
#include "host/cli/run_command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>

#include "host/cli/field_options.h"
#include "host/cli/output_folder.h"
#include "host/cli/overwriting.h"
#include "host/cli/progress.h"
#include "host/cli/verdict.h"
#include "host/error.h"
#include "host/io/output_file.h"
#include "host/report/report_json.h"
#include "host/report/table.h"
#include "host/run/device_factory.h"
#include "host/run/execution_of.h"
#include "host/text.h"
#include "host/version.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

constexpr uint64_t kDefaultTraceCommands = 20000;

/// All the files that the options ask for.
std::vector<NamedOutput> files_of(const Experiment::Outputs& outputs) {
    std::vector<NamedOutput> files;
    if (!outputs.folder.empty()) files = outputs_in(outputs.folder, OutputFolder::all_file_names());
    if (!outputs.wave.empty()) files.push_back({"`outputs.wave`", outputs.wave});
    return files;
}

class Run {
  public:
    Run(const CommandLine& line, const std::vector<std::string>& command_line)
        : line_(line),
          outputs_(line.experiment.outputs),
          execution_(execution_of(line.experiment, progress_.hooks())),
          record_(execution_.record()) {
        record_.command_line = command_line;
    }

    int operator()() {
        prepare();
        execution_.run(output_ ? &*output_ : nullptr);
        progress_.finish();
        if (folder_) {
            record_.files = OutputFolder::file_names(record_);
            folder_->write_files(record_, output_ && !withheld(record_) ? &*output_ : nullptr);
        }
        if (wave_) wave_->commit();
        print();
        const RunVerdict result = verdict();
        print_on_stderr(result);
        return exit_code(result);
    }

  private:
    void prepare() {
        hw::PlatformConfig& platform = record_.config.platform;
        refuse_overwriting(line_.experiment, line_.sources, files_of(outputs_));
        if (!outputs_.wave.empty()) {
            wave_.emplace(outputs_.wave);
            hierarchy_.emplace(wave_->temporary() + ".hier");  // beside it while it is written
            platform.make_device =
                device_factory(Implementation::kRtl, record_.config, wave_->temporary());
        }
        if (outputs_.folder.empty()) return;
        platform.trace_commands = traced_commands_each(platform.devices);
        folder_.emplace(outputs_.folder);
        if (execution_.has_data())
            output_.emplace(folder_->tensors_file(), record_,
                            Metadata{{"tool", std::string("tessera ") + kVersion},
                                     {"mask", with_options(record_.problem.mask.text())},
                                     {"input", printable(record_.input)}});
    }

    RunVerdict verdict() const {
        RunVerdict v{record_.exactness, "o"};
        if (approximation_withheld(record_))
            v.rejection = record_.approximation->verdict.text() +
                          "; o is withheld; --accept-approximation writes it anyway";
        if (record_.error) v.check = &*record_.error;
        if (outputs_.check.value_or(false)) v.nothing_compared = nothing_compared(record_);
        v.outside_bound = outside_bound(record_);
        return v;
    }

    /// All devices together have as many as one alone.
    uint64_t traced_commands_each(uint32_t devices) const {
        const uint64_t all = outputs_.trace_commands.value_or(kDefaultTraceCommands);
        return spec::divide_up(all, devices);
    }

    void print() const {
        if (line_.format == "json") {
            fmt::print("{}\n", with_options(dumped(report_json(record_), 2)));
            return;
        }
        fmt::print("{}", with_options(report_table(record_)));
        if (!folder_) return;
        fmt::print("\nfiles in {}:", outputs_.folder);
        for (const std::string& name : record_.files) fmt::print(" {}", name);
        fmt::print("\n");
        const uint64_t traced = commands_traced(record_.devices);
        const uint64_t total = record_.outcome.commands_total;
        if (traced < total)
            fmt::print(
                "trace.json: the first {} of {} commands; activity of the whole run as means "
                "over windows\n",
                with_commas(traced), with_commas(total));
    }

    const CommandLine& line_;
    const Experiment::Outputs& outputs_;
    Progress progress_;
    Execution execution_;
    RunRecord& record_;  // of the execution
    std::optional<OutputFolder> folder_;
    std::optional<OutputStream> output_;
    std::optional<OutputFile> wave_;
    std::optional<Cleanup> hierarchy_;
};

}  // namespace

int run_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    return Run(line, command_line)();
}

}  // namespace tessera::host
