// SPDX-License-Identifier: MIT
// Something over the time of a run, in memory that does not grow with the run.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "spec/latency.h"

namespace tessera::hw {

/// A quantity over time, summed in windows of equal width; the width doubles when there would be
/// too many.
class WindowSeries {
  public:
    static constexpr size_t kMax = 2048;

    void add(spec::Cycle cycle, uint64_t amount) {
        while (cycle / width_ >= kMax) widen();
        const size_t window = static_cast<size_t>(cycle / width_);
        if (window >= sums_.size()) sums_.resize(window + 1);
        sums_[window] += amount;
    }
    /// 1 for each cycle of [begin, end).
    void add_span(spec::Cycle begin, spec::Cycle end) {
        while (begin < end) {
            const spec::Cycle stop = std::min(end, (begin / width_ + 1) * width_);
            add(begin, stop - begin);
            begin = stop;
        }
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

}  // namespace tessera::hw
