// SPDX-License-Identifier: MIT
// `--schedule auto`: predicts every schedule that could run a problem and takes the one with the
// fewest cycles, calls or bytes.
#pragma once
#include <string>
#include <vector>

#include "host/predict/predict.h"
#include "host/problem/problem.h"

namespace tessera::host {

/// A schedule that was considered.
struct Candidate {
    fw::ScheduleId schedule = fw::ScheduleId::kQueryResident;
    bool stacked = false;
    SentinelChoice sentinel;  ///< where a schedule needs none, others may
    uint64_t calls = 0;
    Prediction prediction;

    /// "kv-resident, heads stacked".
    std::string name() const;
};

/// The candidates for `problem`, the best first: that with the least of what is to be minimised, by
/// prediction. Of cycles all within 0.5 % are alike, and the fewest calls come first; else equal
/// ones are in the order of their cycles. Every schedule that the mask lets (several devices: that
/// can be shared), and heads stacked where that saves half of the query tiles. Empty if none fits
/// the memory.
std::vector<Candidate> schedule_candidates(const Problem& problem, const SentinelWish& wish,
                                           const hw::PlatformConfig& config, Minimise minimise);

}  // namespace tessera::host
