// SPDX-License-Identifier: MIT
// How long a simulation takes on the user's computer. A rough guess, so that nobody waits for hours
// without knowing.
#pragma once
#include <string>

#include "host/predict/formulas.h"
#include "host/problem/problem.h"
#include "hw_model/config.h"

namespace tessera::host {

/// Seconds that a simulation of the model takes on one processor core.
struct HostTime {
    double timing = 0;  ///< cycles and traffic
    double data = 0;    ///< the tensors
    double check = 0;   ///< the comparison with double precision
    double all() const { return timing + data + check; }
};

/// What simulates.
enum class Simulator {
    kSystemC,
    kFast,           ///< the fast engine
    kFastForwarding  ///< the same, where it passes over steady work
};

/// By the number of calls, the multiply-adds of each, and those of the comparison if `checked`. Its
/// constants are from single runs on one computer; how far off it is elsewhere is not known.
HostTime host_time(const Problem& problem, const WorkFormula& work,
                   const hw::PlatformConfig& platform, bool checked,
                   Simulator simulator = Simulator::kSystemC);

/// A run that takes over a minute: how long, and how to make it shorter. Nothing of others.
std::string long_run_text(const HostTime& time);

/// 5400 as "1.5 h": seconds up to two minutes, then minutes, hours, days.
std::string duration_text(double seconds);

}  // namespace tessera::host
