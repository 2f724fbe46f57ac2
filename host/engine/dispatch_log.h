// SPDX-License-Identifier: MIT
// When the latest commands were dispatched: what firmware sees of it in RING_HEAD.
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>

#include "hw_model/core/cycle.h"

namespace tessera::host {

using hw::Cycle;

class DispatchLog {
  public:
    /// Keeps `kept` commands; those before `first` were dispatched long ago.
    DispatchLog(uint64_t first, size_t kept) : first_(first), kept_(kept) {}

    /// The next command is dispatched in cycle `at`.
    void add(Cycle at) {
        cycles_.push_back(at);
        trim();
    }
    /// Keeps all that come from now on, until told otherwise.
    void keep_all(bool all) {
        all_ = all;
        trim();
    }
    /// Commands dispatched.
    uint64_t count() const { return first_ + cycles_.size(); }
    /// Of one of the commands that are kept.
    Cycle cycle(uint64_t command) const { return cycles_.at(command - first_); }
    bool knows(uint64_t command) const { return command >= first_ && command < count(); }
    /// What RING_HEAD says in cycle `at`, of the commands in here.
    uint64_t head(Cycle at) const {
        return first_ + static_cast<uint64_t>(std::lower_bound(cycles_.begin(), cycles_.end(), at) -
                                              cycles_.begin());
    }
    /// The last `size` commands once more for each of `times` periods, each time a period later.
    void repeat(uint64_t size, Cycle period, uint64_t times) {
        std::deque<Cycle> last(cycles_.end() - static_cast<std::ptrdiff_t>(size), cycles_.end());
        const uint64_t all = size * times, shown = std::min<uint64_t>(all, kept_);
        if (shown == all) {
            for (uint64_t i = 0; i < all; ++i) add(last[i % size] + (i / size + 1) * period);
            return;
        }
        first_ = count() + all - shown;
        cycles_.clear();
        for (uint64_t i = all - shown; i < all; ++i)
            cycles_.push_back(last[i % size] + (i / size + 1) * period);
    }

  private:
    void trim() {
        while (!all_ && cycles_.size() > kept_) {
            cycles_.pop_front();
            ++first_;
        }
    }
    std::deque<Cycle> cycles_;
    uint64_t first_;  ///< number of the first in here
    size_t kept_;
    bool all_ = false;
};

/// The same with the commands of steady work to come: the last ones again and again.
class SteadyDispatch {
  public:
    SteadyDispatch(const DispatchLog& log, uint64_t size, Cycle period)
        : log_(log), size_(size), period_(period) {}

    bool knows(uint64_t command) const { return log_.knows(command) || command >= log_.count(); }
    Cycle cycle(uint64_t command) const {
        if (command < log_.count()) return log_.cycle(command);
        const uint64_t behind = command - log_.count();
        return log_.cycle(log_.count() - size_ + behind % size_) + (behind / size_ + 1) * period_;
    }
    uint64_t head(Cycle at) const {
        const Cycle next = cycle(log_.count());
        if (at <= next) return log_.head(at);
        const uint64_t periods = (at - 1 - next) / period_;
        const uint64_t within = log_.head(at - (periods + 1) * period_);
        return within + (periods + 1) * size_;
    }

  private:
    const DispatchLog& log_;
    const uint64_t size_;
    const Cycle period_;
};

}  // namespace tessera::host
