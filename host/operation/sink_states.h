// SPDX-License-Identifier: MIT
// The states in device memory that rows with learned sinks begin with.
#pragma once
#include <vector>

#include "firmware/plan/job.h"
#include "host/operation/device_memory.h"
#include "spec/state.h"

namespace tessera::host {

/// exp(logit) as the state of a row: l in [1/2, 1] times 2^m. EMPTY for -inf. The logit must be
/// one that check_sink_logit() lets pass.
spec::RowState sink_state(double logit);

/// Writes a job's sink_state: equal rows for each logit, as many as a head has room for.
void write_sink_states(const fw::Tensor& to, const std::vector<double>& logits,
                       const MemoryAccess& memory);

}  // namespace tessera::host
