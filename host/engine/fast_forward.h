// SPDX-License-Identifier: MIT
// Moves a device in steady work on by whole periods: docs/decisions/0021-exact-fast-forward.md.
// Where query tiles that follow each other are alike, a period is some of them; else some calls of
// one query tile.
#pragma once
#include "host/engine/fast_device.h"

namespace tessera::host {

class FastForward {
  public:
    explicit FastForward(FastDevice& device) : device_(device) {}

    // What happens.
    void call_begins() { call_began_ = true; }
    void group(Cycle score, Cycle value, Cycle cycles) {
        if (unit_ == Unit::kNone) return;
        add(score_, {score, score + cycles});
        add(value_, {value, value + cycles});
    }
    void port(bool write, const hw::Span& beats) {
        if (unit_ != Unit::kNone) add(port_[write ? 1 : 0], beats);
    }
    void line_fetched(Cycle at, bool at_once) {
        if (unit_ != Unit::kNone) fetches_.push_back({at, at_once});
    }

    /// Where a call has begun since the last time: does the device do the same again? Then it is
    /// moved on as far as its commands go on alike.
    void look();
    /// Periods passed over.
    uint64_t periods() const { return periods_; }

  private:
    /// What a period consists of; kNone: nothing is watched.
    enum class Unit { kNone, kCalls, kTiles };

    uint32_t steady(Unit unit) const;
    Cycle past() const;
    Unit worth_watching() const;
    void watch(Unit unit);
    void look_again();
    bool move_on(uint32_t units, uint64_t times);
    void stop();
    /// Spans come in order; one that follows the one before is part of it.
    static void add(hw::Spans& spans, const hw::Span& span) {
        if (!spans.empty() && spans.back().end == span.begin)
            spans.back().end = span.end;
        else
            spans.push_back(span);
    }

    FastDevice& device_;
    bool call_began_ = false;
    uint64_t periods_ = 0;
    uint32_t pause_ = 0;          ///< calls before it looks again
    uint32_t tiles_in_vain_ = 0;  ///< times that no period was found among query tiles
    // Since the moment that is compared with.
    Unit unit_ = Unit::kNone;
    uint32_t looks_ = 0;
    uint32_t steady_ = 0, seen_ = 0;  ///< units that were to come: then, and at the last look
    Snapshot then_, now_;
    fw::Sequencer::Place place_;
    uint64_t dispatched_ = 0;
    hw::CounterValues counters_{};
    hw::Spans score_, value_, port_[2];
    std::vector<FastFirmware::Fetch> fetches_;
};

}  // namespace tessera::host
