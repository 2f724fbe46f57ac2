// SPDX-License-Identifier: MIT
#include "host/sweep/foreseen.h"

#include "host/error.h"
#include "host/experiment/check.h"
#include "host/experiment/problem_of.h"
#include "include/tessera/tessera.h"

namespace tessera::host {
namespace {

constexpr double kStartSeconds = 0.02;
constexpr double kCyclesPerSecond = 50e6;
constexpr double kMultiplyAddsPerSecond = 20e9;

double seconds_of(const Experiment& experiment, uint64_t cycles) {
    const double seconds = kStartSeconds + static_cast<double>(cycles) / kCyclesPerSecond;
    if (experiment.outputs.timing_only) return seconds;
    const auto each =
        static_cast<double>(config_of(experiment).platform.params.peak_macs_per_cycle());
    return seconds + static_cast<double>(cycles) * each / kMultiplyAddsPerSecond;
}

}  // namespace

Foreseen foreseen(const Experiment& experiment) {
    try {
        check_experiment(experiment);
        if (experiment.operation != OperationKind::kAttention) return {};
        const uint64_t cycles = predict(experiment).cycles;
        return {cycles, seconds_of(experiment, cycles), {}};
    } catch (const UserError& error) {
        return {{}, {}, error.what()};
    }
}

}  // namespace tessera::host
