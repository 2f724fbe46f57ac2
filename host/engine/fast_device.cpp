// SPDX-License-Identifier: MIT
#include "host/engine/fast_device.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "host/engine/fast_forward.h"

namespace tessera::host {

using hw::kNever;
using hw::TimeLine;
using spec::Command;
using spec::Counter;
using spec::Opcode;

FastDevice::FastDevice(const hw::PlatformConfig& config, const FastRing& ring,
                       std::unique_ptr<CommandSource> source, std::vector<Cycle> merging)
    : p_(config.params),
      ring_address_(ring.address),
      ring_bytes_(uint64_t{ring.descriptors} * spec::kDescriptorBytes),
      source_(std::move(source)),
      memory_(fast_memory(config)),
      firmware_(config.firmware, ring.descriptors, ring.begin, ring.submitted),
      before_(ring.submitted),
      submitted_(ring.submitted),
      begin_(ring.begin),
      merging_(std::move(merging)),
      trace_(config.params, config.trace_commands),
      dispatched_(ring.submitted),
      dispatches_(ring.submitted, ring.descriptors + size_t{1}) {
    if (ring.open && ring.begin > kOpenBefore) open_ring();
}

FastDevice::~FastDevice() = default;

void FastDevice::fast_forward() {
    const bool plain = merging_.empty() && before_ == 0 && !p_.key_ranges;
    if (plain) forward_ = std::make_unique<FastForward>(*this);
}

uint64_t FastDevice::periods_passed() const { return forward_ ? forward_->periods() : 0; }

/// Reads a line of descriptors for nobody.
void FastDevice::open_ring() {
    memory_->read(begin_ - kOpenBefore, ring_address_, spec::kLineBytes);
    while (memory_->reads.empty() && memory_->advance()) {
    }
    memory_->reads.clear();
}

void FastDevice::run() {
    for (;;) {
        take_answers();
        go_on();
        if (forward_) forward_->look();
        const Cycle line = line_time(), load = load_time(), store = store_time();
        const Cycle at = std::min({line, load, store});
        // A firmware that sleeps has not said yet what it does before that.
        if (wake_firmware(at)) continue;
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
        throw std::logic_error("the fast engine does not come to an end");
    firmware_.finish(store_.retired.last());
}

/// Most bursts that come or go let no unit do more.
void FastDevice::go_on() {
    if (store_stirred_ && read_beats() && store_.beats_left == 0) stirred_ = true;
    store_stirred_ = false;
    if (!stirred_) return;
    while (dispatch() || score() || value() || read_beats() || merge() || plan_line()) {
    }
    load_from_ = load_.next(scoreboard_);
    stirred_ = false;
}

void FastDevice::take_answers() {
    while (!memory_->reads.empty()) {
        take_read(memory_->reads.front() - 1);
        memory_->reads.pop_front();
    }
    while (!memory_->writes.empty()) {
        take_write(memory_->writes.front() - 1);
        memory_->writes.pop_front();
    }
}

void FastDevice::take_read(Cycle last_beat) {
    const Asked asked = asked_.front();
    asked_.pop_front();
    reads_.end(last_beat + 1, now_);
    const hw::Span beats{last_beat + 1 - asked.beats, last_beat + 1};
    port_[0].add_span(beats.begin, beats.end);
    if (forward_) forward_->port(false, beats);
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
        retire_load(last_beat);
        stirred_ = true;
    }
}

void FastDevice::retire_load(Cycle last_beat) {
    const Started load = loads_.front();
    loads_.pop_front();
    const Cycle retire = load_.retire(load.bank, scoreboard_, last_beat, now_);
    trace_.retired(load.number, retire);
    ++counters_[Counter::kCommandsRetired];
    if (load.opcode == Opcode::kLoadState) counters_[Counter::kSramStateWrite] += load.rows;
    counters_.book_command(trace_, TimeLine::kLoad, load.head, load.start, retire);
}

void FastDevice::take_write(Cycle last_beat) {
    const Written written = written_.front();
    written_.pop_front();
    const Cycle response = last_beat + memory_->write_latency;
    const hw::Span beats{last_beat + 1 - written.beats, last_beat + 1};
    port_[1].add_span(beats.begin, beats.end);
    if (forward_) forward_->port(true, beats);
    store_.written(written.beats, last_beat);
    writes_.end(response + 1, now_);
    store_stirred_ = true;
    if (!written.store_end) return;
    retire_store(response);
    stirred_ = true;
}

void FastDevice::retire_store(Cycle response) {
    const Started store = stores_started_.front();
    stores_started_.pop_front();
    store_.retire(response, now_);
    // Kept, since the timing forgets what its own readers have seen.
    for (Fence& fence : fences_)
        if (fence.number == store_.retired.posted()) fence.retired = store_.retired.last();
    trace_.retired(store.number, response);
    ++counters_[Counter::kCommandsRetired];
    counters_.book_command(trace_, TimeLine::kStore, store.head, store.start, response);
    if (store.opcode == Opcode::kFence) counters_.take_snapshot(response, now_);
}

/// Has firmware plan the next line of commands. It is cut short by the end of a batch.
bool FastDevice::plan_line() {
    if (line_published_ || !to_merge_.empty() || source_ended_ || head_read_ != kNever)
        return false;
    do {
        if (!held_back_ && !source_->next(planned_)) {
            source_ended_ = true;
            break;
        }
        held_back_ = firmware_.full();
        if (held_back_) {
            const uint64_t awaited = firmware_.awaited();
            if (dispatches_.knows(awaited))
                head_read_ = firmware_.sleep(dispatches_.cycle(awaited));
            return false;
        }
        firmware_.submit();
        ++line_pending_;
        if (planned_.opcode == Opcode::kAttend) ++calls_;
        end_batch(planned_);
        fetched_.push_back(planned_);
    } while (++submitted_ % spec::kLineDescriptors != 0 && to_merge_.empty());
    if (line_pending_ == 0) return false;
    firmware_.publish();
    line_published_ = true;
    return true;
}

bool FastDevice::wake_firmware(Cycle before) {
    if (head_read_ > before || head_read_ == kNever) return false;
    firmware_.wake(dispatches_.head(head_read_));
    head_read_ = kNever;
    stirred_ = true;
    return true;
}

void FastDevice::end_batch(const Command& command) {
    if (hw::DispatchTiming::engine_of(command.opcode) == hw::Engine::kStore) ++stores_;
    if (merging_.empty() || !command.has(spec::kFlagInterrupt)) return;
    if (batches_ != 0) to_merge_.push_back(merging_.at(batches_ - 1));
    fences_.push_back({stores_, kNever});
    if (++batches_ == merging_.size()) to_merge_.push_back(merging_.back());
}

/// Has firmware merge a batch that is in memory.
bool FastDevice::merge() {
    if (to_merge_.empty() || fences_.front().retired == kNever) return false;
    firmware_.work_until(std::max(firmware_.now(), fences_.front().retired) + to_merge_.front());
    fences_.pop_front();
    to_merge_.pop_front();
    return true;
}

/// Hands the next command to its engine's queue.
bool FastDevice::dispatch() {
    if (lines_.empty()) return false;
    hw::CommandQueue* const queues[] = {&load_.queue, &score_.queue, &store_.queue};
    const Opcode opcode = fetched_.front().opcode;
    hw::CommandQueue& queue = *queues[static_cast<size_t>(hw::DispatchTiming::engine_of(opcode))];
    const Cycle at =
        std::max(lines_.front().usable,
                 dispatch_.next(opcode, queue, {&load_.retired, &value_.retired, &store_.retired}));
    if (at == kNever) return false;
    hw::Dispatched d;
    d.command = std::move(fetched_.front());
    d.number = dispatched_++ - before_;
    fetched_.pop_front();
    dispatches_.add(at);
    trace_.dispatched(d.command, d.number, at);
    dispatch_.dispatch(std::move(d), scoreboard_, queue, at);
    if (--lines_.front().commands == 0) {
        lines_.pop_front();
        buffers_.free(at);
    }
    return true;
}

/// The next lane group enters the score stage.
bool FastDevice::score() {
    const Cycle at = score_.next(p_, scoreboard_, value_);
    if (at == kNever) return false;
    count_score_gap(at);
    if (!score_.current) {
        trace_.started(score_.queue.oldest()->number, at);
        if (forward_) forward_->call_begins();
        if (observer_) observer_(calls_);
    }
    hw::LaneGroup group = score_.enter(p_, scoreboard_, at);
    const Cycle cycles = score_.keys_end - at;
    counters_.book_keys(TimeLine::kScore, at, cycles);
    counters_[Counter::kSramQRead] += cycles * p_.lanes;
    counters_[Counter::kSramKRead] += group.keys.count;
    counters_[Counter::kSramScoreWrite] += cycles * p_.lanes;
    value_.groups.push_back(std::move(group));
    return true;
}

/// Books the cycles since the last key entered, up to `at`.
void FastDevice::count_score_gap(Cycle at) {
    hw::Counters::Gap gap = counters_.gap(trace_, TimeLine::kScore, at);
    if (!score_.current) {
        const hw::Dispatched& d = *score_.queue.oldest();
        gap.idle_until(score_.queue.head_from(), Counter::kScoreIdle);
        gap.until(d.granted(scoreboard_, hw::Engine::kCompute, hw::BankKind::kQ),
                  Counter::kScoreStallQ);
        gap.until(d.granted(scoreboard_, hw::Engine::kCompute, hw::BankKind::kK),
                  Counter::kScoreStallK);
    }
    gap.until(at, Counter::kScoreStallBuffer);
}

/// The next lane group is admitted to the value stage.
bool FastDevice::value() {
    const Cycle at = value_.next(scoreboard_);
    if (at == kNever) return false;
    const Cycle value_granted = value_.value_granted(scoreboard_);
    const Cycle state_granted = value_.state_granted(scoreboard_);
    const hw::ValueTiming::Admission a = value_.admit(p_, scoreboard_, at);
    count_value_gap(a, value_granted, state_granted);
    const Cycle cycles = spec::group_cycles(p_, a.group.keys.count);
    counters_.book_keys(TimeLine::kValue, a.value_start, cycles);
    trace_.group({a.group.attend->number, a.group.index, a.group.keys.count, a.group.score_start,
                  a.value_start, a.last_row});
    if (forward_) forward_->group(a.group.score_start, a.value_start, cycles);
    counters_[Counter::kSramVRead] += a.group.keys.count;
    counters_[Counter::kSramScoreRead] += cycles * p_.lanes;
    counters_[Counter::kSramStateWrite] += a.group.rows;
    if (a.group.command().has(spec::kFlagContinue))
        counters_[Counter::kSramStateRead] += a.group.rows;
    if (!a.group.last) return true;
    trace_.retired(a.group.attend->number, a.last_row);
    ++counters_[Counter::kCommandsRetired];
    ++counters_[Counter::kAttendsRetired];
    return true;
}

/// The cycles from the end of the last lane group's keys to V.
void FastDevice::count_value_gap(const hw::ValueTiming::Admission& a, Cycle value_granted,
                                 Cycle state_granted) {
    hw::Counters::Gap gap = counters_.gap(trace_, TimeLine::kValue, a.value_start);
    gap.idle_until(a.group.score_start + 1, Counter::kValueIdle);
    gap.until(value_granted, Counter::kValueStallV);
    gap.until(state_granted, Counter::kValueStallState);
    gap.until(a.value_start, Counter::kValueStallScore);
}

/// Reads the beats of the next store, as far as they are known to be merged and the FIFO has room.
bool FastDevice::read_beats() {
    if (!store_.prepared) {
        if (store_.queue.oldest() == nullptr) return false;
        store_.prepare(p_);
    }
    bool any = false;
    while (store_.beats_left != 0) {
        const Cycle at = store_.next_beat(p_, scoreboard_);
        if (at == kNever) break;
        const hw::Dispatched& d = *store_.queue.oldest();
        const Opcode opcode = d.command.opcode;
        if (store_.row == 0 && store_.beat == 0) {
            stores_started_.push_back(
                {d.number, opcode, d.command.rows, {}, store_.queue.head_from(), at});
            trace_.started(d.number, at);
        }
        const uint32_t beats = store_.beats_at_once(p_, scoreboard_);
        const uint32_t end = store_.beat + beats;
        const uint32_t rows =
            spec::divide_up(end, store_.row_beats) - (store_.beat == 0 ? 0 : 1);  // begun by that
        if (opcode != Opcode::kFence) counters_[Counter::kSramStateRead] += rows;
        store_.read_beats(beats, scoreboard_, at, now_);
        any = true;
    }
    return any;
}

/// Firmware has written the next line of descriptors and there is a buffer for it.
Cycle FastDevice::line_time() const {
    if (!line_published_) return kNever;
    return std::max(
        {firmware_.published(), buffers_.room_from(), reads_.next(spec::kReadOutstanding)});
}

Cycle FastDevice::load_time() const {
    return std::max(load_from_, reads_.next(spec::kLoadOutstanding));
}

Cycle FastDevice::store_time() const {
    return std::max(store_.next_address(), writes_.next(spec::kWriteOutstanding));
}

void FastDevice::read(uint64_t address, Cycle at, Asked asked) {
    const uint64_t bytes = uint64_t{asked.beats} * p_.bus_bytes;
    reads_.present(at);
    ++counters_[Counter::kReadBursts];
    memory_->read(at + spec::kAcceptCycles, address, bytes);
    bytes_ += bytes;
    asked_.push_back(asked);
}

void FastDevice::present_line(Cycle at) {
    counters_.open(at + spec::kAcceptCycles);
    counters_[Counter::kBytesDescriptor] += spec::kLineBytes;
    const uint64_t first = (submitted_ - 1) / spec::kLineDescriptors;  // of the ring's lines
    const uint64_t address = ring_address_ + first * spec::kLineBytes % ring_bytes_;
    read(address, at, {p_.beats(spec::kLineBytes), true, false, false});
    lines_.push_back({line_pending_, kNever});
    line_pending_ = 0;
    line_published_ = false;
    ++buffers_.fetched;
    if (forward_) forward_->line_fetched(at, at == firmware_.published());
    stirred_ = true;
}

void FastDevice::present_load(Cycle at) {
    if (!load_.presenting) {
        const hw::Dispatched& d = *load_.queue.oldest();
        loads_.push_back({d.number, d.command.opcode, d.command.rows, hw::LoadTiming::bank(d),
                          load_.queue.head_from(), at});
        trace_.started(d.number, at);
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
    count_load(address);
    read(address.burst.address, at,
         {address.burst.beats, false, address.index && load_.needs_row(), address.last});
}

/// Of the load that started last.
void FastDevice::count_load(const hw::LoadTiming::Address& address) {
    const uint32_t beats = address.burst.beats;
    const auto add = [&](Counter bytes, Counter* written) {
        counters_[bytes] += uint64_t{beats} * p_.bus_bytes;
        if (written != nullptr) counters_[*written] += beats;
    };
    Counter q = Counter::kSramQWrite, k = Counter::kSramKWrite, v = Counter::kSramVWrite;
    if (address.index) return add(Counter::kBytesIndex, nullptr);
    switch (loads_.back().opcode) {
        case Opcode::kLoadQ: return add(Counter::kBytesQ, &q);
        case Opcode::kLoadK: return add(Counter::kBytesK, &k);
        case Opcode::kLoadV: return add(Counter::kBytesV, &v);
        default: return add(Counter::kBytesStateRead, nullptr);
    }
}

void FastDevice::present_store(Cycle at) {
    const hw::StoreTiming::Address address = store_.present(at);
    stirred_ |= address.last;
    const uint64_t bytes = uint64_t{address.burst.beats} * p_.bus_bytes;
    const Opcode opcode = stores_started_.back().opcode;
    counters_[opcode == Opcode::kStoreO  ? Counter::kBytesO
              : opcode == Opcode::kFence ? Counter::kBytesRecord
                                         : Counter::kBytesStateWrite] += bytes;
    ++counters_[Counter::kWriteBursts];
    writes_.present(at);
    memory_->write(at + spec::kAcceptCycles, address.burst.address, bytes);
    bytes_ += bytes;
    written_.push_back({address.burst.beats, address.last});
}

bool FastDevice::walk(hw::StateWalk& walk) {
    walk.cycle(now_);
    walk.cycle(load_from_);
    Cycle published = line_published_ ? firmware_.published() : 0;  // FastForward moves firmware
    walk.cycle(published);
    walk.count(bytes_);
    walk.count(calls_);
    walk.count(stores_);
    walk.count(dispatched_);
    walk.count(submitted_, dispatched_);
    for (const uint64_t field :
         {uint64_t{stirred_}, uint64_t{store_stirred_}, uint64_t{source_ended_},
          uint64_t{line_published_}, uint64_t{line_pending_}, uint64_t{held_back_}, head_read_,
          fetched_.size(), lines_.size(), loads_.size(), stores_started_.size(), asked_.size(),
          written_.size()})
        walk.plain(field);
    for (const Command& command : fetched_) hw::walk_command(walk, command);
    for (Line& line : lines_) {
        walk.plain(line.commands);
        walk.cycle(line.usable);
    }
    for (std::deque<Started>* const all : {&loads_, &stores_started_})
        for (Started& one : *all) {
            walk.count(one.number);
            walk.plain(static_cast<uint64_t>(one.opcode));
            walk.plain(one.rows);
            walk.plain(one.bank.index());
            walk.cycle(one.head, kNever);
            walk.cycle(one.start, kNever);
        }
    for (const Asked& asked : asked_) {
        walk.plain(asked.beats);
        walk.plain((asked.line ? 1U : 0U) | (asked.list_end ? 2U : 0U) |
                   (asked.load_end ? 4U : 0U));
    }
    for (const Written& written : written_) {
        walk.plain(written.beats);
        walk.plain(written.store_end ? 1 : 0);
    }
    counters_.walk(walk);
    buffers_.walk(walk);
    dispatch_.walk(walk, {&load_.retired, &value_.retired, &store_.retired});
    scoreboard_.walk(walk);
    load_.walk(walk, scoreboard_);
    score_.walk(walk, scoreboard_, value_.admitted);
    value_.walk(walk, p_, scoreboard_);
    store_.walk(walk, scoreboard_);
    reads_.walk(walk);
    writes_.walk(walk);
    return memory_->walk(walk);
}

}  // namespace tessera::host
