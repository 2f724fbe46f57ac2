// SPDX-License-Identifier: MIT
#include "host/predict/predicted_device.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tessera::host {

using spec::Command;
using spec::Opcode;

PredictedDevice::PredictedDevice(const hw::PlatformConfig& config, uint64_t ring_address,
                                 uint32_t ring_descriptors, std::function<bool(Command&)> next)
    : p_(config.params),
      firmware_(config.firmware),
      ring_address_(ring_address),
      ring_bytes_(uint64_t{ring_descriptors} * spec::kDescriptorBytes),
      next_(std::move(next)),
      memory_(predicted_memory(config)) {}

void PredictedDevice::run() {
    for (;;) {
        take_answers();
        while (fetch_more() || dispatch() || begin_load() || load_time() || score() || value() ||
               begin_store() || read_beats()) {
        }
        const Cycle line = line_time();
        const Cycle at = std::min({line, load_at_, store_at_});
        if (at == kUnknown || at + spec::kAcceptCycles > memory_->safe_until()) {
            if (memory_->advance() || !memory_->reads.empty() || !memory_->writes.empty()) continue;
            break;
        }
        if (at == line)
            present_line();
        else if (at == load_at_)
            present_load();
        else
            present_store();
    }
    if (!drained() || !fetched_.empty()) throw std::logic_error("a prediction does not end");
}

bool PredictedDevice::drained() const {
    return queue_[kLoad].empty() && queue_[kCompute].empty() && queue_[kStore].empty() &&
           unwritten_.empty() && load_answers_ == load_bursts_;
}

void PredictedDevice::take_answers() {
    while (!memory_->reads.empty()) {
        const Cycle end = memory_->reads.front();
        memory_->reads.pop_front();
        const Asked asked = asked_.front();
        asked_.pop_front();
        if (asked.line) {
            for (Line& line : lines_)
                if (line.usable == kUnknown) {
                    line.usable = end + spec::kSinkCycles;
                    break;
                }
            continue;
        }
        load_end_[load_answers_++ % load_end_.size()] = end;
        if (asked.list) {
            load_from_ = end + spec::kSinkCycles + 1;
            list_ = false;
        }
        if (!asked.last) continue;
        release(asked.touch, kLoad, end + spec::kSinkCycles);
        retired_ = std::max(retired_, end + spec::kSinkCycles);
    }
    while (!memory_->writes.empty()) {
        const Cycle end = memory_->writes.front();
        memory_->writes.pop_front();
        const Written written = unwritten_.front();
        unwritten_.pop_front();
        const Cycle response = end - 1 + memory_->write_latency;
        written_bytes_ += written.bytes;
        freed_.push_back({written_bytes_, end});
        response_[responses_++ % response_.size()] = response + 1;
        if (!written.last) continue;
        retired_ = std::max(retired_, written.fence ? response : response + 1);
        if (!written.fence) continue;
        dispatched_ = response;
        fenced_ = false;
    }
}

/// Has firmware plan the next line of commands.
bool PredictedDevice::fetch_more() {
    if (line_pending_ != 0 || next_ == nullptr) return false;
    Command command;
    while (line_pending_ < spec::kLineDescriptors && next_(command)) {
        fetched_.push_back(command);
        ++line_pending_;
    }
    if (line_pending_ < spec::kLineDescriptors) next_ = nullptr;
    if (line_pending_ == 0) return false;
    planned_ += line_pending_ * Cycle{firmware_.plan_cycles + firmware_.descriptor_cycles};
    published_ = planned_ + 1;
    planned_ += spec::kCsrAccessCycles;
    return true;
}

/// When the next line of descriptors is asked for: firmware has written it and the FIFO has room.
Cycle PredictedDevice::line_time() const {
    if (line_pending_ == 0 || lines_number_ >= lines_dispatched_ + spec::kFifoLines)
        return kUnknown;
    return std::max(published_, line_free_[lines_number_ % spec::kFifoLines]);
}

void PredictedDevice::present_line() {
    const Cycle taken = line_time() + spec::kAcceptCycles;
    if (lines_number_ == 0) opened_ = taken;
    memory_->read(taken, ring_address_ + lines_number_ * spec::kLineBytes % ring_bytes_,
                  spec::kLineBytes);
    bytes_ += spec::kLineBytes;
    asked_.push_back({true, false, false, {}});
    lines_.push_back({line_pending_, kUnknown});
    line_pending_ = 0;
    ++lines_number_;
}

PredictedDevice::Touch PredictedDevice::touch(Bank& bank, Engine engine) {
    Touch touch{&bank, bank.touches};
    ++bank.touches[engine];
    return touch;
}

/// Hands the next command to its engine's queue.
bool PredictedDevice::dispatch() {
    if (fenced_ || lines_.empty() || lines_.front().usable == kUnknown) return false;
    const Command c = fetched_.front();
    const bool fence = c.opcode == Opcode::kFence;
    const Engine engine = c.is_load() ? kLoad : c.opcode == Opcode::kAttend ? kCompute : kStore;
    const uint64_t number = number_[engine];
    const Cycle room = left_[engine][number % spec::kQueueDepth];
    if (room == kUnknown || (fence && !drained())) return false;
    dispatched_ =
        std::max({dispatched_ + 1, lines_.front().usable, room + 1, fence ? retired_ : 0});
    left_[engine][number % spec::kQueueDepth] = kUnknown;
    ++number_[engine];
    Entry entry{c, dispatched_ + 1, number, {}};
    switch (c.opcode) {
        case Opcode::kLoadQ: entry.touch[0] = touch(q_[c.q_bank], engine); break;
        case Opcode::kLoadK: entry.touch[0] = touch(k_[c.k_bank], engine); break;
        case Opcode::kLoadV: entry.touch[0] = touch(v_[c.v_bank], engine); break;
        case Opcode::kAttend:
            entry.touch = {touch(q_[c.q_bank], engine), touch(k_[c.k_bank], engine),
                           touch(v_[c.v_bank], engine), touch(state_[c.state_bank], engine)};
            break;
        case Opcode::kFence: break;
        default: entry.touch[0] = touch(state_[c.state_bank], engine);
    }
    queue_[engine].push_back(entry);
    fenced_ = fence;
    fetched_.pop_front();
    if (--lines_.front().commands == 0) {
        lines_.pop_front();
        line_free_[lines_dispatched_++ % spec::kFifoLines] = dispatched_ + 1;
    }
    return true;
}

}  // namespace tessera::host
