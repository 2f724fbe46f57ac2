// SPDX-License-Identifier: MIT
#include "host/operation/audit_operation.h"

#include <utility>

#include "host/operation/approximate.h"

namespace tessera::host {
namespace {

/// `whole` as the layout of a run whose only job is the audit.
Layout audit_layout(const Layout& whole) {
    Layout audit = whole;
    audit.job = whole.audit.value();
    audit.remainder.reset();
    return audit;
}

}  // namespace

AuditOperation::AuditOperation(const Problem& problem, Inputs inputs,
                               const hw::PlatformConfig& config, const Layout& whole)
    : AttentionOperation(exact_problem(problem), std::move(inputs), config, audit_layout(whole)),
      whole_(whole) {}

void AuditOperation::write(const MemoryAccess& memory) const {
    write_operands(inputs(), whole_, memory);
}

/// Inputs are always bf16 here: nothing compares the audit with others.
ReferenceProblem AuditOperation::reference(bool) const {
    return audit_reference(problem(), inputs(), tile_tokens(), whole_.approximate->audit_rows);
}

BoundParams AuditOperation::bound_params() const { return {tile_tokens()}; }

}  // namespace tessera::host
