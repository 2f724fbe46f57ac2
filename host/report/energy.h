// SPDX-License-Identifier: MIT
// An energy estimate from counted operations. Not validated against any chip. One table of
// constants, each with its source; static power, clock tree and control are not in it.
#pragma once
#include <cstdint>

#include "firmware/job.h"
#include "host/report/counters.h"
#include "host/report/formulas.h"
#include "hw_model/config.h"

namespace tessera::host {

inline constexpr const char* kEnergyNode = "45 nm, 0.9 V";
inline constexpr const char* kEnergySource =
    "M. Horowitz, Computing's energy problem (and what we can do about it), ISSCC 2014";

/// One row of the table, in picojoules.
struct EnergyConstant {
    const char* name;
    double picojoules;
    bool extrapolated;  ///< not a row of the source, but derived from it as `note` says
    const char* note;
};

// From the source: 16-bit float multiply 1.1 pJ, 32-bit float add 0.9 pJ and multiply 3.7 pJ,
// 8-bit integer multiply 0.2 pJ, 32-bit integer add 0.1 pJ; a 64-bit read of a 32 KiB cache 20 pJ;
// a 64-bit DRAM access 1.3 to 2.6 nJ.
inline constexpr EnergyConstant kMacEnergy{
    "multiply_add", 1.1 + 0.9, true,
    "16-bit float multiply 1.1 + 32-bit float add 0.9; bf16 has a shorter significand than fp16"};
inline constexpr EnergyConstant kWeightEnergy{
    "score_to_weight", 3.7 + 0.2 + 2 * 0.1, true,
    "32-bit float multiply 3.7 + 8-bit integer multiply 0.2 + two 32-bit integer adds 0.1"};
inline constexpr EnergyConstant kMergeEnergy{"merge_element", 0.9, false,
                                             "32-bit float add; the scaling is an exponent"};
inline constexpr EnergyConstant kDivideEnergy{
    "divide_element", 12 * 0.9, true, "radix-4 recurrence, 12 steps of one 32-bit float add 0.9"};
inline constexpr EnergyConstant kSramByteEnergy{
    "sram_byte", 20.0 / 8, true,
    "64-bit access of a 32 KiB cache 20 pJ, for any width and bank size"};
inline constexpr EnergyConstant kDramByteLowEnergy{"dram_byte_low", 1300.0 / 8, false,
                                                   "64-bit access, lower end"};
inline constexpr EnergyConstant kDramByteHighEnergy{"dram_byte_high", 2600.0 / 8, false,
                                                    "64-bit access, upper end"};
inline constexpr const EnergyConstant* kEnergyConstants[] = {
    &kMacEnergy,      &kWeightEnergy,      &kMergeEnergy,       &kDivideEnergy,
    &kSramByteEnergy, &kDramByteLowEnergy, &kDramByteHighEnergy};

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
    "(pairs issued * d_k + pairs allowed * d_v) * multiply_add + pairs allowed * score_to_weight + "
    "state rows written * (d_v + 1) * merge_element + outputs * divide_element; with a sentinel "
    "over "
    "its calls, itself and its columns included, calls asked again not";
inline constexpr const char* kSramEnergyFormula =
    "(Q, K, V beats written * bus + Q, K, V rows read * 2 D + scores moved * 4 + state rows moved "
    "* (4 D + 8)) * sram_byte";
inline constexpr const char* kDramEnergyFormula = "all bytes through the memory port * dram_byte";

/// Of the devices alone: without a sentinel they divided and stored `rows_by_device` rows of o.
/// `work` is that of the job.
EnergyEstimate estimate_energy(const fw::AttentionJob& job, const WorkFormula& work,
                               const hw::PlatformConfig& config, const CounterValues& counters,
                               uint64_t rows_by_device);

}  // namespace tessera::host
