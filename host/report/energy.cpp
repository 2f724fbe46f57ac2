// SPDX-License-Identifier: MIT
#include "host/report/energy.h"

#include "firmware/merge/sentinel.h"
#include "host/error.h"
#include "host/platform/counters.h"
#include "host/predict/formulas.h"

namespace tessera::host {
namespace {

constexpr double kPico = 1e-12;

double joules(double picojoules, double count) { return picojoules * kPico * count; }

/// Who gave a constant; nullptr: nobody, it is the default.
const std::string* giver(const EnergyConstant& constant, const ResolvedConfig& config) {
    const auto given = config.given.find(std::string("energy.") + constant.name + "_pj");
    return given == config.given.end() ? nullptr : &given->second;
}

/// Of all ATTENDs and stores, but for calls retried.
struct Operations {
    double macs = 0, weights = 0, divisions = 0;
    double merged_elements = 0;  ///< of a state row, on average over the calls
};

Operations operations(const fw::AttentionJob& job, const WorkFormula& work, uint64_t pairs_visited,
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
        n.macs += (static_cast<double>(pairs_visited) + sentinels) * fw::key_columns(job) +
                  weights * columns;
        if (form != fw::SentinelForm::kNone) n.divisions += rows * columns;
        n.merged_elements += (columns + 1) / passes;
    }
    return n;
}

}  // namespace

EnergyEstimate estimate_energy(const fw::AttentionJob& job, const WorkFormula& work,
                               uint64_t pairs_visited, const ResolvedConfig& config,
                               const CounterValues& counters, uint64_t rows_by_device) {
    using spec::Counter;
    const auto count = [&](Counter counter) {
        return static_cast<double>(counter_value(counters, counter));
    };
    const EnergyTable& pj = config.energy;
    const spec::DeviceParams& params = config.platform.params;
    const Operations n = operations(job, work, pairs_visited, rows_by_device);
    const double state_written = count(Counter::kSramStateWrite);

    EnergyEstimate e;
    e.arithmetic = joules(pj.multiply_add, n.macs) + joules(pj.score_to_weight, n.weights) +
                   joules(pj.merge_element, state_written * n.merged_elements) +
                   joules(pj.divide_element, n.divisions);
    const double written =
        count(Counter::kSramQWrite) + count(Counter::kSramKWrite) + count(Counter::kSramVWrite);
    const double rows =
        count(Counter::kSramQRead) + count(Counter::kSramKRead) + count(Counter::kSramVRead);
    const double scores = count(Counter::kSramScoreWrite) + count(Counter::kSramScoreRead);
    const double states = state_written + count(Counter::kSramStateRead);
    e.sram = joules(pj.sram_byte, written * params.bus_bytes + rows * 2.0 * params.d + scores * 4 +
                                      states * (4.0 * params.d + 8));
    const double bytes = static_cast<double>(total_bytes(counters));
    e.dram_low = joules(pj.dram_byte_low, bytes);
    e.dram_high = joules(pj.dram_byte_high, bytes);
    return e;
}

DramEnergy dram_energy(const DramSum& sum, const ResolvedConfig& config) {
    const double row_bytes = config.platform.memory.dram.organisation.row_bytes;
    return {static_cast<double>(sum.stats.activates) * row_bytes / 1024 *
                config.energy.dram_activate_kib * kPico,
            static_cast<double>(sum.bytes) * config.energy.dram_column_byte * kPico};
}

std::string energy_source(const EnergyConstant& constant, const ResolvedConfig& config) {
    const std::string* given = giver(constant, config);
    if (given == nullptr) return constant.source;
    return config.energy.source.empty() ? *given : config.energy.source;
}

std::string energy_origin(const ResolvedConfig& config) {
    uint32_t given = 0;
    for (const EnergyConstant& constant : kEnergyConstants)
        given += giver(constant, config) != nullptr ? 1 : 0;
    const std::string node = printable(config.energy.node);
    const std::string defaults = node + ", Horowitz, ISSCC 2014";
    if (given == 0) return defaults;
    const std::string own = std::to_string(given) + " of " +
                            std::to_string(kEnergyConstants.size()) + " constants given";
    return (given == kEnergyConstants.size() ? node : defaults) + ", " + own +
           (config.energy.source.empty() ? "" : ": " + printable(config.energy.source));
}

}  // namespace tessera::host
