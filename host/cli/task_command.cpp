// SPDX-License-Identifier: MIT
#include "host/cli/task_command.h"

#include <fmt/format.h>

#include <optional>

#include "host/cli/field_options.h"
#include "host/cli/progress.h"
#include "host/cli/report_format.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/experiment/problem_of.h"
#include "host/library/output_folder.h"
#include "host/library/overwriting.h"
#include "host/run/stopwatch.h"
#include "host/task/catalogue.h"
#include "host/task/task_document.h"
#include "host/task/task_run.h"
#include "host/task/task_tensors.h"

namespace tessera::host {
namespace {

/// What is written is of the task, not of its attentions.
Experiment without_files(Experiment experiment) {
    experiment.outputs.folder.clear();
    return experiment;
}

TaskResult done(const TaskSetup& setup, bool token_by_token, DeviceRunner& runner,
                Progress& progress) {
    const FetchModels models = models_of(setup);
    progress.phase("simulating");
    if (!token_by_token) return run_pass(*setup.task, models, runner);
    return run_token_by_token(*setup.task, models, runner,
                              [&progress](double share) { progress.share(share); });
}

}  // namespace

int task_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    const Format format = report_format(line.format);
    const std::string& folder_name = line.experiment.outputs.folder;
    if (line.experiment.outputs.timing_only)
        throw bad_field("outputs.timing_only", "given", "none with a task, which needs data");
    const TaskSetup setup = make_task(line.task, without_files(line.experiment));
    std::optional<OutputFolder> folder;
    if (!folder_name.empty()) {
        refuse_overwriting(
            line.experiment, line.sources,
            outputs_in(folder_name, {OutputFolder::kReport, OutputFolder::kTensors}));
        folder.emplace(folder_name);
    }
    Progress progress;
    DeviceRunner runner(setup.settings.experiment);
    const Stopwatch watch;
    const TaskResult result = done(setup, line.task.token_by_token, runner, progress);
    progress.finish();
    TaskReport report{command_line,    &setup, config_of(line.experiment), &result, &runner,
                      watch.seconds(), {}};
    if (folder) report.files = {OutputFolder::kReport, OutputFolder::kTensors};
    const Document document = task_document(report);
    if (folder) {
        const auto tensors = task_tensors(folder->tensors_file(), *setup.task, result);
        folder->write_report(with_options(render(document, Format::kJson)), tensors.get());
    }
    fmt::print("{}", with_options(render(document, format)));
    const std::vector<std::string> remarks = remarks_on(result, runner.sum());
    for (const std::string& remark : remarks) fmt::print(stderr, "tessera: {}\n", remark);
    return remarks.empty() ? kExitGood : kExitMismatch;
}

}  // namespace tessera::host
