// SPDX-License-Identifier: MIT
// `--schedule auto`: predicts every schedule that could run a problem and takes the fastest.
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
    uint64_t calls = 0;
    Prediction prediction;

    /// "kv-resident, heads stacked".
    std::string name() const;
};

/// The candidates for `problem`, the best first: that with the fewest predicted cycles, or of those
/// within 0.5 % of it the one with the fewest calls. Every schedule (several devices: that can be
/// shared), and heads stacked where that saves half of the query tiles. Empty if none fits the
/// memory.
std::vector<Candidate> schedule_candidates(const Problem& problem,
                                           const hw::PlatformConfig& config);

}  // namespace tessera::host
