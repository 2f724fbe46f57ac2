// SPDX-License-Identifier: MIT
#include "host/library/operation_of.h"

#include <utility>

#include "host/error.h"
#include "host/experiment/problem_of.h"
#include "host/operation/gemm_operation.h"
#include "host/operation/linear_operation.h"
#include "host/predict/gemm_form.h"

namespace tessera::host {
namespace {

constexpr double kCheckedMultiplies = 0x1p33;  ///< up to here the check is on by default: seconds

/// Why a result that takes so many multiply-adds in double precision is not to be checked; nothing
/// if it is.
std::string reason_not_to_check(const Experiment::Outputs& outputs, double multiplies) {
    if (outputs.timing_only) return "timing only: there is no result";
    if (outputs.check) return *outputs.check ? "" : "`outputs.check=false`";
    if (multiplies <= kCheckedMultiplies) return "";
    return "over 2^33 multiply-adds; `outputs.check` compares with double precision";
}

OperationJob job_of(const Experiment& experiment, ResolvedConfig config, const MemoryMap& map,
                    std::shared_ptr<const Operation> operation) {
    OperationJob job;
    OperationRecord& record = job.record;
    record.experiment = experiment;
    record.name = operation->name();
    record.title = operation->title();
    record.input = operation->input();
    record.input_dtypes = operation->input_dtypes();
    record.problem = operation->settings();
    record.config = std::move(config);
    record.regions = map.regions();
    record.work = operation->work_by_formula();
    record.bound = operation->bound();
    record.note = operation->note();
    record.not_checked = reason_not_to_check(experiment.outputs, operation->check_work());
    record.exactness.accepted = experiment.outputs.accept_inexact;
    job.operation = std::move(operation);
    return job;
}

GemmInputs matrices_of(const Experiment::Workload& workload, bool shapes_only, Gemm& gemm) {
    const Experiment::Arrays& arrays = workload.arrays;
    const Experiment::Operands& operands = workload.operands;
    if (workload.source == Source::kMemory)
        return about_field("workload.operands.b",
                           [&] { return take_gemm(operands.a, operands.b, shapes_only, gemm); });
    if (workload.source != Source::kRandom)
        return about_field("workload.arrays.b",
                           [&] { return open_gemm(arrays.a, arrays.b, shapes_only, gemm); });
    gemm.m = random_dimension("rows", workload.random.rows);
    gemm.n = random_dimension("columns", workload.random.columns);
    gemm.k = random_dimension("inner", workload.random.inner);
    return random_gemm(workload.random.seed, shapes_only, gemm);
}

/// The form that is asked for, or the best; the sentence says why that one.
std::string choose_form(const Experiment::Workload& workload, const hw::PlatformConfig& config,
                        Gemm& gemm) {
    if (workload.form == tessera::GemmForm::kScores && workload.precision == Precision::kExact)
        throw UserError(
            "`workload.form=scores` rounds sums to bf16; it needs `workload.precision=rounded`");
    switch (workload.form) {
        case tessera::GemmForm::kRows: return "";
        case tessera::GemmForm::kColumns: gemm.form = GemmForm::kColumns; return "";
        case tessera::GemmForm::kScores: gemm.form = GemmForm::kScores; return "";
        case tessera::GemmForm::kAuto: break;
    }
    const std::vector<GemmCandidate> candidates =
        gemm_candidates(gemm, workload.precision == Precision::kExact, config);
    gemm.form = candidates.front().form;
    return choice_text(candidates);
}

/// Where the inner dimension of a gemm is from.
const char* field_of_inner(Source source) {
    if (source == Source::kMemory) return "workload.operands.a";
    return source == Source::kRandom ? "workload.random.inner" : "workload.arrays.a";
}

OperationJob gemm_of(const Experiment& experiment, ResolvedConfig config) {
    const Experiment::Workload& workload = experiment.workload;
    Gemm gemm;
    gemm.bf16_output = workload.output_format == OutputFormat::kBf16;
    gemm.a_columns = static_cast<uint32_t>(workload.inner_block);
    gemm.c_columns = static_cast<uint32_t>(workload.column_block);
    GemmInputs shapes = matrices_of(workload, true, gemm);
    const std::string inner = field_of_inner(workload.source);
    const std::string choice =
        about_field(inner, [&] { return choose_form(workload, config.platform, gemm); });
    auto operation = std::make_shared<GemmOperation>(gemm, std::move(shapes),
                                                     config.platform.params, config.energy);
    if (!choice.empty()) operation->set_choice(choice);
    MemoryMap map(config.platform);
    about_field(inner, [&] { operation->place(map); });
    // Only now is it known that the data fits.
    if (!experiment.outputs.timing_only) operation->set_inputs(matrices_of(workload, false, gemm));
    return job_of(experiment, std::move(config), map, std::move(operation));
}

OperationJob linear_of(const Experiment& experiment, ResolvedConfig config) {
    Problem problem;
    problem.mask.causal = experiment.workload.mask.kind != MaskKind::kDense;
    Inputs inputs = inputs_of(experiment, true, problem);
    std::vector<std::string> notes = inputs.notes;
    auto operation = std::make_shared<LinearOperation>(problem, std::move(inputs), config.platform,
                                                       shape_fields(experiment));
    MemoryMap map(config.platform);
    operation->place(map);
    if (!experiment.outputs.timing_only) {  // now it is known to fit
        inputs = inputs_of(experiment, false, problem);
        notes = inputs.notes;
        operation->set_inputs(std::move(inputs));
    }
    OperationJob job = job_of(experiment, std::move(config), map, std::move(operation));
    job.notes = std::move(notes);
    return job;
}

}  // namespace

OperationJob operation_of(const Experiment& experiment) {
    ResolvedConfig config = config_of(experiment);
    config.platform.timing_only = experiment.outputs.timing_only;
    config.platform.trace_commands = 0;
    return experiment.operation == OperationKind::kGemm ? gemm_of(experiment, std::move(config))
                                                        : linear_of(experiment, std::move(config));
}

Exactness exactness_of(const OperationJob& job, const std::vector<float>& result,
                       const RunOutcome& outcome) {
    Exactness exactness = job.record.exactness;
    exactness.known = true;
    job.operation->judge(result, outcome, exactness);
    return exactness;
}

}  // namespace tessera::host
