// SPDX-License-Identifier: MIT
#include "include/tessera/tessera.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/error.h"
#include "host/experiment/check.h"
#include "host/experiment/experiment_json.h"
#include "host/experiment/names.h"
#include "host/library/leftovers.h"
#include "host/library/point.h"
#include "host/library/report_bytes.h"
#include "host/predict/closed_form.h"
#include "host/predict/formulas.h"
#include "host/predict/predict.h"
#include "host/report/document_json.h"
#include "host/run/job.h"
#include "host/run/worker.h"

namespace tessera {

const Report::Figure& Report::figure(const std::string& path) const {
    for (const Figure& one : figures)
        if (one.path == path) return one;
    throw std::out_of_range("the report has no figure " + path);
}

const Report::Tensor& Report::tensor(const std::string& name) const {
    for (const Tensor& one : tensors)
        if (one.name == name) return one;
    throw std::out_of_range("the report has no tensor " + name);
}

std::string json_of(const Experiment& experiment) {
    return host::dumped(host::experiment_json(experiment), 2);
}

Experiment experiment_of(const std::string& json) {
    return host::read_experiment("experiment", json);
}

Report host::run_apart(const Experiment& experiment, const Caller& caller, const RunHooks& hooks,
                       unsigned seconds) {
    check_experiment(experiment);
    const auto work = [&experiment, &caller](const RunHooks& told) {
        // SystemC would print a banner.
        ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
        return bytes_of(report_of(*run_point(experiment, caller, told)));
    };
    const Leftovers leftovers(experiment.outputs);
    pid_t process = -1;
    try {
        Worker worker(work, seconds);
        process = worker.process();
        return report_from(worker.finish(hooks));
    } catch (...) {  // the worker is gone
        leftovers.remove(process);
        throw;
    }
}

Report run(const Experiment& experiment, const RunHooks& hooks, unsigned seconds) {
    host::Caller caller;
    caller.wants_tensors = true;
    return host::run_apart(experiment, caller, hooks, seconds);
}

namespace {

Prediction prediction_of(const Experiment& experiment) {
    if (experiment.operation != OperationKind::kAttention)
        throw host::bad_field("operation", host::name_of(experiment.operation), "attention");
    host::check_experiment(experiment);
    // Which tiles an approximation sees may depend on the data.
    const bool shapes_only = !experiment.schedule.approximation.rule;
    const host::Job job = host::make_job(experiment, shapes_only);
    const hw::PlatformConfig& platform = job.config.platform;
    const host::Prediction foretold = host::predict(job.layout, platform);
    Prediction prediction;
    prediction.cycles = foretold.cycles;
    prediction.bytes = foretold.bytes;
    prediction.calls = host::work_formula(job.problem, platform.params.m).calls;
    prediction.stall_free_cycles =
        host::stall_free_cycles(job.problem, job.layout, platform).value_or(0);
    prediction.schedule = job.layout.cover ? "cover" : host::schedule_name(job.problem.schedule);
    return prediction;
}

}  // namespace

Prediction predict(const Experiment& experiment) {
    try {
        return prediction_of(experiment);
    } catch (const std::bad_alloc&) {
        throw host::out_of_host_memory(false);
    }
}

}  // namespace tessera
