// SPDX-License-Identifier: MIT
#include "host/predict/predicted_device.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tessera::host {

using hw::kNever;
using spec::Command;

PredictedDevice::PredictedDevice(const hw::PlatformConfig& config, const PredictedRing& ring,
                                 std::function<bool(Command&)> next, std::vector<Cycle> merging)
    : p_(config.params),
      firmware_(config.firmware),
      ring_address_(ring.address),
      ring_bytes_(uint64_t{ring.descriptors} * spec::kDescriptorBytes),
      next_(std::move(next)),
      memory_(predicted_memory(config)),
      before_(ring.submitted),
      submitted_(ring.submitted),
      begin_(ring.begin),
      planned_(ring.begin),
      merging_(std::move(merging)) {
    if (ring.open && ring.begin > kOpenBefore) open_ring();
}

/// Reads a line of descriptors for nobody.
void PredictedDevice::open_ring() {
    memory_->read(begin_ - kOpenBefore, ring_address_, spec::kLineBytes);
    while (memory_->reads.empty() && memory_->advance()) {
    }
    memory_->reads.clear();
}

void PredictedDevice::run() {
    for (;;) {
        take_answers();
        go_on();
        const Cycle line = line_time(), load = load_time(), store = store_time();
        const Cycle at = std::min({line, load, store});
        if (at == kNever || at + spec::kAcceptCycles > memory_->safe_until()) {
            if (memory_->advance() || !memory_->reads.empty() || !memory_->writes.empty()) continue;
            break;
        }
        now_ = at;
        if (at == line)  // before a load: the front end has the read port first
            present_line(at);
        else if (at == load)
            present_load(at);
        else
            present_store(at);
    }
    // The FENCE, which is the last command, waits for all others.
    if (!fetched_.empty() || store_.queue.oldest() != nullptr || !written_.empty())
        throw std::logic_error("a prediction does not end");
}

/// Most bursts that come or go let no unit do more.
void PredictedDevice::go_on() {
    if (store_stirred_ && read_beats() && store_.beats_left == 0) stirred_ = true;
    store_stirred_ = false;
    if (!stirred_) return;
    while (fetch_more() || merge() || dispatch() || score() || value() || read_beats()) {
    }
    load_from_ = load_.next(scoreboard_);
    stirred_ = false;
}

void PredictedDevice::take_answers() {
    while (!memory_->reads.empty()) {
        take_read(memory_->reads.front() - 1);
        memory_->reads.pop_front();
    }
    while (!memory_->writes.empty()) {
        take_write(memory_->writes.front() - 1);
        memory_->writes.pop_front();
    }
}

void PredictedDevice::take_read(Cycle last_beat) {
    const Asked asked = asked_.front();
    asked_.pop_front();
    reads_.end(last_beat + 1, now_);
    if (asked.line) {
        const auto line = std::find_if(lines_.begin(), lines_.end(),
                                       [](const Line& l) { return l.usable == kNever; });
        line->usable = hw::LineTiming::usable(last_beat);
        stirred_ = true;
    }
    if (asked.list_end) {
        load_.list_read(last_beat);
        load_from_ = load_.next(scoreboard_);
    }
    if (asked.load_end) {
        load_.retire(loads_.front(), scoreboard_, last_beat, now_);
        loads_.pop_front();
        stirred_ = true;
    }
}

void PredictedDevice::take_write(Cycle last_beat) {
    const Written written = written_.front();
    written_.pop_front();
    const Cycle response = last_beat + memory_->write_latency;
    store_.written(written.beats, last_beat);
    writes_.end(response + 1, now_);
    store_stirred_ = true;
    if (!written.store_end) return;
    store_.retire(response, now_);
    // Kept, since the timing forgets what its own readers have seen.
    for (Fence& fence : fences_)
        if (fence.number == store_.retired.posted()) fence.retired = store_.retired.last();
    stirred_ = true;
}

/// Has firmware plan the next line of commands. It is cut short by the end of a batch.
bool PredictedDevice::fetch_more() {
    if (line_pending_ != 0 || !to_merge_.empty() || next_ == nullptr) return false;
    do {
        Command command;
        if (!next_(command)) {
            next_ = nullptr;
            break;
        }
        ++line_pending_;
        if (command.opcode == spec::Opcode::kAttend) ++calls_;
        end_batch(command);
        fetched_.push_back(std::move(command));
    } while (++submitted_ % spec::kLineDescriptors != 0 && to_merge_.empty());
    if (line_pending_ == 0) return false;
    planned_ += line_pending_ * Cycle{firmware_.plan_cycles + firmware_.descriptor_cycles};
    published_ = planned_ + 1;
    planned_ += spec::kCsrAccessCycles;
    return true;
}

void PredictedDevice::end_batch(const Command& command) {
    if (hw::DispatchTiming::engine_of(command.opcode) == hw::Engine::kStore) ++stores_;
    if (merging_.empty() || !command.has(spec::kFlagInterrupt)) return;
    if (batches_ != 0) to_merge_.push_back(merging_.at(batches_ - 1));
    fences_.push_back({stores_, kNever});
    if (++batches_ == merging_.size()) to_merge_.push_back(merging_.back());
}

/// Has firmware merge a batch that is in memory.
bool PredictedDevice::merge() {
    if (to_merge_.empty() || fences_.front().retired == kNever) return false;
    planned_ = std::max(planned_, fences_.front().retired) + to_merge_.front();
    fences_.pop_front();
    to_merge_.pop_front();
    return true;
}

/// Hands the next command to its engine's queue.
bool PredictedDevice::dispatch() {
    if (lines_.empty()) return false;
    hw::CommandQueue* const queues[] = {&load_.queue, &score_.queue, &store_.queue};
    const spec::Opcode opcode = fetched_.front().opcode;
    hw::CommandQueue& queue = *queues[static_cast<size_t>(hw::DispatchTiming::engine_of(opcode))];
    const Cycle at =
        std::max(lines_.front().usable,
                 dispatch_.next(opcode, queue, {&load_.retired, &value_.retired, &store_.retired}));
    if (at == kNever) return false;
    hw::Dispatched d;
    d.command = std::move(fetched_.front());
    fetched_.pop_front();
    dispatch_.dispatch(std::move(d), scoreboard_, queue, at);
    if (--lines_.front().commands == 0) {
        lines_.pop_front();
        buffers_.free(at);
    }
    return true;
}

/// The next lane group enters the score stage.
bool PredictedDevice::score() {
    const Cycle at = score_.next(p_, scoreboard_, value_);
    if (at == kNever) return false;
    value_.groups.push_back(score_.enter(p_, scoreboard_, at));
    return true;
}

/// The next lane group is admitted to the value stage.
bool PredictedDevice::value() {
    const Cycle at = value_.next(scoreboard_);
    if (at == kNever) return false;
    value_.admit(p_, scoreboard_, at);
    return true;
}

/// Reads the beats of the next store, as far as they are known to be merged and the FIFO has room.
bool PredictedDevice::read_beats() {
    if (!store_.prepared) {
        if (store_.queue.oldest() == nullptr) return false;
        store_.prepare(p_);
    }
    bool any = false;
    while (store_.beats_left != 0) {
        const Cycle at = store_.next_beat(p_, scoreboard_);
        if (at == kNever) break;
        store_.read_beats(store_.beats_at_once(p_, scoreboard_), scoreboard_, at, now_);
        any = true;
    }
    return any;
}

/// Firmware has written the next line of descriptors and there is a buffer for it.
Cycle PredictedDevice::line_time() const {
    if (line_pending_ == 0) return kNever;
    return std::max({published_, buffers_.room_from(), reads_.next(spec::kReadOutstanding)});
}

Cycle PredictedDevice::load_time() const {
    return std::max(load_from_, reads_.next(spec::kLoadOutstanding));
}

Cycle PredictedDevice::store_time() const {
    return std::max(store_.next_address(), writes_.next(spec::kWriteOutstanding));
}

void PredictedDevice::read(uint64_t address, uint64_t bytes, Cycle at, Asked asked) {
    reads_.present(at);
    memory_->read(at + spec::kAcceptCycles, address, bytes);
    bytes_ += bytes;
    asked_.push_back(asked);
}

void PredictedDevice::present_line(Cycle at) {
    if (buffers_.fetched == 0) opened_ = at + spec::kAcceptCycles;
    const uint64_t first = (submitted_ - 1) / spec::kLineDescriptors;  // of the ring's lines
    const uint64_t address = ring_address_ + first * spec::kLineBytes % ring_bytes_;
    read(address, spec::kLineBytes, at, {true, false, false});
    lines_.push_back({line_pending_, kNever});
    line_pending_ = 0;
    ++buffers_.fetched;
    stirred_ = true;
}

void PredictedDevice::present_load(Cycle at) {
    if (!load_.presenting) {
        loads_.push_back(hw::LoadTiming::bank(*load_.queue.oldest()));
        load_.start(p_);
    }
    if (load_.needs_row()) {
        const Command& c = load_.queue.oldest()->command;
        // Which rows a list names is not looked at. No two are neighbours.
        const uint32_t row_bytes = p_.beats(spec::row_bytes(p_, c)) * p_.bus_bytes;
        const uint32_t pitch = std::max(c.pitch, row_bytes + p_.bus_bytes);
        load_.plan_row(p_, c.address + uint64_t{load_.next_row} * pitch);
    }
    const hw::LoadTiming::Address address = load_.present(at);
    load_from_ = load_.next(scoreboard_);
    stirred_ |= address.last;
    read(address.burst.address, uint64_t{address.burst.beats} * p_.bus_bytes, at,
         {false, address.index && load_.needs_row(), address.last});
}

void PredictedDevice::present_store(Cycle at) {
    const hw::StoreTiming::Address address = store_.present(at);
    stirred_ |= address.last;
    const uint64_t bytes = uint64_t{address.burst.beats} * p_.bus_bytes;
    writes_.present(at);
    memory_->write(at + spec::kAcceptCycles, address.burst.address, bytes);
    bytes_ += bytes;
    written_.push_back({address.burst.beats, address.last});
}

}  // namespace tessera::host
