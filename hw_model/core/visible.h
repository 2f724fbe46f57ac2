// SPDX-License-Identifier: MIT
// Values with the cycle from which they can be seen: the model's flip-flops.
#pragma once
#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "hw_model/core/cycle.h"
#include "hw_model/core/state_walk.h"

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
        assert(size_ == 0 || visible_from >= last());
        if (size_ == ring_.size()) grow();
        at(size_++) = visible_from;
    }
    /// Events visible in cycle `now`. `now` must not go back by more than kKept events.
    uint64_t count(Cycle now) const {
        uint64_t n = size_;
        while (n != 0 && at(n - 1) > now) --n;
        return forgotten_ + n;
    }
    /// The cycle from which the n-th event (from 1) is visible; 0 for n = 0, kNever if not yet
    /// known.
    Cycle when(uint64_t n) const {
        if (n <= forgotten_) return 0;
        return n - forgotten_ <= size_ ? at(n - forgotten_ - 1) : kNever;
    }
    /// The cycle from which the first event after those of `now` is visible; kNever if not known.
    Cycle next(Cycle now) const { return when(count(now) + 1); }
    uint64_t posted() const { return forgotten_ + size_; }
    Cycle last() const { return size_ == 0 ? 0 : at(size_ - 1); }
    /// Forget what every reader has seen long ago.
    void trim(Cycle now) {
        while (size_ > kKept && at(0) < now) {
            ++head_;
            --size_;
            ++forgotten_;
        }
    }
    void walk(StateWalk& walk) {
        const uint64_t listed = std::max(size_, kKept + 1);
        walk.plain(listed);
        for (uint64_t i = 0; i < listed; ++i) {
            Cycle long_ago = 0;  // where fewer are remembered than may be
            walk.cycle(i < size_ ? at(size_ - 1 - i) : long_ago);
        }
        uint64_t all = posted();
        walk.count(all);
        forgotten_ = all - size_;
    }
    friend bool operator==(const Milestones& a, const Milestones& b) {
        if (a.size_ != b.size_ || a.forgotten_ != b.forgotten_) return false;
        for (uint64_t i = 0; i < a.size_; ++i)
            if (a.at(i) != b.at(i)) return false;
        return true;
    }

  private:
    static constexpr uint64_t kKept = 8;

    /// Event `i` of those that are not forgotten. The ring's size is a power of two.
    Cycle& at(uint64_t i) { return ring_[(head_ + i) & (ring_.size() - 1)]; }
    const Cycle& at(uint64_t i) const { return ring_[(head_ + i) & (ring_.size() - 1)]; }
    void grow() {
        std::vector<Cycle> larger(2 * ring_.size());
        for (uint64_t i = 0; i < size_; ++i) larger[i] = at(i);
        ring_ = std::move(larger);
        head_ = 0;
    }

    std::vector<Cycle> ring_ = std::vector<Cycle>(2 * kKept);
    uint64_t head_ = 0, size_ = 0;
    uint64_t forgotten_ = 0;
};

}  // namespace tessera::hw
