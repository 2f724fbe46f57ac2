// SPDX-License-Identifier: MIT
#include "host/run/find_inexact.h"

#include "host/operation/approximate.h"
#include "host/platform/counters.h"

namespace tessera::host {
namespace {

/// Rows that a device or its firmware flagged.
uint64_t flagged(const CounterValues& counters, const fw::MergeWork& merged) {
    return counter_value(counters, spec::Counter::kRowsSaturated) + merged.rows_saturated;
}

RowNames clamped(const ReferenceProblem& problem, uint64_t flags, const RunRecord& record) {
    return flagged_rows(problem, record.layout.job.factor, flags, record.problem.sentinel.given());
}

}  // namespace

ElementNames nonfinite(const Layout& layout, const MemoryAccess& memory) {
    const fw::AttentionJob& job = layout.job;
    ElementNames elements;
    for (uint32_t head = 0; head < job.query_heads; ++head)
        add_nonfinite(read_output_rows(layout, memory, head, 0, job.nq), job.d_v, head, 0,
                      elements);
    return elements;
}

void find_inexact(const Inputs& inputs, const ElementNames& nonfinite, RunRecord& record) {
    Exactness& e = record.exactness;
    e.known = true;
    const uint32_t m = record.config.platform.params.m;
    const auto make = record.approximation ? approximate_reference : reference_problem;
    const ReferenceProblem problem = make(record.problem, inputs, m, false);
    const uint64_t flags = flagged(record.outcome.counters, record.outcome.merging.work);
    e.add(Inexact::kSaturated, clamped(problem, flags, record));
    e.add(Inexact::kNonFinite, unexplained_rows(problem, nonfinite));
    if (!record.approximation) return;
    const AuditRun& audit = record.approximation->audit;
    const std::vector<uint32_t>& rows = record.layout.approximate->audit_rows;
    RowNames audited = clamped(audit_reference(record.problem, inputs, m, rows),
                               flagged(audit.counters, audit.merging), record);
    for (RowName& name : audited) name.row = rows[name.row];
    e.add(Inexact::kAuditedSaturated, audited);
}

}  // namespace tessera::host
