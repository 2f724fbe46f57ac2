// SPDX-License-Identifier: MIT
// Something over the time of a run, in memory that does not grow with the run.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "spec/latency.h"

namespace tessera::hw {

/// Cycles [begin, end).
struct Span {
    spec::Cycle begin = 0, end = 0;
};
using Spans = std::vector<Span>;

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
    /// As add_span() of each span once more for each of `times` periods, each time a period later.
    /// Spans are in order and do not overlap.
    void add_again(const Spans& spans, spec::Cycle period, uint64_t times) {
        if (times == 0 || spans.empty()) return;
        std::vector<uint64_t> before_span(1);  // cycles of the spans before one
        for (const Span& span : spans)
            before_span.push_back(before_span.back() + span.end - span.begin);
        const spec::Cycle first = spans.front().begin + period;
        const spec::Cycle end = spans.back().end + period * times;
        while ((end - 1) / width_ >= kMax) widen();
        const auto last = static_cast<size_t>((end - 1) / width_);
        if (last >= sums_.size()) sums_.resize(last + 1);
        uint64_t before = 0;
        for (auto window = static_cast<size_t>(first / width_); window <= last; ++window) {
            const spec::Cycle at = (window + 1) * width_;
            uint64_t upto = 0;
            // Of these periods all has ended by then, of later ones nothing has begun.
            const uint64_t ended =
                at < spans.back().end ? 0 : std::min((at - spans.back().end) / period, times);
            upto += ended * before_span.back();
            for (uint64_t i = ended + 1; i <= times && spans.front().begin + i * period < at; ++i)
                upto += amount_before(at - i * period, spans, before_span);
            sums_[window] += upto - before;
            before = upto;
        }
    }
    uint64_t width() const { return width_; }  ///< in cycles
    const std::vector<uint64_t>& sums() const { return sums_; }

  private:
    /// Cycles of the spans before `at`.
    static uint64_t amount_before(spec::Cycle at, const Spans& spans,
                                  const std::vector<uint64_t>& before_span) {
        const auto next = std::partition_point(spans.begin(), spans.end(),
                                               [at](const Span& span) { return span.end <= at; });
        const uint64_t whole = before_span[static_cast<size_t>(next - spans.begin())];
        return next == spans.end() || next->begin >= at ? whole : whole + at - next->begin;
    }
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
