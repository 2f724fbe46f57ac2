// SPDX-License-Identifier: MIT
#include "host/operation/audit_operation.h"

#include <optional>
#include <utility>

#include "host/approximation/row_partials.h"

namespace tessera::host {
namespace {

/// `whole` as the layout of a run whose only job is the audit.
Layout audit_layout(const Layout& whole) {
    Layout audit = whole;
    audit.job = whole.audit.value();
    audit.remainder.reset();
    audit.merged_o.reset();
    return audit;
}

}  // namespace

AuditOperation::AuditOperation(const Problem& problem, Inputs inputs,
                               const hw::PlatformConfig& config, const Layout& whole)
    : AttentionOperation(exact_problem(problem), std::move(inputs), config, audit_layout(whole)),
      whole_(whole) {}

AuditOperation::AuditOperation(const ApproximateOperation& audited)
    : AttentionOperation(exact_problem(audited.problem()), audited.inputs(), audited.config(),
                         audited.view().value()),
      audited_(&audited) {}

void AuditOperation::place(MemoryMap& map) {
    if (audited_ == nullptr) return AttentionOperation::place(map);
    whole_ = make_layout(audited_->problem(), config(), map, view());
    set_layout(audit_layout(whole_));
}

void AuditOperation::write(const MemoryAccess& memory) const {
    write_operands(inputs(), whole_, memory);
}

std::vector<HeadAudit> AuditOperation::heads(const std::vector<float>& o,
                                             const std::vector<float>& exact) const {
    return audit_heads(audited_->problem(), audited_->inputs(), tile_tokens(), rows(), o, exact);
}

/// Inputs are always bf16 here: nothing compares the audit with others.
ReferenceProblem AuditOperation::reference(bool) const {
    return audit_reference(problem(), inputs(), tile_tokens(), whole_.approximate->audit_rows);
}

BoundParams AuditOperation::bound_params() const { return {tile_tokens()}; }

std::vector<HeadAudit> audit_heads(const Problem& p, const Inputs& inputs, uint32_t m,
                                   const std::vector<uint32_t>& rows, const std::vector<float>& o,
                                   const std::vector<float>& exact) {
    const ReferenceProblem problem = reference_problem(exact_problem(p), inputs, m, false);
    std::vector<HeadAudit> heads;
    heads.reserve(p.query_heads);
    const auto row_of = [&](const std::vector<float>& all, size_t row) {
        const auto at = all.begin() + static_cast<ptrdiff_t>(row * p.d_v);
        return std::vector<double>(at, at + p.d_v);
    };
    std::optional<RowSource> source;  // of a group of heads
    for (uint32_t head = 0; head < p.query_heads; ++head) {
        if (head % p.group() == 0)
            source.emplace(problem, head / p.group(), m, p.mask.causal, p.selection->key_list);
        std::vector<AuditedRow> audited;
        audited.reserve(rows.size());
        for (size_t i = 0; i < rows.size(); ++i) {
            const SelectedRow seen =
                selected_row(source->row(head, rows[i]), *p.selection, head, rows[i] / m);
            const double error =
                row_error(row_of(o, size_t{head} * p.nq + rows[i]).data(),
                          row_of(exact, size_t{head} * rows.size() + i).data(), p.d_v);
            audited.push_back({error, seen.effective_samples, seen.largest_share, seen.complete});
        }
        heads.push_back(audit_head(audited, p.approximation->tolerance, rows.size() == p.nq));
    }
    return heads;
}

}  // namespace tessera::host
