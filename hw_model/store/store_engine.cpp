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
    : DeviceUnit(name, core) {}

void StoreEngine::act(Cycle now) {
    if (!state_.reading && !begin(now)) return;
    if (!read_ahead(now)) return;
    present(now);
}

/// Prepares the head of the queue for reading. False: there is none.
bool StoreEngine::begin(Cycle now) {
    StoreTiming& timing = state_.timing;
    state_.waiting = false;
    if (timing.queue.head(now) == nullptr) return false;
    if (core_.errors.halted(now)) {
        timing.queue.discard(now);
        timing.prepared = false;
        return false;
    }
    if (!timing.prepared) timing.prepare(core_.params);
    return true;
}

/// Reads all beats whose cycles are certain. False: the command has not started.
bool StoreEngine::read_ahead(Cycle now) {
    StoreTiming& timing = state_.timing;
    while (timing.beats_left != 0) {
        const Cycle at = timing.next_beat(core_.params, core_.scoreboard);
        state_.waiting = at == kNever;
        if (state_.waiting) return state_.reading;
        if (!state_.reading) {
            if (at > now) {
                wake(at);
                return false;
            }
            const Dispatched& d = *timing.queue.oldest();
            state_.stores.push_back({d, timing.queue.head_from(), now, 0, false, false});
            core_.trace.started(d.number, now);
            state_.started.post(now + 1);
            state_.started.trim(now);
            state_.reading = true;
        }
        if (timing.beat == 0) read_row();
        const uint8_t* bytes = reinterpret_cast<const uint8_t*>(state_.row_words.data());
        const size_t bus = core_.params.bus_bytes;
        const uint32_t beats = std::min(timing.beats_at_once(core_.params, core_.scoreboard),
                                        timing.row_beats - timing.beat);
        if (!state_.row_words.empty())
            state_.fifo.insert(state_.fifo.end(), bytes + timing.beat * bus,
                               bytes + (timing.beat + beats) * bus);
        timing.read_beats(beats, core_.scoreboard, at, now);
        if (timing.beats_left == 0 && state_.stores.back().d.command.opcode != Opcode::kFence)
            core_.released(Engine::kStore, timing.read_from);
    }
    return true;
}

/// The words of the next row as memory will hold it, padded with zeros to whole beats.
void StoreEngine::read_row() {
    const Dispatched& d = state_.stores.back().d;
    const spec::Command& c = d.command;
    const bool fence = c.opcode == Opcode::kFence;
    if (!fence) ++core_.counters[Counter::kSramStateRead];
    state_.row_words.clear();
    if (!fence && core_.timing_only) return;
    state_.row_words.resize(size_t{state_.timing.row_beats} * core_.params.bus_bytes / 4);
    if (fence) {
        state_.row_words[0] = c.tag;
        state_.row_words[1] = static_cast<uint32_t>(d.number + 1);
        return;
    }
    const StateBank& bank = core_.banks.state[c.state_bank];
    core_.worker.settle(bank.used_by);
    const uint32_t row = c.first_row + state_.timing.row;
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
    StoreTiming& timing = state_.timing;
    const Cycle port = core_.port->writes().next(spec::kWriteOutstanding);
    state_.port_blocked = port == kNever;
    const Cycle at = std::max(timing.next_address(), port);
    if (at > now) {
        wake(at);
        return;
    }
    Store& store = state_.stores.back();
    const StoreTiming::Address address = timing.present(now);
    const uint32_t beats = address.burst.beats;
    ++store.unanswered;
    store.all_presented = address.last;
    if (address.last) {
        core_.dispatch->on_room(now + 1);
        state_.reading = false;
    }
    const uint64_t bytes = uint64_t{beats} * core_.params.bus_bytes;
    const Opcode opcode = store.d.command.opcode;
    core_.counters[opcode == Opcode::kStoreO  ? Counter::kBytesO
                   : opcode == Opcode::kFence ? Counter::kBytesRecord
                                              : Counter::kBytesStateWrite] += bytes;
    const bool data = state_.fifo.size() >= bytes;
    core_.port->write(address.burst.address, data ? state_.fifo.data() : nullptr, beats, now);
    if (data)
        state_.fifo.erase(state_.fifo.begin(), state_.fifo.begin() + static_cast<ptrdiff_t>(bytes));
    wake(now + 1);
}

void StoreEngine::on_written(uint32_t beats, const BurstSchedule& schedule) {
    Store& store = state_.stores.front();
    state_.timing.written(beats, schedule.last);
    const Cycle now = now_cycle();
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
        state_.timing.retire(response, now);
        core_.trace.retired(store.d.number, response);
        ++core_.counters[Counter::kCommandsRetired];
        core_.counters.book_command(core_.trace, TimeLine::kStore, store.head, store.start,
                                    response);
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
