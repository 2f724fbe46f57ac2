// SPDX-License-Identifier: MIT
#include "hw_model/core/trace_log.h"

#include <algorithm>
#include <iterator>

namespace tessera::hw {

void TraceLog::dispatched(const spec::Command& command, uint64_t number, Cycle now) {
    ++total_;
    if (observer_ && command.opcode == spec::Opcode::kAttend) observer_();
    if (commands_.size() >= keep_) {
        cut_ = std::min(cut_, now);
        return;
    }
    commands_.push_back(
        {command.opcode, static_cast<uint16_t>(command.tag), number, now, kNever, kNever});
}

CommandTrace* TraceLog::find(uint64_t number) {
    const size_t index = epoch_ + number;
    return epoch_complete_ && index < commands_.size() ? &commands_[index] : nullptr;
}

void TraceLog::started(uint64_t number, Cycle cycle) {
    if (CommandTrace* command = find(number)) command->start = cycle;
}

void TraceLog::retired(uint64_t number, Cycle cycle) {
    if (CommandTrace* command = find(number)) command->retire = cycle;
}

void TraceLog::group(const LaneGroupTrace& group) {
    if (find(group.number) != nullptr) groups_.push_back(group);
    const Cycle keys = spec::group_cycles(params_, group.keys);
    activity_.score.add_span(group.score_start, group.score_start + keys);
    activity_.value.add_span(group.value_start, group.value_start + keys);
}

void TraceLog::stalled(spec::Counter cause, Cycle begin, Cycle end) {
    if (begin < end && end <= cut_) stalls_.push_back({cause, begin, end});
}

std::vector<StallTrace> TraceLog::stalls() const {
    std::vector<StallTrace> kept;
    std::copy_if(stalls_.begin(), stalls_.end(), std::back_inserter(kept),
                 [this](const StallTrace& stall) { return stall.end <= cut_; });
    std::sort(kept.begin(), kept.end(), [](const StallTrace& a, const StallTrace& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.cause < b.cause;
    });
    return kept;
}

void TraceLog::repeat(uint64_t commands, const Spans& score, const Spans& value, Cycle period,
                      uint64_t times) {
    total_ += commands;
    activity_.score.add_again(score, period, times);
    activity_.value.add_again(value, period, times);
}

void TraceLog::reset(Cycle now) {
    for (size_t i = epoch_; i < commands_.size(); ++i) {
        if (commands_[i].start >= now) commands_[i].start = kNever;
        if (commands_[i].retire >= now) commands_[i].retire = kNever;
    }
    while (!groups_.empty() && groups_.back().merged >= now) groups_.pop_back();
    while (!stalls_.empty() && stalls_.back().end > now) stalls_.pop_back();
    epoch_complete_ = total_ == commands_.size();
    epoch_ = commands_.size();
}

}  // namespace tessera::hw
