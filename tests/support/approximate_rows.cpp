// SPDX-License-Identifier: MIT
#include "tests/support/approximate_rows.h"

namespace tessera::test {

ApproximateRows::ApproximateRows(const host::ReferenceProblem& problem, uint32_t head, uint32_t m,
                                 bool causal, const std::vector<uint32_t>& key_list)
    : head_(head), m_(m) {
    const host::RowSource source(problem, head, m, causal, key_list);
    for (uint32_t row = 0; row < problem.nq; ++row) {
        partials_.push_back(source.row(head, row));
        exact_.push_back(host::exact_row(partials_.back()));
    }
}

host::SelectedRow ApproximateRows::seen(uint32_t row, const host::Selection& selection) const {
    return host::selected_row(partials_[row], selection, head_, row / m_);
}

ApproximateRun ApproximateRows::judge(const host::Selection& selection,
                                      const host::Approximation& approximation) const {
    const auto rows = static_cast<uint32_t>(exact_.size());
    std::vector<host::AuditedRow> all;
    uint32_t failures = 0;
    for (uint32_t row = 0; row < rows; ++row) {
        const host::SelectedRow seen = this->seen(row, selection);
        const std::vector<double>& o = exact_[row].o;
        const double error =
            host::row_error(seen.o.data(), o.data(), static_cast<uint32_t>(o.size()));
        all.push_back({error, seen.effective_samples, seen.largest_share, seen.complete});
        if (error > approximation.tolerance) ++failures;
    }
    std::vector<host::AuditedRow> audited;
    for (const uint32_t row : host::audit_rows(rows, m_, approximation.seed))
        audited.push_back(all[row]);
    const host::HeadAudit head =
        host::audit_head(audited, approximation.tolerance, audited.size() == rows);
    return {static_cast<double>(failures) / rows,
            host::verdict_of({head}, approximation.tolerance)};
}

}  // namespace tessera::test
