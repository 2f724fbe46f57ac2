// SPDX-License-Identifier: MIT
// What a DRAM can carry: at its best, and of a stream of reads.
#pragma once
#include "hw_model/config.h"

namespace tessera::host {

/// What all data buses together can carry.
double peak_gb_per_s(const hw::DramSpec& dram);

/// What a stream of reads can have of that, measured: 16,384 neighbouring transactions through a
/// channel of the model, as many as it takes in flight, refresh included.
double stream_gb_per_s(const hw::DramSpec& dram);

}  // namespace tessera::host
