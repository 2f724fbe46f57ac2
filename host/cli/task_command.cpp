// SPDX-License-Identifier: MIT
#include "host/cli/task_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "host/cli/field_options.h"
#include "host/cli/option_values.h"
#include "host/cli/progress.h"
#include "host/cli/report_format.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/experiment/problem_of.h"
#include "host/library/output_folder.h"
#include "host/library/overwriting.h"
#include "host/processors.h"
#include "host/run/device_factory.h"
#include "host/task/task_grid.h"
#include "host/task/task_job.h"
#include "host/task/task_tensors.h"
#include "host/verify/given_case.h"
#include "host/verify/verify.h"

namespace tessera::host {
namespace {

/// Holds the attentions of a task, model against RTL.
class Verifier {
  public:
    /// Error if there is no such RTL.
    explicit Verifier(const Experiment& experiment)
        : rtl_(device_factory(Implementation::kRtl, config_of(experiment), "")) {}

    void operator()(const Experiment& experiment) {
        for (const verify::Case& c : verify::given_cases(experiment).cases) {
            if (!divergence_.empty()) return;
            divergence_ = verify::verify_case(c, rtl_, 0, totals_);
        }
    }
    /// Prints what was compared, and the first divergence; the exit code.
    int finish() const {
        fmt::print("{}{}\n", divergence_, totals_.line());
        return divergence_.empty() ? kExitGood : kExitMismatch;
    }

  private:
    const hw::DeviceFactory rtl_;
    verify::Totals totals_;
    std::string divergence_;
};

int run_single(const CommandLine& line, const std::vector<std::string>& command_line,
               Format format) {
    TaskJob job(line.task, line.experiment);
    const std::string& name = line.experiment.outputs.folder;
    std::optional<OutputFolder> folder;
    if (!name.empty()) {
        refuse_overwriting(line.experiment, line.sources,
                           outputs_in(name, OutputFolder::all_file_names()));
        folder.emplace(name);
    }
    std::optional<Verifier> verifier;
    if (line.verify_task) {
        verifier.emplace(line.experiment);
        job.observe([&verifier](const Experiment& experiment) { (*verifier)(experiment); });
    }
    Progress progress;
    progress.phase("simulating");
    job.run([&progress](double share) { progress.share(share); });
    progress.finish();
    std::vector<std::string> files;
    if (folder) {
        files = OutputFolder::report_names();
        files.emplace_back(OutputFolder::kTensors);
    }
    const Document document = job.document(command_line, files);
    if (folder) {
        const auto tensors = task_tensors(folder->tensors_file(), job.task(), job.result());
        folder->write_report(with_options(render(document, Format::kJson)), tensors.get());
    }
    fmt::print("{}", with_options(render(document, format)));
    for (const std::string& note : job.notes())
        fmt::print(stderr, "tessera: {}\n", message_text(note));
    const std::vector<std::string> remarks = job.remarks();
    for (const std::string& remark : remarks) fmt::print(stderr, "tessera: {}\n", remark);
    const int verdict = remarks.empty() ? kExitGood : kExitMismatch;
    return verifier ? std::max(verdict, verifier->finish()) : verdict;
}

/// The numbers of a list with commas; none of an empty text.
std::vector<uint64_t> numbers_of(const char* option, const std::string& text) {
    if (text.empty()) return {};
    const std::vector<uint32_t> numbers = number_list(option, text, "whole numbers with commas");
    return {numbers.begin(), numbers.end()};
}

TaskGrid grid_of(const TaskGridOptions& options) {
    TaskGrid grid;
    if (!options.models.empty()) grid.models = parts_of(options.models);
    grid.sizes = numbers_of("--sizes", options.sizes);
    grid.columns = numbers_of("--dims", options.columns);
    return grid;
}

/// Points that are not possible are part of the map. If none is, the reason of the first one is the
/// command's; a point that failed is so in any case.
void require_points(const std::vector<TaskOutcome>& outcomes) {
    const auto refused = [](const TaskOutcome& outcome) {
        return outcome.error && outcome.error->code() == ErrorCode::kUser;
    };
    for (const TaskOutcome& outcome : outcomes)
        if (outcome.error && !refused(outcome)) throw *outcome.error;
    if (std::all_of(outcomes.begin(), outcomes.end(), refused)) throw *outcomes.front().error;
}

int run_grid(const CommandLine& line, const std::vector<std::string>& command_line, Format format) {
    const Experiment& experiment = line.experiment;
    if (line.verify_task) throw UserError("command line: --verify is of one task, not of a grid");
    if (!experiment.outputs.folder.empty())
        throw bad_field("outputs.folder", experiment.outputs.folder, "none with a grid");
    const std::vector<TaskPoint> tasks =
        grid_points(line.task, experiment, grid_of(line.task_grid));
    std::optional<TaskStore> store;
    if (!line.task_grid.store.empty()) store.emplace(line.task_grid.store);
    Progress progress;
    progress.phase(fmt::format("simulating {} points", tasks.size()));
    const std::vector<TaskOutcome> outcomes =
        run_points(tasks, experiment,
                   {line.task_grid.jobs.value_or(processors()), store ? &*store : nullptr,
                    [&progress](double share) { progress.share(share); }});
    progress.finish();
    require_points(outcomes);
    const Document document = grid_document(tasks, outcomes, command_line);
    fmt::print(
        "{}", with_options(format == Format::kCsv ? grid_csv(document) : render(document, format)));
    const uint64_t unexpected = unexpected_answers(document);
    if (unexpected == 0) return kExitGood;
    fmt::print(stderr, "tessera: {} answers are not those of the closed form\n", unexpected);
    return kExitMismatch;
}

}  // namespace

int task_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    const Format format = report_format(line.format);
    if (line.experiment.outputs.timing_only)
        throw bad_field("outputs.timing_only", "given", "none with a task, which needs data");
    const TaskGridOptions& grid = line.task_grid;
    if (!grid.given() && (!grid.store.empty() || grid.jobs))
        throw UserError("command line: --store and --jobs need --models, --sizes or --dims");
    return grid.given() ? run_grid(line, command_line, format)
                        : run_single(line, command_line, format);
}

}  // namespace tessera::host
