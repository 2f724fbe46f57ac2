// SPDX-License-Identifier: MIT
#include "host/report/energy.h"

#include "host/report/counters.h"
#include "host/report/formulas.h"

namespace tessera::host {
namespace {

constexpr double kPico = 1e-12;

double joules(const EnergyConstant& constant, double count) {
    return constant.picojoules * kPico * count;
}

}  // namespace

EnergyEstimate estimate_energy(const Problem& problem, const WorkFormula& work,
                               const hw::PlatformConfig& config, const CounterValues& counters,
                               uint64_t rows_by_firmware) {
    using spec::Counter;
    const auto count = [&](Counter counter) {
        return static_cast<double>(counter_value(counters, counter));
    };
    const double issued = static_cast<double>(work.pairs_issued);
    const double allowed = static_cast<double>(work.pairs_allowed);
    const uint64_t stored = uint64_t{problem.query_heads} * problem.nq - rows_by_firmware;
    const double outputs = static_cast<double>(stored) * problem.d_v;
    const double state_written = count(Counter::kSramStateWrite);

    EnergyEstimate e;
    e.arithmetic = joules(kMacEnergy, issued * problem.d_k + allowed * problem.d_v) +
                   joules(kWeightEnergy, allowed) +
                   joules(kMergeEnergy, state_written * (problem.d_v + 1.0)) +
                   joules(kDivideEnergy, outputs);
    const double written =
        count(Counter::kSramQWrite) + count(Counter::kSramKWrite) + count(Counter::kSramVWrite);
    const double rows =
        count(Counter::kSramQRead) + count(Counter::kSramKRead) + count(Counter::kSramVRead);
    const double scores = count(Counter::kSramScoreWrite) + count(Counter::kSramScoreRead);
    const double states = state_written + count(Counter::kSramStateRead);
    e.sram =
        joules(kSramByteEnergy, written * config.params.bus_bytes + rows * 2.0 * config.params.d +
                                    scores * 4 + states * (4.0 * config.params.d + 8));
    const double bytes = static_cast<double>(total_bytes(counters));
    e.dram_low = joules(kDramByteLowEnergy, bytes);
    e.dram_high = joules(kDramByteHighEnergy, bytes);
    return e;
}

}  // namespace tessera::host
