// SPDX-License-Identifier: MIT
#include "host/run/decisions.h"

#include <fmt/format.h>

#include "host/experiment/problem_of.h"
#include "host/text.h"

namespace tessera::host {
namespace {

std::string schedule_decision(const Experiment& experiment, const Job& job) {
    if (job.problem.cover) return "";
    if (job.candidates.empty())
        return experiment.schedule.name
                   ? ""
                   : fmt::format("schedule {}: the default; `schedule.name=auto` predicts all",
                                 schedule_name(job.problem.schedule));
    std::string others;
    for (const Candidate& one : job.candidates)
        others += fmt::format("{}{} {}", others.empty() ? "" : ", ", one.name(),
                              with_commas(one.prediction.cycles));
    return fmt::format("schedule {}: the fewest predicted cycles of {}",
                       job.candidates.front().name(), others);
}

}  // namespace

std::vector<std::string> decisions_on(const Experiment& experiment, const Job& job) {
    const Problem& problem = job.problem;
    const Experiment::Mask& mask = experiment.workload.mask;
    std::vector<std::string> all;
    if (!experiment.machine.memory)
        all.push_back(fmt::format("memory {}: that of device {}", job.config.platform.memory.name,
                                  job.config.device_name));
    if (!mask.kind)
        all.push_back(problem.mask.causal ? "mask causal: one of its terms looks back"
                                          : "mask dense: no term of it looks back");
    if (mask.kind == MaskKind::kSparse)
        all.push_back(fmt::format("`workload.mask.block` {}: about the root of the keys",
                                  problem.mask.block));
    if (!experiment.workload.scale)
        all.push_back(
            fmt::format("`workload.scale` {:.6g}: 1 / sqrt({})", problem.scale, problem.d_k));
    std::string schedule = schedule_decision(experiment, job);
    if (!schedule.empty()) all.push_back(std::move(schedule));
    return all;
}

}  // namespace tessera::host
