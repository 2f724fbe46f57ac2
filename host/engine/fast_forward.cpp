// SPDX-License-Identifier: MIT
#include "host/engine/fast_forward.h"

#include <algorithm>

#include "spec/params.h"

namespace tessera::host {
namespace {

constexpr uint32_t kWorthwhileCalls = 24;  ///< to come, that are worth the comparisons
constexpr uint32_t kWorthwhileTiles = 8;
constexpr uint32_t kLooks = 8;   ///< calls or query tiles of the longest period that is found
constexpr uint32_t kTries = 2;   ///< to find a period of query tiles; the first has the start in it
constexpr uint32_t kPause = 64;  ///< calls, where firmware was too slow

}  // namespace

uint32_t FastForward::steady(Unit unit) const {
    return unit == Unit::kTiles ? device_.source_->steady_tiles() : device_.source_->steady_calls();
}

/// What comes is not held against cycles up to this one: it comes behind the last burst, and a line
/// of time is booked from where it was booked to, which is later.
Cycle FastForward::past() const {
    return std::min(device_.now_, device_.counters_.booked_by_all()) - 1;
}

void FastForward::look() {
    if (!call_began_) return;
    call_began_ = false;
    if (pause_ != 0 && --pause_ != 0) return;
    // A line that firmware is about to fill is not looked at.
    if (device_.submitted_ % spec::kLineDescriptors != 0 || device_.held_back_) return;
    if (unit_ != Unit::kNone) return look_again();
    const Unit unit = worth_watching();
    if (unit != Unit::kNone) watch(unit);
}

FastForward::Unit FastForward::worth_watching() const {
    if (device_.trace_.keeps_more()) return Unit::kNone;
    if (tiles_in_vain_ < kTries && steady(Unit::kTiles) >= kWorthwhileTiles) return Unit::kTiles;
    return steady(Unit::kCalls) >= kWorthwhileCalls ? Unit::kCalls : Unit::kNone;
}

/// From this moment on.
void FastForward::watch(Unit unit) {
    then_.begin(past());
    if (!device_.walk(then_)) return;
    unit_ = unit;
    looks_ = 0;
    steady_ = seen_ = steady(unit);
    place_ = device_.source_->place();
    dispatched_ = device_.dispatched_;
    counters_ = device_.counters_.values();
    device_.dispatches_.keep_all(true);
    for (hw::Spans* const spans : {&score_, &value_, &port_[0], &port_[1]}) spans->clear();
    fetches_.clear();
}

void FastForward::look_again() {
    const uint32_t left = steady(unit_);
    if (left > steady_ || left == 0) return stop();  // others than those that were to come
    const uint32_t units = steady_ - left;
    if (units != 0 && left >= units && move_on(units, left / units)) return stop();
    if (left == seen_) return;
    seen_ = left;
    if (++looks_ < kLooks) return;
    if (unit_ == Unit::kTiles) ++tiles_in_vain_;
    stop();
}

void FastForward::stop() {
    unit_ = Unit::kNone;
    device_.dispatches_.keep_all(false);
}

/// A period has so many units, if it is one.
bool FastForward::move_on(uint32_t units, uint64_t times) {
    const uint64_t commands = device_.dispatched_ - dispatched_;
    const fw::Sequencer::Place place = device_.source_->place();
    const bool alike = unit_ == Unit::kTiles
                           ? place.tiles_after(place_, units)
                           : place.calls_after(place_, units) && units % spec::kBanks == 0;
    if (!alike || fetches_.size() * spec::kLineDescriptors != commands) return false;
    now_.begin(past());
    device_.walk(now_);
    if (!now_.repeats(then_)) return false;

    const Cycle period = now_.after(then_);
    FastFirmware firmware = device_.firmware_;
    const SteadyDispatch dispatched(device_.dispatches_, commands, period);
    const FastFirmware::SteadyFetches fetched{device_.buffers_.fetched - fetches_.size(), fetches_,
                                              period};
    if (!firmware.run_ahead(times * commands, dispatched, fetched,
                            device_.dispatched_ + times * commands)) {
        pause_ = kPause;
        return true;
    }
    device_.firmware_ = firmware;
    StateMover mover(then_, now_, times);
    device_.walk(mover);
    device_.counters_.repeat(counters_, times);
    device_.trace_.repeat(times * commands, score_, value_, period, times);
    for (size_t i = 0; i < 2; ++i) device_.port_[i].add_again(port_[i], period, times);
    device_.dispatches_.repeat(commands, period, times);
    const auto passed = static_cast<uint32_t>(times) * units;
    if (unit_ == Unit::kTiles)
        device_.source_->skip_tiles(passed);
    else
        device_.source_->skip(passed);
    if (device_.observer_) device_.observer_(device_.calls_);
    periods_ += times;
    return true;
}

}  // namespace tessera::host
