// SPDX-License-Identifier: MIT
#include "hw_model/store/store_engine.h"

#include <algorithm>
#include <cstring>

#include "hw_model/front/csr.h"
#include "hw_model/front/dispatch.h"
#include "hw_model/memory/memory_port.h"

namespace tessera::hw {

using spec::Counter;
using spec::Opcode;

StoreEngine::StoreEngine(const sc_core::sc_module_name& name, Core& core)
    : DeviceUnit(name, core), fifo_beats_(spec::kStoreFifoBytes / core.params.bus_bytes) {}

void StoreEngine::act(Cycle now) {
    if (!state_.reading && !begin(now)) return;
    if (!read_ahead(now)) return;
    present(now);
}

/// Prepares the head of the queue for reading. False: there is none.
bool StoreEngine::begin(Cycle now) {
    state_.waiting = false;
    const Dispatched* head = state_.queue.head(now);
    if (head == nullptr) return false;
    if (core_.errors.halted(now)) {
        state_.queue.discard(now);
        return false;
    }
    const spec::Command& c = head->command;
    const spec::DeviceParams& p = core_.params;
    const bool fence = c.opcode == Opcode::kFence;
    const uint32_t rows = fence ? 1 : c.rows;
    state_.row_beats = fence ? 1 : p.beats(spec::row_bytes(p, c));
    state_.row = state_.beat = 0;
    state_.beats_left = uint64_t{state_.row_beats} * rows;
    state_.plan = BurstPlan(c.address, fence ? p.bus_bytes : c.pitch, state_.row_beats, rows,
                            p.bus_bytes, spec::kWriteBurstBytes);
    state_.burst = state_.plan.next();
    state_.next_read = std::max(now, state_.head_from);
    return true;
}

Cycle StoreEngine::row_granted(const Dispatched& d, uint32_t row) const {
    if (d.command.opcode == Opcode::kFence) return 0;
    const BankId bank = d.bank(BankKind::kState);
    const Ticket& ticket = d.ticket(BankKind::kState);
    return std::max(core_.scoreboard.granted_by(Engine::kLoad, bank, ticket),
                    core_.scoreboard.row_granted(bank, ticket, d.command.first_row + row));
}

/// The cycle in which the next beat may be read; kNever if not known yet.
Cycle StoreEngine::beat_granted() const {
    const Cycle row = state_.beat == 0 ? row_granted(*state_.queue.oldest(), state_.row) : 0;
    Cycle room = 0;
    if (state_.beats_read + 1 > fifo_beats_ + state_.freed_floor) {
        const uint64_t needed = state_.beats_read + 1 - fifo_beats_;
        room = kNever;
        for (const Freed& f : state_.freed)
            if (f.beats >= needed) {
                room = f.visible_from;
                break;
            }
    }
    return std::max({row, room, state_.next_read});
}

/// Reads all beats whose cycles are certain. False: the command has not started.
bool StoreEngine::read_ahead(Cycle now) {
    while (state_.beats_left != 0) {
        const Cycle at = beat_granted();
        state_.waiting = at == kNever;
        if (state_.waiting) return state_.reading;
        if (!state_.reading) {
            if (at > now) {
                wake(at);
                return false;
            }
            const Dispatched& d = *state_.queue.oldest();
            state_.stores.push_back(
                {d, std::max(d.visible_from, state_.head_from), now, 0, false, false});
            core_.trace.started(d.number, now);
            state_.started.post(now + 1);
            state_.started.trim(now);
            state_.reading = true;
        }
        if (state_.beat == 0) read_row();
        const uint8_t* bytes = reinterpret_cast<const uint8_t*>(state_.row_words.data());
        const uint32_t bus = core_.params.bus_bytes;
        if (!state_.row_words.empty())
            state_.fifo.insert(state_.fifo.end(), bytes + size_t{state_.beat} * bus,
                               bytes + size_t{state_.beat + 1} * bus);
        state_.fifo_from.push_back(at + spec::kStorePipeCycles);
        ++state_.beats_read;
        --state_.beats_left;
        state_.next_read = at + 1;
        if (++state_.beat == state_.row_beats) {
            state_.beat = 0;
            ++state_.row;
        }
        const Dispatched& d = state_.stores.back().d;
        if (state_.beats_left == 0 && d.command.opcode != Opcode::kFence) {
            core_.scoreboard.release(Engine::kStore, d.bank(BankKind::kState), at + 1, now);
            core_.released(Engine::kStore, at + 1);
        }
    }
    return true;
}

/// The words of the next row as memory will hold it, padded with zeros to whole beats.
void StoreEngine::read_row() {
    const Dispatched& d = state_.stores.back().d;
    const spec::Command& c = d.command;
    state_.row_words.assign(size_t{state_.row_beats} * core_.params.bus_bytes / 4, 0);
    if (c.opcode == Opcode::kFence) {
        state_.row_words[0] = c.tag;
        state_.row_words[1] = static_cast<uint32_t>(d.number + 1);
        return;
    }
    ++core_.counters[Counter::kSramStateRead];
    if (core_.timing_only) {
        state_.row_words.clear();
        return;
    }
    const StateBank& bank = core_.banks.state[c.state_bank];
    core_.worker.settle(bank.used_by);
    const uint32_t row = c.first_row + state_.row;
    const spec::RowState& state = bank.row[row];
    const float* o = &bank.o[size_t{row} * bank.stride];
    if (c.opcode == Opcode::kStoreState) {
        state_.row_words[0] = state.l;
        state_.row_words[1] = spec::state_word(state);
        std::memcpy(&state_.row_words[core_.params.bus_bytes / 4], o, size_t{4} * c.d_v);
        return;
    }
    const bool normalise = c.has(spec::kFlagNormalise);
    elements_.resize(c.d_v);
    store_row(state, o, c.d_v, normalise, c.has(spec::kFlagBf16), elements_.data());
    if (c.has(spec::kFlagBf16)) {
        for (uint32_t j = 0; j < c.d_v; ++j)
            state_.row_words[j / 2] |= elements_[j] << (j % 2 * 16);
    } else {
        std::copy(elements_.begin(), elements_.end(), state_.row_words.begin());
    }
    Counters& n = core_.counters;
    n[Counter::kRowsEmpty] += state.m == spec::kEmpty ? 1 : 0;
    n[Counter::kRowsNan] += (state.flags & spec::kRowNan) != 0 ? 1 : 0;
    n[Counter::kRowsSaturated] += (state.flags & spec::kRowSaturated) != 0 ? 1 : 0;
    n[Counter::kRowsDiv0] += normalise && spec::divides_by_zero(state) ? 1 : 0;
}

/// Presents the next burst if all of it is in the FIFO; comes back when that is so.
void StoreEngine::present(Cycle now) {
    if (!state_.reading || state_.fifo_from.size() < state_.burst.beats) return;
    const Cycle filled = state_.fifo_from[state_.burst.beats - 1];
    const Cycle spaced = state_.last_address == kNever ? 0 : state_.last_address + 1;
    const Cycle at = std::max(filled, spaced);
    if (at > now) {
        wake(at);
        return;
    }
    state_.port_blocked = !core_.port->can_write(now);
    if (state_.port_blocked) {
        wake(std::max(now + 1, core_.port->next_write_chance(now)));
        return;
    }
    Store& store = state_.stores.back();
    const BurstPlan::Burst burst = state_.burst;
    state_.last_address = now;
    ++store.unanswered;
    store.all_presented = state_.plan.done();
    if (store.all_presented) {
        (void)state_.queue.pop(now);
        state_.head_from = now + 1;
        core_.dispatch->on_room(now + 1);
        state_.reading = false;
    } else {
        state_.burst = state_.plan.next();
    }
    const uint64_t bytes = uint64_t{burst.beats} * core_.params.bus_bytes;
    const Opcode opcode = store.d.command.opcode;
    core_.counters[opcode == Opcode::kStoreO  ? Counter::kBytesO
                   : opcode == Opcode::kFence ? Counter::kBytesRecord
                                              : Counter::kBytesStateWrite] += bytes;
    const bool data = state_.fifo.size() >= bytes;
    state_.fifo_from.erase(state_.fifo_from.begin(), state_.fifo_from.begin() + burst.beats);
    core_.port->write(burst.address, data ? state_.fifo.data() : nullptr, burst.beats, now);
    if (data)
        state_.fifo.erase(state_.fifo.begin(), state_.fifo.begin() + static_cast<ptrdiff_t>(bytes));
    wake(now + 1);
}

void StoreEngine::on_written(uint32_t beats, const BurstSchedule& schedule) {
    Store& store = state_.stores.front();
    const uint64_t before = state_.freed.empty() ? state_.freed_floor : state_.freed.back().beats;
    state_.freed.push_back({schedule.last + 1, before + beats});
    const Cycle now = now_cycle();
    while (state_.freed.size() > 1 && state_.freed.front().visible_from < now) {
        state_.freed_floor = state_.freed.front().beats;
        state_.freed.pop_front();
    }
    if (state_.waiting) wake(std::max(now + 1, schedule.last + 1));
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
    state_.ended.post(std::max(response + 1, state_.ended.last()));
    state_.ended.trim(now);
    if (!store.failed) {
        state_.retired.post(response + 1);
        state_.retired.trim(now);
        core_.trace.retired(store.d.number, response);
        ++core_.counters[Counter::kCommandsRetired];
        core_.counters.book_command(TimeLine::kStore, store.head, store.start, response);
        if (store.d.command.opcode == Opcode::kFence) {
            core_.counters.take_snapshot(response, now);
            if (store.d.command.has(spec::kFlagInterrupt))
                core_.csr->raise(spec::kIrqFence, response + 1);
        }
        core_.dispatch->on_retired(response);
    }
    core_.wake_for_abort(response + 1);
    state_.stores.pop_front();
}

}  // namespace tessera::hw
