// SPDX-License-Identifier: MIT
// Values with the cycle from which they can be seen: the model's flip-flops.
#pragma once
#include <cassert>
#include <deque>

#include "hw_model/core/cycle.h"

namespace tessera::hw {

/// A register: written now, visible from a later cycle on. One pending value at a time.
template <typename T>
class Register {
  public:
    explicit Register(T value = T()) : current_(value), next_(value) {}
    const T& get(Cycle now) const { return now >= from_ ? next_ : current_; }
    /// The value that will be visible later than in cycle `now`, to be corrected; nullptr if none.
    T* pending(Cycle now) { return now < from_ ? &next_ : nullptr; }
    /// The value that was written last, visible or not.
    const T& latest() const { return next_; }
    void set(T value, Cycle now, Cycle visible_from) {
        current_ = get(now);
        next_ = std::move(value);
        from_ = visible_from;
    }

  private:
    T current_, next_;
    Cycle from_ = 0;
};

/// A counter of events whose cycles are known in advance, in order.
class Milestones {
  public:
    /// One more event, visible from this cycle on.
    void post(Cycle visible_from) {
        assert(times_.empty() || visible_from >= times_.back());
        times_.push_back(visible_from);
    }
    /// Events visible in cycle `now`. `now` must not go back by more than kKept events.
    uint64_t count(Cycle now) const {
        uint64_t n = forgotten_ + times_.size();
        for (auto t = times_.rbegin(); t != times_.rend() && *t > now; ++t) --n;
        return n;
    }
    /// The cycle from which the n-th event (from 1) is visible; 0 for n = 0, kNever if not yet
    /// known.
    Cycle when(uint64_t n) const {
        if (n <= forgotten_) return 0;
        return n - forgotten_ <= times_.size() ? times_[n - forgotten_ - 1] : kNever;
    }
    /// The cycle from which the first event after those of `now` is visible; kNever if not known.
    Cycle next(Cycle now) const { return when(count(now) + 1); }
    uint64_t posted() const { return forgotten_ + times_.size(); }
    Cycle last() const { return times_.empty() ? 0 : times_.back(); }
    /// Forget what every reader has seen long ago.
    void trim(Cycle now) {
        while (times_.size() > kKept && times_.front() < now) {
            times_.pop_front();
            ++forgotten_;
        }
    }
    friend bool operator==(const Milestones& a, const Milestones& b) {
        return a.times_ == b.times_ && a.forgotten_ == b.forgotten_;
    }

  private:
    static constexpr size_t kKept = 8;
    std::deque<Cycle> times_;
    uint64_t forgotten_ = 0;
};

}  // namespace tessera::hw
