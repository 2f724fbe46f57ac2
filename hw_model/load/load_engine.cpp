// SPDX-License-Identifier: MIT
#include "hw_model/load/load_engine.h"

#include <algorithm>
#include <cstring>

#include "hw_model/front/dispatch.h"
#include "hw_model/front/front_end.h"
#include "hw_model/memory/memory_port.h"

namespace tessera::hw {

using spec::Opcode;

void LoadEngine::act(Cycle now) {
    LoadTiming& timing = state_.timing;
    state_.wait = Wait::kNone;
    if (!timing.presenting) {
        if (timing.queue.head(now) == nullptr) return;
        if (core_.errors.halted(now)) {
            timing.queue.discard(now);
            return;
        }
    }
    const Cycle at = timing.next(core_.scoreboard);
    if (at > now) {
        if (at == kNever) state_.wait = Wait::kBank;
        wake(at);
        return;
    }
    if (timing.needs_row() && timing.next_row == 0 && state_.loads.back().failed) {
        // The rows of a bad list are never fetched. By now the error is visible.
        timing.queue.discard(now);
        timing.presenting = false;
        return;
    }
    // Leaving the wait means presenting: the read port must be ours in this very cycle.
    if (!port_free(now)) return;
    if (!timing.presenting) start(now);
    present(state_.loads.back(), now);
    wake(now + 1);
}

/// May this engine present an address in this cycle? If not, comes back when it may be so.
bool LoadEngine::port_free(Cycle now) {
    const Cycle at = core_.port->reads().next(spec::kLoadOutstanding);
    if (at > now) {
        if (at == kNever) state_.wait = Wait::kPort;
        wake(at);
        return false;
    }
    if (!core_.front_end->wants_port(now)) return true;
    wake(now + 1);
    return false;
}

void LoadEngine::start(Cycle now) {
    const spec::DeviceParams& p = core_.params;
    Load load;
    load.head = state_.timing.queue.head_from();
    load.d = *state_.timing.queue.oldest();
    load.start = now;
    const spec::Command& c = load.d.command;
    load.row_beats = p.beats(spec::row_bytes(p, c));
    load.beats_left = uint64_t{load.row_beats} * c.rows;
    if (c.has(spec::kFlagGather)) load.index_beats_left = p.beats(uint64_t{4} * c.rows);
    state_.timing.start(p);
    core_.trace.started(load.d.number, now);
    state_.started.post(now + 1);
    state_.started.trim(now);
    state_.loads.push_back(std::move(load));
}

void LoadEngine::present(Load& load, Cycle now) {
    LoadTiming& timing = state_.timing;
    const spec::Command& c = load.d.command;
    if (timing.needs_row())
        timing.plan_row(core_.params, c.address + uint64_t{load.index[timing.next_row]} * c.pitch);
    const LoadTiming::Address address = timing.present(now);
    if (address.last) core_.dispatch->on_room(now + 1);
    count_bytes(load, address.burst.beats, address.index);
    const bool data = !core_.timing_only || address.index;
    core_.port->read(BurstUser::kLoad, address.burst.address, address.burst.beats, data, now);
}

void LoadEngine::count_bytes(Load& load, uint32_t beats, bool index) {
    const uint64_t bytes = uint64_t{beats} * core_.params.bus_bytes;
    Counters& n = core_.counters;
    if (index) {
        n[Counter::kBytesIndex] += bytes;
        return;
    }
    switch (load.d.command.opcode) {
        case Opcode::kLoadQ:
            n[Counter::kBytesQ] += bytes;
            n[Counter::kSramQWrite] += beats;
            break;
        case Opcode::kLoadK:
            n[Counter::kBytesK] += bytes;
            n[Counter::kSramKWrite] += beats;
            break;
        case Opcode::kLoadV:
            n[Counter::kBytesV] += bytes;
            n[Counter::kSramVWrite] += beats;
            break;
        default: n[Counter::kBytesStateRead] += bytes; break;  // rows are counted when they retire
    }
}

void LoadEngine::on_read(const uint8_t* data, uint32_t beats, const BurstSchedule& schedule) {
    // In-order data: it belongs to the oldest load that still waits for some.
    Load& load = *std::find_if(state_.loads.begin(), state_.loads.end(), [](const Load& l) {
        return l.index_beats_left != 0 || l.beats_left != 0;
    });
    if (schedule.failed()) {
        load.failed = true;
        core_.fail(spec::ErrorCode::kReadBus, load.d.command.tag,
                   schedule.beat(schedule.error_beat) + spec::kSinkCycles, ErrorSource::kLoad);
    }
    if (load.index_beats_left != 0) {
        take_indices(load, data, beats, schedule);
        return;
    }
    if (data != nullptr) take_rows(load, data, beats);
    load.beats_left -= beats;
    if (load.beats_left == 0) finish(load, schedule.last);
}

void LoadEngine::take_indices(Load& load, const uint8_t* data, uint32_t beats,
                              const BurstSchedule& schedule) {
    const spec::Command& c = load.d.command;
    const uint32_t per_beat = core_.params.bus_bytes / 4;
    bool over_limit = false;
    for (uint32_t i = 0; i < beats * per_beat && load.indices_seen < c.rows; ++i) {
        uint32_t index = 0;
        std::memcpy(&index, data + size_t{4} * i, 4);
        ++load.indices_seen;
        load.index.push_back(index);
        // In a bad beat there is no index; one before it comes first.
        if (index < c.index_limit || over_limit || i / per_beat >= schedule.error_beat) continue;
        over_limit = load.failed = true;
        core_.fail(spec::ErrorCode::kIndexOverLimit, c.tag,
                   schedule.beat(i / per_beat) + spec::kSinkCycles, ErrorSource::kLoad);
    }
    load.index_beats_left -= beats;
    if (load.index_beats_left != 0) return;
    state_.timing.list_read(schedule.last);
    wake(state_.timing.rows_from);
    if (!load.failed) return;
    // The command is over with its last index. It stays at the head until then: the error is not
    // visible yet, and nothing behind it may start.
    load.beats_left = 0;
    finish(load, schedule.last);
}

void LoadEngine::take_rows(Load& load, const uint8_t* data, uint32_t beats) {
    while (beats != 0) {
        const uint32_t n = std::min(beats, load.row_beats - load.beat);
        if (load.d.command.opcode == Opcode::kLoadState) {
            write_state(load, data, n);
        } else {
            write_elements(load, data, n);
        }
        data += size_t{n} * core_.params.bus_bytes;
        beats -= n;
        load.beat += n;
        if (load.beat == load.row_beats) {
            load.beat = 0;
            ++load.row;
        }
    }
}

/// `beats` beats of one row into an operand bank. Whole beats are written, as far as the row
/// reaches.
void LoadEngine::write_elements(Load& load, const uint8_t* data, uint32_t beats) {
    const spec::Command& c = load.d.command;
    OperandBank& bank = c.opcode == Opcode::kLoadQ   ? core_.banks.q[c.q_bank]
                        : c.opcode == Opcode::kLoadK ? core_.banks.k[c.k_bank]
                                                     : core_.banks.v[c.v_bank];
    Operands& to = core_.worker.writable(bank);
    const uint32_t row = c.first_row + load.row;
    const uint32_t per_beat = core_.params.bus_bytes / 2;
    const uint32_t first = load.beat * per_beat;
    const uint32_t n = std::min(beats * per_beat, to.stride - std::min(first, to.stride));
    std::memcpy(&to.element[size_t{row} * to.stride + first], data, size_t{2} * n);
    to.position[row] = c.has(spec::kFlagGather) ? load.index[load.row] : c.position + load.row;
    ++bank.version;
}

void LoadEngine::write_state(Load& load, const uint8_t* data, uint32_t beats) {
    const spec::Command& c = load.d.command;
    StateBank& bank = core_.banks.state[c.state_bank];
    core_.worker.settle(bank.used_by);
    const uint32_t row = c.first_row + load.row;
    uint32_t beat = load.beat;
    if (beat == 0) {
        uint32_t word[2];
        std::memcpy(word, data, 8);
        bank.row[row] = spec::row_state(word[0], word[1]);
        data += core_.params.bus_bytes;
        --beats;
        ++beat;
    }
    const uint32_t per_beat = core_.params.bus_bytes / 4;
    const uint32_t first = (beat - 1) * per_beat;
    const uint32_t n = std::min(beats * per_beat, bank.stride - std::min(first, bank.stride));
    if (n != 0) std::memcpy(&bank.o[size_t{row} * bank.stride + first], data, size_t{4} * n);
}

/// The last beat of a load is scheduled: it is over, and if nothing failed, retired.
void LoadEngine::finish(Load& load, Cycle last_beat) {
    const Cycle end = last_beat + spec::kSinkCycles + 1;
    const Cycle now = now_cycle();
    state_.ended.post(end);
    state_.ended.trim(now);
    if (!load.failed) {
        const Cycle retire =
            state_.timing.retire(LoadTiming::bank(load.d), core_.scoreboard, last_beat, now);
        core_.trace.retired(load.d.number, retire);
        ++core_.counters[Counter::kCommandsRetired];
        if (load.d.command.opcode == Opcode::kLoadState)
            core_.counters[Counter::kSramStateWrite] += load.d.command.rows;
        core_.counters.book_command(core_.trace, TimeLine::kLoad, load.head, load.start, retire);
        core_.released(Engine::kLoad, retire + 1);
        core_.dispatch->on_retired(retire);
    }
    core_.wake_for_abort(end);
    // Over, but perhaps still the one that presents: it leaves the list when it no longer does.
    while (!state_.loads.empty() && state_.loads.front().beats_left == 0 &&
           state_.loads.front().index_beats_left == 0 &&
           !(state_.timing.presenting && state_.loads.size() == 1))
        state_.loads.pop_front();
}

}  // namespace tessera::hw
