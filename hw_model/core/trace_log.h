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
    /// Kept until more commands are dispatched than are kept.
    void stalled(spec::Counter cause, Cycle begin, Cycle end);
    /// Soft reset: what was predicted for cycles from `now` on did not happen. Numbers restart.
    void reset(Cycle now);

    uint64_t total() const { return total_; }
    const std::vector<CommandTrace>& commands() const { return commands_; }
    const std::vector<LaneGroupTrace>& groups() const { return groups_; }
    const std::vector<StallTrace>& stalls() const { return stalls_; }
    /// What was predicted and a soft reset prevented is in it.
    const StageActivity& activity() const { return activity_; }

  private:
    CommandTrace* find(uint64_t number);

    const spec::DeviceParams params_;
    uint64_t keep_;
    uint64_t total_ = 0;
    size_t epoch_ = 0;  // index of the first command after the last reset
    bool epoch_complete_ = true;
    std::vector<CommandTrace> commands_;
    std::vector<LaneGroupTrace> groups_;
    std::vector<StallTrace> stalls_;
    StageActivity activity_;
    std::function<void()> observer_;
};

}  // namespace tessera::hw
