// SPDX-License-Identifier: MIT
// The audit of an approximate attention as an operation of its own: some rows of it, exactly, in
// the memory of its layout, or as a step of a program. Its result is [query heads][audited rows].
#pragma once
#include <vector>

#include "host/approximation/audit.h"
#include "host/operation/approximate.h"
#include "host/operation/approximate_operation.h"

namespace tessera::host {

class AuditOperation : public AttentionOperation {
  public:
    /// Of the approximate `problem` whose layout is `whole`.
    AuditOperation(const Problem& problem, Inputs inputs, const hw::PlatformConfig& config,
                   const Layout& whole);
    /// Of the step before it in a program, which outlives it.
    explicit AuditOperation(const ApproximateOperation& audited);

    void place(MemoryMap& map) override;
    /// All of q, k and v.
    void write(const MemoryAccess& memory) const override;
    /// Those that are audited, ascending, the same in every head.
    const std::vector<uint32_t>& rows() const { return whole_.approximate->audit_rows; }
    /// Holds the result `o` of the audited step against `exact`, the result of this. For each head.
    std::vector<HeadAudit> heads(const std::vector<float>& o,
                                 const std::vector<float>& exact) const;
    /// The audited step; only in a program.
    const ApproximateOperation& audited() const { return *audited_; }

  private:
    ReferenceProblem reference(bool original) const override;
    BoundParams bound_params() const override;

    Layout whole_;
    const ApproximateOperation* audited_ = nullptr;
};

/// What the audited `rows` say of an approximate problem's result `o`, [query heads][nq]; `exact`
/// is [query heads][rows]. For each head. `m`: tile tokens.
std::vector<HeadAudit> audit_heads(const Problem& problem, const Inputs& inputs, uint32_t m,
                                   const std::vector<uint32_t>& rows, const std::vector<float>& o,
                                   const std::vector<float>& exact);

}  // namespace tessera::host
