// SPDX-License-Identifier: MIT
#include "host/cli/gemm_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "firmware/gemm/gemm_sequencer.h"
#include "firmware/plan/tiles.h"
#include "firmware/runner/runner.h"
#include "host/cli/operation_run.h"
#include "host/experiment/names.h"
#include "host/operation/gemm.h"
#include "host/operation/inexact_rows.h"
#include "host/problem/inputs.h"
#include "host/report/table.h"
#include "host/run/counters.h"
#include "host/text.h"
#include "host/verify/command_words.h"

namespace tessera::host {
namespace {

/// Everything that the functions of the job refer to.
struct GemmRun {
    Gemm gemm;
    GemmInputs inputs;
    GemmLayout layout;
    spec::DeviceParams params;
    EnergyTable energy;

    double macs() const { return 1.0 * gemm.m * gemm.k * gemm.n; }
    /// A block of A times I, once for each tile of C's columns.
    double identity_macs() const {
        const uint32_t inner = fw::gemm_inner(params);
        const uint32_t columns = fw::tiles_of(gemm.n, params.d);
        const uint32_t blocks = gemm.k / inner, rest = gemm.k % inner;
        return 1.0 * columns * gemm.m * (1.0 * blocks * inner * inner + 1.0 * rest * rest);
    }
    /// Joules that these take.
    double identity_energy() const { return identity_macs() * energy.multiply_add * 1e-12; }
};

GemmInputs matrices_of(const Experiment::Workload& workload, bool shapes_only, Gemm& gemm) {
    const Experiment::Arrays& arrays = workload.arrays;
    if (workload.source != Source::kRandom) return open_gemm(arrays.a, arrays.b, shapes_only, gemm);
    gemm.m = random_dimension("rows", workload.random.rows);
    gemm.n = random_dimension("columns", workload.random.columns);
    gemm.k = random_dimension("inner", workload.random.inner);
    return random_gemm(workload.random.seed, shapes_only, gemm);
}

OperationWork work_of(const GemmRun& run) {
    const Gemm& p = run.gemm;
    const uint64_t elements = uint64_t{p.m} * p.k + uint64_t{p.k} * p.n;
    return {gemm_calls(p, run.params),
            "ceil(m / M) * ceil(n / D) * ceil(k / min(D, M))",
            run.macs(),
            "m * n * k",
            2 * elements + (p.bf16_output ? 2 : 4) * uint64_t{p.m} * p.n,
            "a and b read once in bf16, c written once, without padding"};
}

/// What the identity costs, and what a device that can bypass its score array would save.
std::vector<Figure> own_figures(const GemmRun& run, const RunOutcome& outcome) {
    const auto cycles =
        static_cast<double>(counter_value(outcome.counters, spec::Counter::kCycles));
    const double half = static_cast<double>(run.params.peak_macs_per_cycle()) / 2;
    return {{"value_array_utilisation", run.macs() / (half * cycles), "1",
             "useful_macs / (LANES * D * cycles): of the half of the cells that does useful work"},
            {"identity_macs", run.identity_macs(), "multiply-add",
             "m * ceil(n / D) * sum over blocks of k of block^2: products with the identity"},
            {"bypass_saves_energy", run.identity_energy(), "J",
             "identity_macs * multiply_add: what a bypass of the score array would save; no cycles "
             "of a call, since the value array is busy all of it. Not validated"}};
}

std::string note_of(const GemmRun& run) {
    return fmt::format(
        "Half of the multiply-adds are with the identity and do no useful work, so 50 % of peak is "
        "the most. A bypass of the score array would save {} multiply-adds, about {}, but no "
        "cycles of a call: the value array is busy all of it.",
        with_commas(static_cast<uint64_t>(run.identity_macs())),
        engineering(run.identity_energy(), "J"));
}

ReferenceGemm reference_of(const GemmRun& run) {
    const Gemm& p = run.gemm;
    return {p.m, p.k, p.n, reader_of(run.inputs.a), reader_of(run.inputs.b)};
}

}  // namespace

OperationJob gemm_operation(const Experiment& experiment,
                            const std::vector<std::string>& command_line) {
    const auto run = std::make_shared<GemmRun>();
    Gemm& p = run->gemm;
    p.bf16_output = experiment.workload.output_format == OutputFormat::kBf16;
    OperationJob job;
    OperationRecord& record = job.record = operation_record("gemm", experiment, command_line);
    run->params = record.config.platform.params;
    run->energy = record.config.energy;
    run->inputs = matrices_of(experiment.workload, true, p);
    run->layout = make_gemm_layout(p, record.config.platform);
    if (!experiment.outputs.timing_only)  // now it is known to fit
        run->inputs = matrices_of(experiment.workload, false, p);
    const char* format = name_of(experiment.workload.output_format);
    record.title =
        fmt::format("gemm of {} x {} by {} x {}, result in {}", p.m, p.k, p.k, p.n, format);
    record.input = run->inputs.description;
    record.input_dtypes = fmt::format("a {}, b {}", run->inputs.a.dtype, run->inputs.b.dtype);
    record.problem = {{"m", p.m}, {"n", p.n}, {"k", p.k}, {"output_format", format}};
    record.regions = run->layout.regions;
    record.work = work_of(*run);
    record.bound =
        "(min(k, D, M) + ceil(k / min(D, M))) * 2^-23 * sum |a||b| + (2 k + T) * 2^-126; with a "
        "result in bf16 plus 2^-8 of |exact| and of that";
    record.note = note_of(*run);
    record.not_checked = reason_not_to_check(experiment.outputs, run->macs());
    job.driver = run->layout.driver;
    job.firmware = [run](fw::Runner& runner) { return runner.run(run->layout.job); };
    job.commands = [run] {
        return verify::commands_of(fw::GemmSequencer(run->layout.job, run->params));
    };
    job.write = [run](const MemoryAccess& memory) {
        write_gemm(run->inputs, run->layout, run->params, memory);
    };
    job.read = [run](const MemoryAccess& memory) {
        return read_gemm(run->layout, run->params, memory);
    };
    record.exactness.heads = false;
    job.judge = [run](const std::vector<float>& c, Exactness& exactness) {
        ElementNames elements;
        add_nonfinite(c, run->gemm.n, 0, 0, elements);
        exactness.add(Inexact::kNonFinite, rows_of(elements));
    };
    job.check = [run](const std::vector<float>& c, const std::function<void(double)>& progress) {
        return compare_gemm(reference_of(*run), fw::gemm_inner(run->params), run->gemm.bf16_output,
                            c, progress);
    };
    job.figures = [run](const RunOutcome& outcome) { return own_figures(*run, outcome); };
    job.output = {"c", Dtype::kF32, {p.m, p.n}};
    return job;
}

int gemm_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    OperationJob job = gemm_operation(line.experiment, command_line);
    return run_operation(line, job);
}

}  // namespace tessera::host
