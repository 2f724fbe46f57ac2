// SPDX-License-Identifier: MIT
// An energy estimate from counted operations and the constants of host/config/energy_table.h. Not
// validated against any chip; static power, clock tree and control are not in it.
#pragma once
#include <cstdint>

#include <string>

#include "firmware/plan/job.h"
#include "host/config/config.h"
#include "host/platform/counters.h"
#include "host/predict/formulas.h"
#include "host/report/dram.h"

namespace tessera::host {

/// In joules.
struct EnergyEstimate {
    double arithmetic = 0;
    double sram = 0;
    double dram_low = 0, dram_high = 0;

    double total_low() const { return arithmetic + sram + dram_low; }
    double total_high() const { return arithmetic + sram + dram_high; }
};

/// How each part is counted, for the report.
inline constexpr const char* kArithmeticEnergyFormula =
    "(pairs visited * d_k + pairs allowed * d_v) * multiply_add + pairs allowed * score_to_weight "
    "+ "
    "state rows written * (d_v + 1) * merge_element + outputs * divide_element; with a sentinel "
    "over "
    "its calls, itself and its columns included, calls retried not";
inline constexpr const char* kSramEnergyFormula =
    "(Q, K, V beats written * bus + Q, K, V rows read * 2 D + scores moved * 4 + state rows moved "
    "* (4 D + 8)) * sram_byte";
inline constexpr const char* kDramEnergyFormula = "all bytes through the memory port * dram_byte";

/// Of the devices alone: without a sentinel they divided and stored `rows_by_device` rows of o.
/// `work` and `pairs_visited` are of the job.
EnergyEstimate estimate_energy(const fw::AttentionJob& job, const WorkFormula& work,
                               uint64_t pairs_visited, const ResolvedConfig& config,
                               const CounterValues& counters, uint64_t rows_by_device);

/// Of a DRAM by class of access, beside the estimate and not part of it. Refresh and standby are
/// not in it.
struct DramEnergy {
    double activate = 0, column = 0;
};
DramEnergy dram_energy(const DramSum& sum, const ResolvedConfig& config);
inline constexpr const char* kDramActivateFormula =
    "dram_activates * row_bytes / 1024 * dram_activate_kib; NOT VALIDATED";
inline constexpr const char* kDramColumnFormula = "dram_bytes * dram_column_byte; NOT VALIDATED";

/// Where a constant's value is from: its source by default, else `energy.source`, else who gave it.
std::string energy_source(const EnergyConstant& constant, const ResolvedConfig& config);
/// In a few words, for tables: the node, and where the constants are from.
std::string energy_origin(const ResolvedConfig& config);

}  // namespace tessera::host
