// SPDX-License-Identifier: MIT
#include "host/task/task_job.h"

#include <utility>

#include "host/experiment/problem_of.h"
#include "host/run/stopwatch.h"
#include "host/task/task_document.h"

namespace tessera::host {
namespace {

Experiment without_files(Experiment experiment) {
    experiment.outputs.folder.clear();
    return experiment;
}

}  // namespace

TaskJob::TaskJob(const TaskOptions& options, Experiment experiment)
    : token_by_token_(options.token_by_token),
      setup_(make_task(options, without_files(std::move(experiment)))),
      runner_(setup_.settings.experiment) {}

void TaskJob::run(const TaskProgress& progress) {
    const Stopwatch watch;
    const FetchModels models = models_of(setup_);
    result_ = token_by_token_ ? run_token_by_token(*setup_.task, models, runner_, progress)
                              : run_pass(*setup_.task, models, runner_);
    seconds_ = watch.seconds();
}

Document TaskJob::document(const std::vector<std::string>& command_line,
                           const std::vector<std::string>& files) const {
    return task_document({command_line, &setup_, config_of(setup_.settings.experiment), &result_,
                          &runner_, seconds_, files});
}

std::vector<std::string> TaskJob::remarks() const { return remarks_on(result_, runner_.sum()); }

}  // namespace tessera::host
