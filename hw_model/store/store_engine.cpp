// SPDX-License-Identifier: MIT
#include "hw_model/store/store_engine.h"

#include <algorithm>
#include <cstring>

#include "hw_model/compute/score_stage.h"
#include "hw_model/compute/value_stage.h"
#include "hw_model/front/csr.h"
#include "hw_model/front/dispatch.h"
#include "hw_model/load/load_engine.h"
#include "hw_model/memory/memory_port.h"

namespace tessera::hw {

using spec::Counter;
using spec::Opcode;

StoreEngine::StoreEngine(const sc_core::sc_module_name& name, Core& core)
    : Unit(name), core_(core), fifo_beats_(spec::kStoreFifoBytes / core.params.bus_bytes) {}

void StoreEngine::step(Cycle now) {
    core_.csr->reset_if_due(now);
    if (!reading_ && !begin(now)) return;
    if (!read_ahead(now)) return;
    present(now);
}

/// Prepares the head of the queue for reading. False: there is none.
bool StoreEngine::begin(Cycle now) {
    waiting_ = false;
    const Dispatched* head = queue_.head(now);
    if (head == nullptr) return false;
    if (core_.errors.halted(now)) {
        queue_.discard(now);
        return false;
    }
    const spec::Command& c = head->command;
    const spec::DeviceParams& p = core_.params;
    const bool fence = c.opcode == Opcode::kFence;
    const uint32_t rows = fence ? 1 : c.rows;
    row_beats_ = fence ? 1 : p.beats(spec::row_bytes(p, c));
    row_ = beat_ = 0;
    beats_left_ = uint64_t{row_beats_} * rows;
    plan_ = BurstPlan(c.address, fence ? p.bus_bytes : c.pitch, row_beats_, rows, p.bus_bytes,
                      spec::kWriteBurstBytes);
    burst_ = plan_.next();
    next_read_ = std::max(now, head_from_);
    return true;
}

Cycle StoreEngine::row_granted(const Dispatched& d, uint32_t row) const {
    if (d.command.opcode == Opcode::kFence) return 0;
    const BankId bank{BankKind::kState, d.command.state_bank};
    return std::max(core_.scoreboard.granted_by(Engine::kLoad, bank, d.state),
                    core_.scoreboard.row_granted(bank, d.state, d.command.first_row + row));
}

/// The cycle in which the next beat may be read; kNever if not known yet.
Cycle StoreEngine::beat_granted() const {
    const Cycle row = beat_ == 0 ? row_granted(*queue_.oldest(), row_) : 0;
    Cycle room = 0;
    if (beats_read_ + 1 > fifo_beats_ + freed_floor_) {
        const uint64_t needed = beats_read_ + 1 - fifo_beats_;
        room = kNever;
        for (const Freed& f : freed_)
            if (f.beats >= needed) {
                room = f.visible_from;
                break;
            }
    }
    return std::max({row, room, next_read_});
}

/// Reads all beats whose cycles are certain. False: the command has not started.
bool StoreEngine::read_ahead(Cycle now) {
    while (beats_left_ != 0) {
        const Cycle at = beat_granted();
        waiting_ = at == kNever;
        if (waiting_) return reading_;
        if (!reading_) {
            if (at > now) {
                wake(at);
                return false;
            }
            const Dispatched& d = *queue_.oldest();
            stores_.push_back({d, std::max(d.visible_from, head_from_), now, 0, false, false});
            core_.trace.started(d.number, now);
            started_.post(now + 1);
            started_.trim(now);
            reading_ = true;
        }
        if (beat_ == 0) read_row();
        const uint8_t* bytes = reinterpret_cast<const uint8_t*>(row_words_.data());
        const uint32_t bus = core_.params.bus_bytes;
        if (!row_words_.empty())
            fifo_.insert(fifo_.end(), bytes + size_t{beat_} * bus, bytes + size_t{beat_ + 1} * bus);
        fifo_from_.push_back(at + spec::kStorePipeCycles);
        ++beats_read_;
        --beats_left_;
        next_read_ = at + 1;
        if (++beat_ == row_beats_) {
            beat_ = 0;
            ++row_;
        }
        const spec::Command& c = stores_.back().d.command;
        if (beats_left_ == 0 && c.opcode != Opcode::kFence)
            core_.release(Engine::kStore, {BankKind::kState, c.state_bank}, at + 1, now);
    }
    return true;
}

/// The words of the next row as memory will hold it, padded with zeros to whole beats.
void StoreEngine::read_row() {
    const Dispatched& d = stores_.back().d;
    const spec::Command& c = d.command;
    row_words_.assign(size_t{row_beats_} * core_.params.bus_bytes / 4, 0);
    if (c.opcode == Opcode::kFence) {
        row_words_[0] = c.tag;
        row_words_[1] = static_cast<uint32_t>(d.number + 1);
        return;
    }
    ++core_.counters[Counter::kSramStateRead];
    if (core_.timing_only) {
        row_words_.clear();
        return;
    }
    const StateBank& bank = core_.banks.state[c.state_bank];
    core_.worker.settle(bank.used_by);
    const uint32_t row = c.first_row + row_;
    const spec::RowState& state = bank.row[row];
    const float* o = &bank.o[size_t{row} * bank.stride];
    if (c.opcode == Opcode::kStoreState) {
        row_words_[0] = state.l;
        row_words_[1] = spec::state_word(state);
        std::memcpy(&row_words_[core_.params.bus_bytes / 4], o, size_t{4} * c.d_v);
        return;
    }
    const bool normalise = c.has(spec::kFlagNormalise);
    elements_.resize(c.d_v);
    store_row(state, o, c.d_v, normalise, c.has(spec::kFlagBf16), elements_.data());
    if (c.has(spec::kFlagBf16)) {
        for (uint32_t j = 0; j < c.d_v; ++j) row_words_[j / 2] |= elements_[j] << (j % 2 * 16);
    } else {
        std::copy(elements_.begin(), elements_.end(), row_words_.begin());
    }
    Counters& n = core_.counters;
    n[Counter::kRowsEmpty] += state.m == spec::kEmpty ? 1 : 0;
    n[Counter::kRowsNan] += (state.flags & spec::kRowNan) != 0 ? 1 : 0;
    n[Counter::kRowsSaturated] += (state.flags & spec::kRowSaturated) != 0 ? 1 : 0;
    n[Counter::kRowsDiv0] += normalise && spec::divides_by_zero(state) ? 1 : 0;
}

/// Presents the next burst if all of it is in the FIFO; comes back when that is so.
void StoreEngine::present(Cycle now) {
    if (!reading_ || fifo_from_.size() < burst_.beats) return;
    const Cycle filled = fifo_from_[burst_.beats - 1];
    const Cycle spaced = last_address_ == kNever ? 0 : last_address_ + 1;
    const Cycle at = std::max(filled, spaced);
    if (at > now) {
        wake(at);
        return;
    }
    port_blocked_ = !core_.port->can_write(now);
    if (port_blocked_) {
        wake(std::max(now + 1, core_.port->next_write_chance(now)));
        return;
    }
    Store& store = stores_.back();
    const BurstPlan::Burst burst = burst_;
    last_address_ = now;
    ++store.unanswered;
    store.all_presented = plan_.done();
    if (store.all_presented) {
        (void)queue_.pop(now);
        head_from_ = now + 1;
        core_.dispatch->on_room(now + 1);
        reading_ = false;
    } else {
        burst_ = plan_.next();
    }
    const uint64_t bytes = uint64_t{burst.beats} * core_.params.bus_bytes;
    const Opcode opcode = store.d.command.opcode;
    core_.counters[opcode == Opcode::kStoreO  ? Counter::kBytesO
                   : opcode == Opcode::kFence ? Counter::kBytesRecord
                                              : Counter::kBytesStateWrite] += bytes;
    const bool data = fifo_.size() >= bytes;
    fifo_from_.erase(fifo_from_.begin(), fifo_from_.begin() + burst.beats);
    core_.port->write(burst.address, data ? fifo_.data() : nullptr, burst.beats, now);
    if (data) fifo_.erase(fifo_.begin(), fifo_.begin() + static_cast<ptrdiff_t>(bytes));
    wake(now + 1);
}

void StoreEngine::on_written(uint32_t beats, const BurstSchedule& schedule) {
    Store& store = stores_.front();
    const uint64_t before = freed_.empty() ? freed_floor_ : freed_.back().beats;
    freed_.push_back({schedule.last + 1, before + beats});
    const Cycle now = now_cycle();
    while (freed_.size() > 1 && freed_.front().visible_from < now) {
        freed_floor_ = freed_.front().beats;
        freed_.pop_front();
    }
    if (waiting_) wake(std::max(now + 1, schedule.last + 1));
    if (schedule.failed()) {
        store.failed = true;
        core_.fail(spec::ErrorCode::kWriteBus, store.d.command.tag, schedule.response,
                   ErrorSource::kStore);
    }
    --store.unanswered;
    if (store.all_presented && store.unanswered == 0) finish(store, schedule.response);
}

void StoreEngine::finish(Store& store, Cycle response) {
    const Cycle now = now_cycle();
    ended_.post(std::max(response + 1, ended_.last()));
    ended_.trim(now);
    if (!store.failed) {
        retired_.post(response + 1);
        retired_.trim(now);
        core_.trace.retired(store.d.number, response);
        ++core_.counters[Counter::kCommandsRetired];
        activity_.add(store.head, store.start, response, core_.counters.start());
        if (store.d.command.opcode == Opcode::kFence) finish_fence(store, response);
        core_.dispatch->on_retired(response);
    }
    core_.wake_for_abort(response + 1);
    stores_.pop_front();
}

void StoreEngine::finish_fence(const Store& store, Cycle response) {
    CounterValues values = core_.counters.values();
    const auto at = [&](Counter c) -> uint64_t& { return values[static_cast<size_t>(c)]; };
    at(Counter::kCycles) = response - core_.counters.start();
    core_.load->report(response, at(Counter::kLoadBusy), at(Counter::kLoadStall),
                       at(Counter::kLoadIdle));
    core_.score->report(response, values);
    core_.value->report(response, values);
    report(response, at(Counter::kStoreBusy), at(Counter::kStoreStall), at(Counter::kStoreIdle));
    core_.counters.take(values, now_cycle(), response + 1);
    if (store.d.command.has(spec::kFlagInterrupt)) core_.csr->raise(spec::kIrqFence, response + 1);
}

void StoreEngine::clear() {
    queue_.clear();
    stores_.clear();
    reading_ = waiting_ = port_blocked_ = false;
    head_from_ = next_read_ = 0;
    beats_left_ = beats_read_ = freed_floor_ = 0;
    fifo_.clear();
    fifo_from_.clear();
    freed_.clear();
    last_address_ = kNever;
    started_ = ended_ = retired_ = Milestones();
    activity_.clear();
}

}  // namespace tessera::hw
