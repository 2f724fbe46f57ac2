// SPDX-License-Identifier: MIT
#include "host/run/find_inexact.h"

#include "host/operation/approximate.h"
#include "host/platform/counters.h"

namespace tessera::host {

ElementNames nonfinite(const Layout& layout, const MemoryAccess& memory) {
    const fw::AttentionJob& job = layout.job;
    ElementNames elements;
    for (uint32_t head = 0; head < job.query_heads; ++head)
        add_nonfinite(read_output_rows(layout, memory, head, 0, job.nq), job.d_v, head, 0,
                      elements);
    return elements;
}

void find_inexact_audited(const Inputs& inputs, RunRecord& record) {
    const AuditRun& audit = record.approximation->audit;
    const std::vector<uint32_t>& rows = record.layout.approximate->audit_rows;
    const uint64_t flags =
        counter_value(audit.counters, spec::Counter::kRowsSaturated) + audit.merging.rows_saturated;
    RowNames audited =
        flagged_rows(audit_reference(record.problem, inputs, record.config.platform.params.m, rows),
                     record.layout.job.factor, flags, record.problem.sentinel.given());
    for (RowName& name : audited) name.row = rows[name.row];
    record.exactness.add(Inexact::kAuditedSaturated, audited);
}

}  // namespace tessera::host
