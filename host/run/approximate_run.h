// SPDX-License-Identifier: MIT
// What an approximate schedule needs beside its run: costs by formula, and the audit, which is a
// simulation of its own.
#pragma once
#include <vector>

#include "host/operation/audit_operation.h"
#include "host/platform/platform.h"
#include "host/problem/inputs.h"
#include "host/run/run_record.h"
#include "host/run/worker.h"

namespace tessera::host {

/// The audited rows, exactly, on a machine of their own. They depend on the seed and not on the
/// approximate result, so they can be computed at the same time.
class Audit {
  public:
    /// Begins, on what an approximate `problem` with this layout audits.
    Audit(const Problem& problem, const Inputs& inputs, const hw::PlatformConfig& config,
          const Layout& layout);
    /// Waits for the end (Error if it has none), holds `o`, the approximate result, against the
    /// audited rows and notes cost and verdict in `record`; with `check` the audited rows against
    /// double precision, too. std::logic_error if the audit took other calls than its formula says.
    void finish(const std::vector<float>& o, bool check, RunRecord& record);

    /// Notes the audited rows that are known not to be exact. After finish().
    void judge(RunRecord& record) const;

  private:
    const Inputs inputs_;
    const AuditOperation operation_;
    Worker work_;
};

/// What is known of an approximate run before it: costs by formula and prediction.
ApproximationRecord approximation_record(const Problem& problem, const hw::PlatformConfig& config);

}  // namespace tessera::host
