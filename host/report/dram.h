// SPDX-License-Identifier: MIT
// What the channels of a DRAM counted, added up; and an energy estimate by access class.
#pragma once
#include "host/report/energy.h"
#include "hw_model/config.h"

namespace tessera::host {

// M. O'Connor et al., Fine-Grained DRAM, MICRO 2017, table 3, HBM2: 909 pJ to activate a row of
// 1 KiB; 1.51 + 1.17 + 0.80 pJ/bit to move data. Taken for every memory, scaled by the row's size:
// not validated. Refresh and standby are not in it.
inline constexpr EnergyConstant kDramActivateEnergy{
    "dram_activate_kib", 909, true, "HBM2, MICRO 2017; by KiB of row, for every kind of DRAM"};
inline constexpr EnergyConstant kDramColumnByteEnergy{
    "dram_column_byte", 8 * (1.51 + 1.17 + 0.80), true,
    "HBM2, MICRO 2017; array, periphery and I/O, for every kind of DRAM"};
inline constexpr const char* kDramActivateFormula =
    "dram_activates * row_bytes / 1024 * dram_activate_kib (HBM2, MICRO 2017); NOT VALIDATED";
inline constexpr const char* kDramColumnFormula =
    "dram_bytes * dram_column_byte (HBM2, MICRO 2017); NOT VALIDATED";

/// All channels together.
struct DramSum {
    hw::DramStats stats;
    uint64_t bytes = 0;
    double refresh_share = 0;
    double balance = 1;
    double activate_joules = 0, column_joules = 0;
};
DramSum dram_sum(const hw::MemoryOutcome& memory, const hw::DramSpec& dram);

/// What all data buses together can carry.
double peak_gb_per_s(const hw::DramSpec& dram);

/// What a stream of reads can have of that, measured: 16,384 neighbouring transactions through a
/// channel of the model, as many as it takes in flight, refresh included.
double stream_gb_per_s(const hw::DramSpec& dram);

/// Streams of the same part of memory and direction added up over the devices.
std::vector<hw::MemoryStream> streams_of_all_devices(const std::vector<hw::MemoryStream>& streams);

}  // namespace tessera::host
