// SPDX-License-Identifier: MIT
#include "host/report/energy.h"

#include "firmware/sentinel.h"
#include "host/report/counters.h"
#include "host/report/formulas.h"

namespace tessera::host {
namespace {

constexpr double kPico = 1e-12;

double joules(const EnergyConstant& constant, double count) {
    return constant.picojoules * kPico * count;
}

/// Of all ATTENDs and stores, but for calls asked again.
struct Operations {
    double macs = 0, weights = 0, divisions = 0;
    double merged_elements = 0;  ///< of a state row, on average over the calls
};

Operations operations(const fw::AttentionJob& job, const WorkFormula& work,
                      uint64_t rows_by_device) {
    const fw::SentinelForm form = job.sentinel.form;
    const uint32_t passes = fw::sentinel_passes(form);
    const auto rows = static_cast<double>(work.rows_issued);
    Operations n;
    if (form == fw::SentinelForm::kNone)
        n.divisions = static_cast<double>(rows_by_device) * job.d_v;
    for (uint32_t pass = 0; pass < passes; ++pass) {
        const double columns = fw::value_columns(job, pass);
        const double sentinels = fw::has_sentinel(form, pass) ? rows : 0;
        const double weights = static_cast<double>(work.pairs_allowed) + sentinels;
        n.weights += weights;
        n.macs += (static_cast<double>(work.pairs_issued) + sentinels) * fw::key_columns(job) +
                  weights * columns;
        if (form != fw::SentinelForm::kNone) n.divisions += rows * columns;
        n.merged_elements += (columns + 1) / passes;
    }
    return n;
}

}  // namespace

EnergyEstimate estimate_energy(const fw::AttentionJob& job, const WorkFormula& work,
                               const hw::PlatformConfig& config, const CounterValues& counters,
                               uint64_t rows_by_device) {
    using spec::Counter;
    const auto count = [&](Counter counter) {
        return static_cast<double>(counter_value(counters, counter));
    };
    const Operations n = operations(job, work, rows_by_device);
    const double state_written = count(Counter::kSramStateWrite);

    EnergyEstimate e;
    e.arithmetic = joules(kMacEnergy, n.macs) + joules(kWeightEnergy, n.weights) +
                   joules(kMergeEnergy, state_written * n.merged_elements) +
                   joules(kDivideEnergy, n.divisions);
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
