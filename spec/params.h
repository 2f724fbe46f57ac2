// SPDX-License-Identifier: MIT
// Device parameters: what varies between builds of the chip, and what never does.
// The same names are RTL parameters, model configuration and capability registers.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "spec/integers.h"

namespace tessera::spec {

/// Which commands a device accepts (docs/contract/schedules.md, section 2). A fuse, read by
/// firmware.
enum class Profile : uint32_t { kBlackbox = 0, kStats = 1, kStateful = 2 };

/// Shape of one device. Rows, keys and dimensions are in elements, the bus in bytes per cycle.
struct DeviceParams {
    uint32_t m = 0;           ///< tile tokens: query rows and key rows a command can hold
    uint32_t d = 0;           ///< largest head dimension
    uint32_t lanes = 0;       ///< rows of multiply-add cells
    uint32_t interleave = 4;  ///< stages of the pipelined adder = query rows that share a lane
    uint32_t bus_bytes = 0;   ///< memory data bus, bytes per beat
    Profile profile = Profile::kStateful;
    /// A lane group visits only keys that its mask may allow (key_range.h). A fuse, too.
    bool key_ranges = false;

    /// Query rows that are computed together ("lane group").
    constexpr uint32_t group_rows() const { return lanes * interleave; }
    /// Lane groups that `rows` query rows need.
    constexpr uint32_t groups(uint32_t rows) const { return divide_up(rows, group_rows()); }
    /// Bus beats that hold `bytes` bytes starting on a beat boundary.
    constexpr uint32_t beats(uint64_t bytes) const {
        return static_cast<uint32_t>(divide_up(bytes, bus_bytes));
    }
    /// Multiply-adds per cycle with both arrays busy.
    constexpr uint64_t peak_macs_per_cycle() const { return uint64_t{2} * lanes * d; }
};

// Structure that is the same in every build.
inline constexpr uint32_t kBanks = 2;             ///< of each kind: Q, K, V, state
inline constexpr uint32_t kQueueDepth = 8;        ///< commands waiting per engine
inline constexpr uint32_t kDescriptorBytes = 64;  ///< one command in the ring
inline constexpr uint32_t kDescriptorWords = kDescriptorBytes / 4;
inline constexpr uint32_t kLineDescriptors = 4;  ///< fetched by one burst
inline constexpr uint32_t kLineBytes = kDescriptorBytes * kLineDescriptors;
inline constexpr uint32_t kFifoLines = 4;         ///< descriptor FIFO: 16 descriptors
inline constexpr uint32_t kReadOutstanding = 64;  ///< read bursts in flight
/// Of these, for loads: one is kept for descriptors.
inline constexpr uint32_t kLoadOutstanding = 63;
inline constexpr uint32_t kWriteOutstanding = 16;  ///< write bursts in flight
/// A read burst never crosses a multiple of this.
inline constexpr uint32_t kReadBurstBytes = 4096;
/// Nor a write burst one of this (stored, then sent).
inline constexpr uint32_t kWriteBurstBytes = 1024;
inline constexpr uint32_t kMaxBurstBeats = 256;       ///< AXI4
inline constexpr uint32_t kStoreFifoBytes = 8192;     ///< results waiting for the write port
inline constexpr uint32_t kPositionLimit = 1u << 31;  ///< positions are below this

/// The first rule that `p` breaks, as a sentence for the user, or nullptr if it is a legal device.
constexpr const char* params_error(const DeviceParams& p) {
    const auto power_of_two = [](uint32_t x) { return x != 0 && (x & (x - 1)) == 0; };
    if (p.m < 1 || p.m > 1024) return "M must be 1 to 1024";
    if (p.d < 1 || p.d > 576) return "D must be 1 to 576";
    if (p.interleave != 1 && p.interleave != 2 && p.interleave != 4 && p.interleave != 8)
        return "INTERLEAVE must be 1, 2, 4 or 8";
    if (p.lanes < 1 || p.lanes > 128) return "LANES must be 1 to 128";
    if (p.m % p.group_rows() != 0) return "LANES * INTERLEAVE must divide M";
    // A merged row must be back in the state bank before the next tile reads it (latency.h).
    if (p.group_rows() < p.interleave + 3)
        return "LANES * INTERLEAVE must be at least INTERLEAVE + 3";
    if (!power_of_two(p.bus_bytes) || p.bus_bytes < 16 || p.bus_bytes > 128)
        return "BUS_BYTES must be 16, 32, 64 or 128";
    if (static_cast<uint32_t>(p.profile) > 2) return "PROFILE must be blackbox, stats or stateful";
    return nullptr;
}

}  // namespace tessera::spec
