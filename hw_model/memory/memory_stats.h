// SPDX-License-Identifier: MIT
// What a DRAM has to tell after a run, in memory that does not grow with the run.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "hw_model/core/window_series.h"
#include "hw_model/memory/dram_channel.h"
#include "spec/latency.h"

namespace tessera::hw {

/// A named part of the address space, [begin, end).
struct AddressRange {
    std::string name;
    uint64_t begin = 0, end = 0;
};

/// Latencies in device cycles: exact to a cycle below kExact, then in steps of at most 1/64; the
/// largest of all exactly.
class LatencyHistogram {
  public:
    static constexpr uint64_t kExact = 4096;

    void add(spec::Cycle latency) {
        const size_t step = step_of(latency);
        if (step >= counts_.size()) counts_.resize(std::max<size_t>(step + 1, kExact));
        ++counts_[step];
        ++count_;
        sum_ += latency;
        max_ = std::max(max_, latency);
    }
    void add(const LatencyHistogram& other) {
        counts_.resize(std::max(counts_.size(), other.counts_.size()));
        for (size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
        count_ += other.count_;
        sum_ += other.sum_;
        max_ = std::max(max_, other.max_);
    }
    uint64_t count() const { return count_; }
    uint64_t max() const { return max_; }
    double mean() const {
        return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
    }
    /// The smallest latency that `percent` of all do not exceed; from kExact on the end of its
    /// step, which is at most 1/64 above.
    uint64_t percentile(uint32_t percent) const {
        uint64_t seen = 0;
        for (size_t step = 0; step < counts_.size(); ++step) {
            seen += counts_[step];
            if (seen * 100 >= count_ * percent) return std::min(last_of(step), max_);
        }
        return max_;
    }

    /// Calls visit(first, last, count) for each step that has some, from the smallest on: `count`
    /// latencies are from `first` to `last`.
    template <typename Visit>
    void for_each_step(const Visit& visit) const {
        for (size_t step = 0; step < counts_.size(); ++step)
            if (counts_[step] != 0)
                visit(step == 0 ? 0 : last_of(step - 1) + 1, last_of(step), counts_[step]);
    }

  private:
    static constexpr uint32_t kStepBits = 6;  // 64 steps from one power of two to the next
    static size_t step_of(uint64_t latency) {
        if (latency < kExact) return latency;
        const uint32_t shift = 63 - static_cast<uint32_t>(__builtin_clzll(latency)) - kStepBits;
        return kExact + (shift << kStepBits) + (latency >> shift) - kFirst;
    }
    static uint64_t last_of(size_t step) {
        if (step < kExact) return step;
        const uint64_t n = step - kExact + kFirst;  // shift and leading bits, the highest in both
        const uint32_t shift = static_cast<uint32_t>(n >> kStepBits) - 1;
        const uint64_t leading = (n & ((1u << kStepBits) - 1)) | (1u << kStepBits);
        return ((leading + 1) << shift) - 1;
    }
    static constexpr uint64_t kFirst = 7u << kStepBits;  // of kExact: shift 6, leading 64

    std::vector<uint64_t> counts_;
    uint64_t count_ = 0, sum_ = 0, max_ = 0;
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
    /// Beats at the port of each device, reads and writes.
    std::vector<std::array<WindowSeries, 2>> ports;
    // Of a DRAM:
    std::vector<DramStats> channels;
    std::vector<WindowSeries> bytes;  ///< of each channel; a command may count some cycles late
    std::vector<MemoryStream> streams;
    Clock clocks = 0;  ///< DRAM clocks simulated
};

}  // namespace tessera::hw
