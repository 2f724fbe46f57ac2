// SPDX-License-Identifier: MIT
// A memory as the fast engine sees it: when bursts are over, nothing about what they hold.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>

#include "hw_model/config.h"
#include "hw_model/core/state_walk.h"
#include "spec/latency.h"

namespace tessera::host {

using spec::Cycle;

/// Bursts of one device, given in the order in which they are taken. Each direction is answered in
/// that order.
class FastMemory {
  public:
    virtual ~FastMemory() = default;
    virtual void read(Cycle taken, uint64_t address, uint64_t bytes) = 0;
    virtual void write(Cycle taken, uint64_t address, uint64_t bytes) = 0;
    /// Up to this cycle nothing can be taken that follows from an answer still to come.
    virtual Cycle safe_until() const { return UINT64_MAX; }
    /// Finds out more answers. False: all that was taken is answered.
    virtual bool advance() { return false; }

    /// As hw::StateWalk says. False: this one cannot be moved on.
    virtual bool walk(hw::StateWalk&) { return false; }

    /// The cycle after the last beat of each burst answered, oldest first; the caller takes them.
    std::deque<Cycle> reads, writes;
    /// From the last beat of a write to its response.
    Cycle write_latency = 0;
};

/// The channels of a DRAM where one device has them to itself, else latency and bandwidth: of an
/// ideal memory without stalls exactly what it does.
std::unique_ptr<FastMemory> fast_memory(const hw::PlatformConfig& config);

}  // namespace tessera::host
