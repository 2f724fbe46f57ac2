// SPDX-License-Identifier: MIT
#include "host/library/operation_point.h"

#include <utility>

#include "host/error.h"
#include "host/library/overwriting.h"
#include "host/run/consistency.h"
#include "host/run/device_error.h"
#include "host/run/machine.h"
#include "host/run/platform_memory.h"
#include "host/run/stopwatch.h"
#include "host/version.h"

namespace tessera::host {

OperationPoint::OperationPoint(const Experiment& experiment, const Caller& caller,
                               const RunHooks& hooks)
    : Point(caller), progress_(hooks), job_(operation_of(experiment)) {
    job_.record.command_line = caller.command_line;
    job_.record.inputs = inputs_of(experiment, caller.sources);
    for (const std::string& note : job_.notes) progress_.note(note);
    const std::string& folder = experiment.outputs.folder;
    if (folder.empty()) return;
    refuse_overwriting(experiment, caller.sources,
                       outputs_in(folder, OutputFolder::all_file_names()));
    folder_.emplace(folder);
}

void OperationPoint::run() {
    progress_.phase("simulating");
    simulate();
    OperationRecord& record = job_.record;
    if (has_data()) record.exactness = exactness_of(job_, result_, record.outcome);
    if (record.not_checked.empty()) {
        progress_.phase("checking");
        const Stopwatch watch;
        record.error =
            job_.operation->check(result_, [this](double done) { progress_.share(done); });
        record.check_seconds = watch.seconds();
    }
    const bool tensors = has_data() && !record.exactness.withheld();
    if (folder_) record.files = OutputFolder::report_names();
    if (folder_ && tensors) record.files.emplace_back(OutputFolder::kTensors);
    set_document(operation_document(record));
    if (folder_) write_files(tensors);
}

void OperationPoint::simulate() {
    OperationRecord& record = job_.record;
    const Operation& operation = *job_.operation;
    const Stopwatch watch;
    Platform platform = make_platform(record.config.platform);
    const MemoryAccess memory = access_to(platform);
    if (has_data()) operation.write(memory);
    tell_calls(platform, progress_, record.work.calls);
    record.outcome = std::move(run_on(platform, operation, memory).front());
    require_success(record.outcome.firmware.status);
    require_consistent_counters(record.outcome, record.work.calls);
    record.more = operation.figures(record.outcome);
    if (has_data()) result_ = operation.read(memory);
    record.simulation_seconds = watch.seconds();
}

void OperationPoint::write_files(bool with_tensors) {
    const OperationRecord& record = job_.record;
    std::optional<SafetensorsWriter> tensors;
    if (with_tensors) {
        const TensorSpec output = job_.operation->output();
        tensors.emplace(folder_->tensors_file(), std::vector{output},
                        Metadata{{"tool", std::string("tessera ") + kVersion},
                                 {"input", printable(record.input)}});
        const uint64_t columns = output.shape.back();
        for (uint64_t row = 0; row * columns < result_.size(); ++row)
            tensors->write(output.name, job_.operation->place_of_row(row) * columns,
                           result_.data() + row * columns, columns);
    }
    folder_->write_report(text(Format::kJson), tensors ? &*tensors : nullptr);
}

RunVerdict OperationPoint::verdict() const {
    const OperationRecord& record = job_.record;
    RunVerdict v{record.exactness, job_.operation->output().name};
    if (!record.error) return v;
    v.check = &*record.error;
    const bool wanted = record.experiment.outputs.check.value_or(false);
    if (wanted && record.error->elements == 0) v.nothing_compared = v.check;
    v.outside_bound = record.error->outside_bound();
    return v;
}

std::optional<Report::Errors> OperationPoint::errors() const {
    if (!job_.record.error) return std::nullopt;
    const ElementErrors& e = *job_.record.error;
    return Report::Errors{e.elements, e.not_compared(), e.outside,
                          e.max_abs,  e.rms_relative,   e.max_over_bound};
}

std::vector<Report::Tensor> OperationPoint::tensors() const {
    if (!has_data() || job_.record.exactness.withheld()) return {};
    const TensorSpec output = job_.operation->output();
    return {tensor_of(output.name, output.shape, result_,
                      [this](uint64_t row) { return job_.operation->place_of_row(row); })};
}

}  // namespace tessera::host
