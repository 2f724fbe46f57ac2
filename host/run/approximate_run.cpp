// SPDX-License-Identifier: MIT
#include "host/run/approximate_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "host/operation/approximate.h"
#include "host/platform/counters.h"
#include "host/predict/formulas.h"
#include "host/run/bytes.h"
#include "host/run/device_error.h"
#include "host/run/machine.h"
#include "host/run/platform_memory.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

/// The audit's figures and, behind them, its o.
Bytes run_audit(const AuditOperation& operation, hw::PlatformConfig config) {
    config.trace_commands = 0;
    Platform platform = make_platform(config);
    const MemoryAccess memory = access_to(platform);
    operation.write(memory);
    const RunOutcome outcome = std::move(run_on(platform, operation, memory).front());
    require_success(outcome, operation.layout(), config.params);
    const AuditRun run{operation.layout().job.nq, outcome.counters, outcome.firmware_cycles,
                       outcome.merging.cycles, outcome.merging.work};
    const std::vector<float> o = operation.read(memory);
    Packer packer;
    packer.value(run);
    packer.list(o);
    return std::move(packer.bytes);
}

uint64_t audit_calls(const Problem& p, const std::vector<uint32_t>& rows, uint32_t m) {
    uint64_t calls = 0;
    for (size_t first = 0; first < rows.size(); first += m) {
        const uint32_t last = rows[std::min(first + m, rows.size()) - 1];
        calls += spec::divide_up(p.mask.causal ? last + 1 : p.nk, m);
    }
    return calls * p.query_heads;
}

}  // namespace

Audit::Audit(const Problem& problem, const Inputs& inputs, const hw::PlatformConfig& config,
             const Layout& layout)
    : inputs_(inputs),
      operation_(problem, inputs, config, layout),
      work_([&](const RunHooks&) { return run_audit(operation_, config); }) {}

void Audit::finish(const std::vector<float>& o, bool check, RunRecord& record) {
    const Bytes bytes = work_.finish();
    Unpacker unpacker(bytes);
    ApproximationRecord& a = record.approximation.value();
    unpacker.value(a.audit);
    std::vector<float> exact;
    unpacker.list(exact);

    const Problem& p = record.problem;
    const uint32_t m = record.config.platform.params.m;
    a.audit_calls_formula = audit_calls(p, operation_.rows(), m);
    const uint64_t calls = counter_value(a.audit.counters, spec::Counter::kAttendsRetired);
    if (calls != a.audit_calls_formula)
        throw std::logic_error(fmt::format("the audit made {} calls, the formula says {}", calls,
                                           a.audit_calls_formula));
    a.heads = audit_heads(p, inputs_, m, operation_.rows(), o, exact);
    a.verdict = verdict_of(a.heads, p.approximation->tolerance);
    if (check) a.audit_error = operation_.compare(operation_.exact(false, {}), exact, {});
}

void Audit::judge(RunRecord& record) const {
    const AuditRun& audit = record.approximation->audit;
    RowNames clamped = operation_.clamped(audit.counters, audit.merging);
    for (RowName& name : clamped) name.row = operation_.rows()[name.row];
    record.exactness.add(Inexact::kAuditedSaturated, clamped);
}

ApproximationRecord approximation_record(const Problem& problem, const hw::PlatformConfig& config) {
    ApproximationRecord a;
    const ApproximationShape shape = approximation_shape(problem, config.params.m);
    a.selection = selection_cost(problem.approximation->rule, shape);
    a.selection_cycles = selection_cycles(a.selection, config.firmware);
    const Problem exact = exact_problem(problem);
    a.exact_calls = work_formula(exact, config.params.m).calls;
    a.exact = predict(make_layout(exact, config), config);
    return a;
}

}  // namespace tessera::host
