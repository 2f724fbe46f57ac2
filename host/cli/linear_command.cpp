// SPDX-License-Identifier: MIT
#include "host/cli/linear_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>

#include "firmware/linear/linear_sequencer.h"
#include "firmware/runner/runner.h"
#include "host/cli/operation_run.h"
#include "host/experiment/problem_of.h"
#include "host/operation/inexact_rows.h"
#include "host/operation/linear.h"
#include "host/reference/linear.h"
#include "host/run/job.h"
#include "host/verify/command_words.h"

namespace tessera::host {
namespace {

/// Everything that the functions of the job refer to.
struct LinearRun {
    Problem problem;
    Inputs inputs;
    FeatureScales scales;  ///< of inputs with data
    LinearLayout layout;
    hw::PlatformConfig config;
};

/// Multiply-adds of a state's update and of its use, for one token: d_k * (d_v + 1).
double state_macs(const Problem& p) { return 1.0 * p.d_k * (p.d_v + 1); }

OperationWork work_of(const LinearRun& run) {
    const Problem& p = run.problem;
    const uint64_t queries = uint64_t{p.query_heads} * p.nq, keys = uint64_t{p.kv_heads} * p.nk;
    return {linear_calls(run.layout, run.config.params),
            p.mask.causal ? "kv heads * (T - 1) + query heads * T, T = ceil(n / (M - d_k))"
                          : "kv heads * ceil(nk / M) + query heads * ceil(nq / M)",
            state_macs(p) * static_cast<double>(queries + keys),
            "(query rows + key rows) * d_k * (d_v + 1): what one token after the other would take",
            2 * (queries * p.d_k + keys * p.d_k + keys * p.d_v) + 4 * queries * p.d_v,
            "q, k and v read once in bf16, o written once in fp32, without padding"};
}

/// What the processor does an element at a time: none of it is simulated.
std::vector<Figure> own_figures(const LinearRun& run) {
    const uint64_t elements = linear_elements(run.layout);
    const double cost = run.config.firmware.merge_cycles_per_element;
    return {{"elementwise_elements", elements, "element",
             "features of q and k, the largest of them and of |v|, which choose their scales, and "
             "o / denominator: on the host, not the device"},
            {"elementwise_cycles",
             static_cast<uint64_t>(std::ceil(static_cast<double>(elements) * cost)), "cycle",
             "elementwise_elements * firmware.merge_cycles_per_element, the cost of merging an "
             "element; not in cycles"},
            {"chunk_tokens", uint64_t{fw::linear_chunk(run.layout.job, run.config.params)}, "token",
             run.problem.mask.causal ? "M - d_k" : "M"}};
}

ReferenceLinear reference_of(const LinearRun& run) {
    const Problem& p = run.problem;
    return {p.query_heads,
            p.kv_heads,
            p.nq,
            p.nk,
            p.d_k,
            p.d_v,
            p.mask.causal,
            feature,
            reader_of(run.inputs.q),
            reader_of(run.inputs.k),
            reader_of(run.inputs.v),
            run.scales.query,
            run.scales.key};
}

/// Rows whose denominators may be lost, and others with NaN or Inf that the input does not explain.
void judge(const LinearRun& run, const std::vector<float>& o, Exactness& exactness) {
    const Problem& p = run.problem;
    const RowNames lost = lost_denominators(reference_of(run));
    exactness.add(Inexact::kDenominator, lost);
    ElementNames others;
    for (uint32_t head = 0; head < p.query_heads; ++head) {
        const auto at = o.begin() + static_cast<ptrdiff_t>(size_t{head} * p.nq * p.d_v);
        add_nonfinite({at, at + static_cast<ptrdiff_t>(size_t{p.nq} * p.d_v)}, p.d_v, head, 0,
                      others);
    }
    const ReferenceProblem seen = reference_problem(p, run.inputs, run.config.params.m, false);
    const auto is_lost = [&](const ElementName& e) {
        return std::binary_search(lost.begin(), lost.end(), e.row);
    };
    others.erase(std::remove_if(others.begin(), others.end(), is_lost), others.end());
    exactness.add(Inexact::kNonFinite, unexplained_rows(seen, others));
}

ElementErrors check(const LinearRun& run, const std::vector<float>& o,
                    const std::function<void(double)>& progress) {
    const Problem& p = run.problem;
    const uint32_t updates = fw::linear_updates(run.layout.job, run.config.params);
    const double relative = linear_relative_error(run.config.params.m, p.d_k, updates);
    return compare_linear(reference_of(run), relative, o, progress);
}

}  // namespace

OperationJob linear_operation(const Experiment& experiment,
                              const std::vector<std::string>& command_line) {
    const auto run = std::make_shared<LinearRun>();
    Problem& p = run->problem;
    p.mask.causal = experiment.workload.mask.kind != MaskKind::kDense;
    OperationJob job;
    OperationRecord& record = job.record = operation_record("linear", experiment, command_line);
    run->config = record.config.platform;
    run->inputs = inputs_of(experiment, true, p);
    run->layout = make_linear_layout(p, run->config);
    if (!experiment.outputs.timing_only) {
        run->inputs = inputs_of(experiment, false, p);  // now it is known to fit
        run->scales = feature_scales(run->inputs, run->layout);
    }
    record.title = fmt::format(
        "linear attention, {} query heads, {} key/value heads, {} queries, {} keys, d_k {}, d_v "
        "{}, "
        "{}",
        p.query_heads, p.kv_heads, p.nq, p.nk, p.d_k, p.d_v, p.mask.causal ? "causal" : "dense");
    record.input = run->inputs.description;
    record.input_dtypes = dtypes_of(run->inputs);
    record.problem = {{"query_heads", p.query_heads},
                      {"kv_heads", p.kv_heads},
                      {"query_tokens", p.nq},
                      {"key_tokens", p.nk},
                      {"d_k", p.d_k},
                      {"d_v", p.d_v},
                      {"mask", p.mask.causal ? "causal" : "dense"},
                      {"feature", "elu(x) + 1"}};
    record.regions = run->layout.regions;
    record.work = work_of(*run);
    record.bound =
        "(2 e / (1 - e) + 2^-23) * E|v| + 3 f * (1 + max|v|), e = (1 + 2^-8)^3 * (1 + (2 M + d_k + "
        "updates) * 2^-23) - "
        "1, E|v| the mean of |v| under the exact weights, f what may be flushed to zero of the "
        "denominator";
    record.not_checked = reason_not_to_check(experiment.outputs, record.work.macs);
    job.driver = run->layout.driver;
    job.firmware = [run](fw::Runner& runner) { return runner.run(run->layout.job); };
    job.commands = [run] {
        return verify::commands_of(fw::LinearSequencer(run->layout.job, run->config.params,
                                                       run->layout.driver.record_address));
    };
    job.write = [run](const MemoryAccess& memory) {
        write_linear(run->inputs, run->layout, run->scales, memory);
    };
    job.read = [run](const MemoryAccess& memory) { return read_linear(run->layout, memory); };
    job.judge = [run](const std::vector<float>& o, Exactness& exactness) {
        judge(*run, o, exactness);
    };
    job.check = [run](const std::vector<float>& o, const std::function<void(double)>& progress) {
        return check(*run, o, progress);
    };
    job.figures = [run](const RunOutcome&) { return own_figures(*run); };
    std::vector<uint64_t> shape = p.row_shape();
    shape.push_back(p.d_v);
    job.output = {"o", Dtype::kF32, shape};
    job.place_of_row = [run](uint64_t row) {
        return run->problem.place_of_row(row / run->problem.nq, row % run->problem.nq);
    };
    job.notes = run->inputs.notes;
    return job;
}

int linear_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    OperationJob job = linear_operation(line.experiment, command_line);
    return run_operation(line, job);
}

}  // namespace tessera::host
