// SPDX-License-Identifier: MIT
// When a device does the same again and again: two moments at which it remembers the same, but that
// all of it is some cycles later. What happened between them then happens again, for as long as the
// commands go on alike, so that the later moment can be moved on by whole periods.
// docs/decisions/0021-exact-fast-forward.md says why that is exact.
#pragma once
#include <vector>

#include "hw_model/core/state_walk.h"

namespace tessera::host {

using hw::Cycle;

/// What a walk has found at one moment.
class Snapshot final : public hw::StateWalk {
  public:
    /// Forgets what it has. `past`: nothing to come is held against a cycle up to this one.
    void begin(Cycle past) {
        entries_.clear();
        past_ = past;
    }
    void plain(uint64_t value) override { entries_.push_back({Kind::kPlain, false, value, 0}); }
    void cycle(Cycle& at, Cycle reach) override {
        const bool over = at <= past_ && reach <= past_ - at;
        entries_.push_back({Kind::kCycle, over, at, 0});
    }
    void progress(Cycle& at) override { entries_.push_back({Kind::kProgress, false, at, 0}); }
    void count(uint64_t& number, uint64_t other) override {
        entries_.push_back({Kind::kCount, false, number - other, number});
    }

    /// So many cycles after `earlier`.
    Cycle after(const Snapshot& earlier) const { return past_ - earlier.past_; }
    /// Is this the same as `earlier`, after(earlier) cycles later?
    bool repeats(const Snapshot& earlier) const;

  private:
    friend class StateMover;
    enum class Kind : uint8_t { kPlain, kCycle, kProgress, kCount };
    struct Entry {
        Kind kind;
        bool over;       ///< a cycle that does not matter any more
        uint64_t value;  ///< of a count: the distance to the other one
        uint64_t number;
    };
    std::vector<Entry> entries_;
    Cycle past_ = 0;
};

/// A walk that moves what is as `later` on by `times` times the way from `earlier` to there.
/// later.repeats(earlier).
class StateMover final : public hw::StateWalk {
  public:
    StateMover(const Snapshot& earlier, const Snapshot& later, uint64_t times)
        : earlier_(earlier), later_(later), times_(times) {}

    void plain(uint64_t) override { ++at_; }
    void cycle(Cycle& at, Cycle) override {
        const Snapshot::Entry& entry = later_.entries_[at_++];
        if (!entry.over && at != hw::kNever) at += times_ * later_.after(earlier_);
    }
    void progress(Cycle& at) override {
        if (later_.entries_[at_].value != earlier_.entries_[at_].value)
            at += times_ * later_.after(earlier_);
        ++at_;
    }
    void count(uint64_t& number, uint64_t) override {
        number += times_ * (later_.entries_[at_].number - earlier_.entries_[at_].number);
        ++at_;
    }

  private:
    const Snapshot& earlier_;
    const Snapshot& later_;
    const uint64_t times_;
    size_t at_ = 0;
};

}  // namespace tessera::host
