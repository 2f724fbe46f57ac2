// SPDX-License-Identifier: MIT
// Collects what the trace port says: record by record for the commands it was asked to keep, window
// by window for all of them.
#pragma once
#include <functional>
#include <utility>
#include <vector>

#include "hw_model/core/trace.h"

namespace tessera::hw {

class TraceLog {
  public:
    using Cycle = spec::Cycle;
    TraceLog(const spec::DeviceParams& params, uint64_t keep) : params_(params), keep_(keep) {}

    /// `observer` is told of every ATTEND that is dispatched.
    void observe_attends(std::function<void()> observer) { observer_ = std::move(observer); }

    void dispatched(const spec::Command& command, uint64_t number, Cycle now);
    void started(uint64_t number, Cycle cycle);
    void retired(uint64_t number, Cycle cycle);
    void group(const LaneGroupTrace& group);
    /// Kept if it is over when the first command is dispatched that is not kept.
    void stalled(spec::Counter cause, Cycle begin, Cycle end);
    /// Of steady work, beyond the commands that are kept: so many commands more, and the spans of
    /// the stages once more for each of `times` periods.
    void repeat(uint64_t commands, const Spans& score, const Spans& value, Cycle period,
                uint64_t times);
    /// May something be kept that is still to come? Of the commands that are kept, too.
    bool keeps_more() const { return total_ < keep_ || total_ - keep_ < kUnderWay; }
    /// Soft reset: what was predicted for cycles from `now` on did not happen. Numbers restart.
    void reset(Cycle now);

    uint64_t total() const { return total_; }
    const std::vector<CommandTrace>& commands() const { return commands_; }
    const std::vector<LaneGroupTrace>& groups() const { return groups_; }
    /// In the order of their beginning.
    std::vector<StallTrace> stalls() const;
    /// What was predicted and a soft reset prevented is in it.
    const StageActivity& activity() const { return activity_; }

  private:
    static constexpr uint64_t kUnderWay = 64;  ///< commands dispatched and not over, at most

    CommandTrace* find(uint64_t number);

    const spec::DeviceParams params_;
    uint64_t keep_;
    uint64_t total_ = 0;
    size_t epoch_ = 0;  // index of the first command after the last reset
    bool epoch_complete_ = true;
    Cycle cut_ = kNever;  // dispatch of the first command that is not kept
    std::vector<CommandTrace> commands_;
    std::vector<LaneGroupTrace> groups_;
    std::vector<StallTrace> stalls_;
    StageActivity activity_;
    std::function<void()> observer_;
};

}  // namespace tessera::hw
