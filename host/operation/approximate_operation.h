// SPDX-License-Identifier: MIT
// An approximate attention within a program: its tiles are chosen when its queries and keys are
// there. Its audit is the step behind it (audit_operation.h).
#pragma once
#include <optional>

#include "host/operation/attention_operation.h"

namespace tessera::host {

class ApproximateOperation : public AttentionOperation {
  public:
    /// `problem` has an approximation that check_approximation() takes, and no selection yet.
    ApproximateOperation(Problem problem, const hw::PlatformConfig& config,
                         const AttentionView& view);

    /// Ahead of the choice. Whatever it is, it takes the same place.
    void place(MemoryMap& map) override;
    /// Chooses the tiles.
    void prepare(const MemoryAccess& memory) override;

  private:
    std::optional<MemoryMap> before_;  ///< what is placed before this
};

}  // namespace tessera::host
