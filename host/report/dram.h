// SPDX-License-Identifier: MIT
// What the channels of a DRAM counted, added up.
#pragma once
#include <string>
#include <vector>

#include "hw_model/config.h"

namespace tessera::host {

/// All channels together.
struct DramSum {
    hw::DramStats stats;
    uint64_t bytes = 0;
    double refresh_share = 0;
    double balance = 1;
};
DramSum dram_sum(const hw::MemoryOutcome& memory, const hw::DramSpec& dram);

/// A memory for the head of a table: its name, and of a DRAM how its controllers go about it:
/// "hbm3 (ramulator2)", "hbm3 (registered, forwarding)".
std::string memory_title(const hw::MemoryConfig& memory);

/// Streams of the same part of memory and direction added up over the devices.
std::vector<hw::MemoryStream> streams_of_all_devices(const std::vector<hw::MemoryStream>& streams);

}  // namespace tessera::host
