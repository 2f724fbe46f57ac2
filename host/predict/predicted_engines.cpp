// SPDX-License-Identifier: MIT
// Load, compute and store engine of PredictedDevice.
#include <algorithm>

#include "host/predict/predicted_device.h"

namespace tessera::host {

using spec::Command;
using spec::Opcode;

bool PredictedDevice::begin_load() {
    if (loading_ || queue_[kLoad].empty()) return false;
    const Entry& entry = queue_[kLoad].front();
    const Cycle used = released(entry.touch[0], kCompute),
                stored = released(entry.touch[0], kStore);
    if (used == kUnknown || stored == kUnknown) return false;
    const Command& c = entry.command;
    load_from_ = std::max({load_from_, entry.visible, used, stored});
    const uint32_t row = p_.beats(spec::row_bytes(p_, c));
    list_ = c.has(spec::kFlagGather);
    const uint32_t list = p_.beats(uint64_t{4} * c.rows);
    load_ =
        list_ ? hw::BurstPlan(c.index_address, list * p_.bus_bytes, list, 1, p_.bus_bytes,
                              spec::kReadBurstBytes)
              : hw::BurstPlan(c.address, c.pitch, row, c.rows, p_.bus_bytes, spec::kReadBurstBytes);
    return loading_ = true;
}

/// When the load's next burst is presented.
bool PredictedDevice::load_time() {
    if (!loading_ || load_at_ != kUnknown) return false;
    const Command& c = queue_[kLoad].front().command;
    if (load_.done()) {
        if (list_) return false;  // on its way
        // Rows that are named; which ones is not looked at. Each is a range of its own.
        const uint32_t row = p_.beats(spec::row_bytes(p_, c));
        load_ = hw::BurstPlan(c.address, std::max(c.pitch, (row + 1) * p_.bus_bytes), row, c.rows,
                              p_.bus_bytes, spec::kReadBurstBytes);
    }
    const Cycle room = load_end_[load_bursts_ % load_end_.size()];
    if (room == kUnknown) return false;
    load_at_ = std::max(load_from_, room);
    return true;
}

void PredictedDevice::present_load() {
    const Entry& entry = queue_[kLoad].front();
    const hw::BurstPlan::Burst burst = load_.next();
    const uint64_t bytes = uint64_t{burst.beats} * p_.bus_bytes;
    const bool last = load_.done() && !list_;
    memory_->read(load_at_ + spec::kAcceptCycles, burst.address, bytes);
    bytes_ += bytes;
    asked_.push_back({false, last, list_ && load_.done(), entry.touch[0]});
    load_end_[load_bursts_++ % load_end_.size()] = kUnknown;
    load_from_ = load_at_ + 1;
    load_at_ = kUnknown;
    if (!last) return;
    left_[kLoad][entry.number % spec::kQueueDepth] = load_from_ - 1;
    queue_[kLoad].pop_front();
    loading_ = false;
}

/// The next lane group enters the score stage (docs/contract/timing.md, section 4).
bool PredictedDevice::score() {
    if (score_entry_ == queue_[kCompute].size() || scored_ > valued_ + 1) return false;
    const Entry& entry = queue_[kCompute][score_entry_];
    const Command& c = entry.command;
    const Cycle q = released(entry.touch[0], kLoad), k = released(entry.touch[1], kLoad);
    if (q == kUnknown || k == kUnknown) return false;
    const LaneGroup &before = groups_[(scored_ - 1) % 4], &second = groups_[(scored_ - 2) % 4];
    const Cycle lead = spec::score_lead(p_);
    const Cycle at = std::max(
        {entry.visible, q, k, before.score_start + spec::group_cycles(p_, before.keys),
         second.value_start + 1 > lead ? second.value_start + 1 - lead : 0, second.admitted + 1});
    groups_[scored_++ % 4] = {at, 0, 0, c.keys};
    score_row_ += p_.group_rows();
    if (score_row_ < c.rows) return true;
    score_row_ = 0;
    ++score_entry_;
    left_[kCompute][entry.number % spec::kQueueDepth] = at;
    release(entry.touch[0], kCompute, at + spec::score_release_after(p_, c.keys));
    release(entry.touch[1], kCompute, at + spec::score_release_after(p_, c.keys));
    return true;
}

/// The next lane group is admitted and enters the value stage.
bool PredictedDevice::value() {
    if (valued_ == scored_) return false;
    const Entry& entry = queue_[kCompute].front();
    const Command& c = entry.command;
    const Touch& state = entry.touch[3];
    const Cycle v = released(entry.touch[2], kLoad), loaded = released(state, kLoad),
                stored = released(state, kStore);
    if (v == kUnknown || loaded == kUnknown || stored == kUnknown) return false;
    LaneGroup& group = groups_[valued_ % 4];
    const LaneGroup& before = groups_[(valued_ - 1) % 4];
    ++valued_;
    group.admitted = std::max({group.score_start + 1, before.admitted + 1, v, loaded, stored});
    group.value_start =
        std::max({group.score_start + spec::max_known_after(p_, c.keys), group.admitted + 1,
                  before.value_start + spec::value_spacing(p_, before.keys, c.keys)});
    const Cycle merged = group.value_start + spec::merge_write_after(p_, c.keys);
    if (value_row_ == 0) state.bank->merged.clear();
    state.bank->merged.push_back(merged);
    value_row_ += p_.group_rows();
    if (value_row_ < c.rows) return true;
    value_row_ = 0;
    const Cycle all_merged = merged + (c.rows - 1) % p_.group_rows() + 1;
    release(entry.touch[2], kCompute, group.value_start + spec::value_release_after(p_, c.keys));
    release(state, kCompute, all_merged);
    retired_ = std::max(retired_, all_merged);
    queue_[kCompute].pop_front();
    --score_entry_;
    return true;
}

bool PredictedDevice::begin_store() {
    if (storing_ || queue_[kStore].empty()) return false;
    const Entry& entry = queue_[kStore].front();
    const Command& c = entry.command;
    const bool fence = c.opcode == Opcode::kFence;
    const Touch& state = entry.touch[0];
    next_read_ = std::max({next_read_, entry.visible, store_from_});
    if (!fence) {
        const Cycle loaded = released(state, kLoad);
        if (loaded == kUnknown || released(state, kCompute) == kUnknown) return false;
        next_read_ = std::max(next_read_, loaded);
    }
    row_beats_ = fence ? 1 : p_.beats(spec::row_bytes(p_, c));
    store_ = hw::BurstPlan(c.address, fence ? p_.bus_bytes : c.pitch, row_beats_,
                           fence ? 1 : c.rows, p_.bus_bytes, spec::kWriteBurstBytes);
    burst_ = store_.next();
    beats_ = 0;
    burst_end_ = burst_.beats;
    return storing_ = true;
}

/// Reads the beats of the next burst, as far as the FIFO has room, and says when it is presented.
bool PredictedDevice::read_beats() {
    if (!storing_ || store_at_ != kUnknown) return false;
    const Cycle room = response_[writes_ % response_.size()];
    if (room == kUnknown) return false;
    const Entry& entry = queue_[kStore].front();
    const bool fence = entry.command.opcode == Opcode::kFence;
    for (; beats_ < burst_end_; ++beats_) {
        Cycle at = next_read_;
        if (!fence && beats_ % row_beats_ == 0) {
            const uint32_t row = entry.command.first_row + beats_ / row_beats_;
            const std::vector<Cycle>& merged = entry.touch[0].bank->merged;
            const size_t group = row / p_.group_rows();
            at = std::max(at, group < merged.size() ? merged[group] + row % p_.group_rows() + 1
                                                    : released(entry.touch[0], kCompute));
        }
        const uint64_t end = fifo_bytes_ + p_.bus_bytes;
        if (end > spec::kStoreFifoBytes) {
            while (!freed_.empty() && freed_.front().bytes + spec::kStoreFifoBytes < end)
                freed_.pop_front();
            if (freed_.empty()) return false;
            at = std::max(at, freed_.front().visible);
        }
        fifo_bytes_ = end;
        next_read_ = at + 1;
    }
    if (!fence && store_.done()) release(entry.touch[0], kStore, next_read_);
    store_at_ = std::max({next_read_ - 1 + spec::kStorePipeCycles, store_from_, room});
    return true;
}

void PredictedDevice::present_store() {
    const Entry& entry = queue_[kStore].front();
    const bool fence = entry.command.opcode == Opcode::kFence;
    const uint64_t bytes = uint64_t{burst_.beats} * p_.bus_bytes;
    const bool last = store_.done();
    response_[writes_++ % response_.size()] = kUnknown;
    unwritten_.push_back({last, fence, bytes});
    memory_->write(store_at_ + spec::kAcceptCycles, burst_.address, bytes);
    bytes_ += bytes;
    store_from_ = store_at_ + 1;
    store_at_ = kUnknown;
    if (!last) {
        burst_ = store_.next();
        burst_end_ += burst_.beats;
        return;
    }
    left_[kStore][entry.number % spec::kQueueDepth] = store_from_ - 1;
    queue_[kStore].pop_front();
    storing_ = false;
}

}  // namespace tessera::host
