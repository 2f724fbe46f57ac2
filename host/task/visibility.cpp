// SPDX-License-Identifier: MIT
#include "host/task/visibility.h"

#include <algorithm>

#include "host/run/job.h"

namespace tessera::host {

Visibility::Visibility(const Experiment& experiment, uint64_t queries, uint64_t keys) {
    Experiment shapes;
    shapes.machine.device = experiment.machine.device;
    shapes.machine.memory = experiment.machine.memory;
    shapes.machine.settings = experiment.machine.settings;
    shapes.workload.mask = experiment.workload.mask;
    shapes.workload.random.tokens = queries;
    shapes.workload.random.key_tokens = keys;
    shapes.workload.random.dimension = 1;
    Job job = make_job(shapes, true);
    problem_ = std::make_unique<const Problem>(std::move(job.problem));
    visible_.emplace(*problem_, job.config.platform.params.m);
}

void Visibility::look_from(uint64_t query) {
    (*visible_)(0, static_cast<uint32_t>(query), ranges_);
}

bool Visibility::sees(uint64_t key) const {
    return std::any_of(ranges_.begin(), ranges_.end(), [key](const KeyRange& range) {
        return key >= range.begin && key < range.end;
    });
}

}  // namespace tessera::host
