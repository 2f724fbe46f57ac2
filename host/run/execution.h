// SPDX-License-Identifier: MIT
// The life of one attention, from its job to its record: simulated, judged, checked. Files and
// words for the user are its caller's.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "host/operation/attention_operation.h"
#include "host/operation/inexact_rows.h"
#include "host/problem/inputs.h"
#include "host/run/approximate_run.h"
#include "host/run/job.h"
#include "host/run/output_stream.h"
#include "host/run/run_progress.h"
#include "host/run/run_record.h"
#include "host/run/worker.h"

namespace tessera::host {

class Execution {
  public:
    /// The run of `job`, which `experiment` asks for, on what `make_device` gives; empty: the
    /// model. Tells `hooks` the notes on the input.
    Execution(const Experiment& experiment, Job job, const hw::DeviceFactory& make_device,
              const RunHooks& hooks);
    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;

    /// What is known so far. Its configuration may still be changed in what is no figure: traced
    /// commands, waveform.
    RunRecord& record() { return record_; }
    /// Is there more than shapes?
    bool has_data() const { return inputs_.has_data; }
    /// Keeps o and lse after the run. Ahead of it.
    void keep_tensors() { keep_tensors_ = true; }
    /// o [query_heads][nq][d_v] and lse [query_heads][nq], if they were kept and there is data.
    const std::vector<float>& o() const { return o_; }
    const std::vector<double>& lse() const { return lse_; }
    /// Simulates and checks; the output tensors go to `output` as well, unless it is nullptr.
    /// Error; anything else is a bug. Once per process.
    void run(OutputStream* output);

  private:
    void start_single();
    void finish_single();
    void simulate(OutputStream* output);
    bool takes_fast_engine() const;
    void simulate_fast();
    void run_devices(Platform& platform);
    void judge(const MemoryAccess& memory, OutputStream* output);
    ElementNames nonfinite(const MemoryAccess& memory, const OutputStream* output) const;
    void write_audited(const MemoryAccess& memory, OutputStream* output);
    void check();

    RunProgress progress_;
    RunRecord record_;
    Inputs inputs_;
    std::optional<AttentionOperation> operation_;  ///< from run() on
    std::optional<Worker> single_;
    std::optional<Audit> audit_;
    hw::DeviceFactory audit_device_;  ///< without a waveform
    bool keep_tensors_ = false;
    std::vector<float> o_;  // to be checked, or kept
    std::vector<double> lse_;
};

/// Why the result is not to be checked; nothing if it is.
std::string reason_not_to_check(const Experiment::Outputs& outputs, bool timing_only,
                                const Problem& problem);
/// Is an element known to be outside its error bound?
bool outside_bound(const RunRecord& record);
/// The check, or the audit's, that could compare nothing; nullptr if there was none.
const ErrorSummary* nothing_compared(const RunRecord& record);

}  // namespace tessera::host
