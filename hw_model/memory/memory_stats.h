// SPDX-License-Identifier: MIT
// What a DRAM has to tell after a run, in memory that does not grow with the run.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "hw_model/memory/dram_channel.h"
#include "spec/latency.h"

namespace tessera::hw {

/// A named part of the address space, [begin, end).
struct AddressRange {
    std::string name;
    uint64_t begin = 0, end = 0;
};

/// Latencies in device cycles: exact to a cycle below kExact, the largest of all exactly.
class LatencyHistogram {
  public:
    static constexpr uint64_t kExact = 4096;

    void add(spec::Cycle latency) {
        if (counts_.empty()) counts_.resize(kExact + 1);
        ++counts_[std::min(latency, kExact)];
        ++count_;
        sum_ += latency;
        max_ = std::max(max_, latency);
    }
    uint64_t count() const { return count_; }
    uint64_t max() const { return max_; }
    double mean() const {
        return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
    }
    /// The smallest latency that `percent` of all do not exceed; the largest of all if that is
    /// kExact or more.
    uint64_t percentile(uint32_t percent) const {
        uint64_t seen = 0;
        for (uint64_t latency = 0; latency < counts_.size() && latency < kExact; ++latency) {
            seen += counts_[latency];
            if (seen * 100 >= count_ * percent) return latency;
        }
        return max_;
    }

  private:
    std::vector<uint64_t> counts_;
    uint64_t count_ = 0, sum_ = 0, max_ = 0;
};

/// A quantity over time, summed in windows of equal width; the width doubles when there would be
/// too many.
class WindowSeries {
  public:
    static constexpr size_t kMost = 2048;

    void add(spec::Cycle cycle, uint64_t amount) {
        while (cycle / width_ >= kMost) widen();
        const size_t window = static_cast<size_t>(cycle / width_);
        if (window >= sums_.size()) sums_.resize(window + 1);
        sums_[window] += amount;
    }
    uint64_t width() const { return width_; }  ///< in cycles
    const std::vector<uint64_t>& sums() const { return sums_; }

  private:
    void widen() {
        for (size_t i = 0; i < sums_.size(); ++i) {
            const uint64_t sum = sums_[i];
            sums_[i] = 0;
            sums_[i / 2] += sum;
        }
        sums_.resize((sums_.size() + 1) / 2);
        width_ *= 2;
    }

    uint64_t width_ = 256;
    std::vector<uint64_t> sums_;
};

/// Bursts of one device and direction in one part of the address space.
struct MemoryStream {
    uint32_t device = 0;
    bool write = false;
    std::string name;
    uint64_t bytes = 0;        ///< through the device's port
    LatencyHistogram latency;  ///< read: address taken to first beat; write: to the response
};

struct MemoryOutcome {
    std::vector<DramStats> channels;
    std::vector<WindowSeries> bytes;  ///< of each channel; a command may count some cycles late
    std::vector<MemoryStream> streams;
    Clock clocks = 0;  ///< DRAM clocks simulated
};

}  // namespace tessera::hw
