// SPDX-License-Identifier: MIT
// The audit of an approximate attention as an operation of its own: some rows of it, exactly, in
// the memory of its layout. Its result is [query heads][audited rows].
#pragma once
#include <vector>

#include "host/operation/attention_operation.h"

namespace tessera::host {

class AuditOperation : public AttentionOperation {
  public:
    /// Of the approximate `problem` whose layout is `whole`.
    AuditOperation(const Problem& problem, Inputs inputs, const hw::PlatformConfig& config,
                   const Layout& whole);

    /// All of q, k and v.
    void write(const MemoryAccess& memory) const override;

  private:
    ReferenceProblem reference(bool original) const override;
    BoundParams bound_params() const override;

    Layout whole_;
};

}  // namespace tessera::host
