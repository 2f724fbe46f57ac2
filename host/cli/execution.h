// SPDX-License-Identifier: MIT
// One job from the command line to its record: read, simulated, checked. What `tessera run` and
// every row of `tessera compare` have in common; files and printing are theirs.
#pragma once
#include <optional>
#include <vector>

#include "host/cli/options.h"
#include "host/cli/progress.h"
#include "host/operation/inexact_rows.h"
#include "host/problem/inputs.h"
#include "host/run/approximate_run.h"
#include "host/run/forked.h"
#include "host/run/output_stream.h"
#include "host/run/run_record.h"

namespace tessera::host {

class Execution {
  public:
    /// Reads and checks the input; UserError.
    Execution(const RunOptions& options, Progress& progress);
    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;

    /// What is known so far. Its configuration may still be changed in what is no figure: traced
    /// commands, waveform.
    RunRecord& record() { return record_; }
    /// Is there more than shapes?
    bool has_data() const { return inputs_.has_data; }
    /// For the user, about the input.
    const std::vector<std::string>& notes() const { return inputs_.notes; }
    /// Simulates and checks; the output tensors go to `output` as well, unless it is nullptr.
    /// UserError, DeviceError; anything else is a bug. Once per process.
    void run(OutputStream* output);

  private:
    void start_single();
    void finish_single();
    void simulate(OutputStream* output);
    void run_devices(Platform& platform);
    void judge(const MemoryAccess& memory, OutputStream* output);
    ElementNames nonfinite(const MemoryAccess& memory, const OutputStream* output) const;
    void write_audited(const MemoryAccess& memory, OutputStream* output);
    void check();

    Progress& progress_;
    RunRecord record_;
    Inputs inputs_;
    std::optional<verify::ForkedWork> single_;
    std::optional<Audit> audit_;
    hw::DeviceFactory audit_device_;  ///< without a waveform
    std::vector<float> o_;            // to be checked
    std::vector<double> lse_;
};

/// Is an element known to be outside its error bound?
bool outside_bound(const RunRecord& record);
/// The check, or the audit's, that could compare nothing; nullptr if there was none.
const ErrorSummary* nothing_compared(const RunRecord& record);

}  // namespace tessera::host
