// SPDX-License-Identifier: MIT
// The recurrences of the device model (hw_model/*/*_timing.h) are plain data: a copy is equal, a
// step makes it differ, and the same step on the copy makes it equal again.
#include <tuple>
#include <vector>

#include "hw_model/compute/compute_timing.h"
#include "hw_model/front/dispatch_timing.h"
#include "hw_model/load/load_timing.h"
#include "hw_model/memory/port_timing.h"
#include "hw_model/store/store_timing.h"
#include "tests/support/compared.h"

using namespace tessera;
using hw::kNever;
using spec::Command;
using spec::Cycle;
using spec::Opcode;

namespace {

constexpr Cycle kLatency = 600;  // so long that the store FIFO fills

/// All recurrences of a device, in front of a memory that answers after kLatency cycles.
struct Device {
    hw::Scoreboard scoreboard;
    hw::DispatchTiming dispatch;
    hw::LineTiming lines;
    hw::LoadTiming load;
    hw::ScoreTiming score;
    hw::ValueTiming value;
    hw::StoreTiming store;
    hw::PortTiming reads, writes;
    hw::Dispatched loading;
    size_t dispatched = 0;

    auto fields() const {
        return std::tie(scoreboard, dispatch, lines, load, score, value, store, reads, writes,
                        loading, dispatched);
    }
    friend bool operator==(const Device& a, const Device& b) { return a.fields() == b.fields(); }

    /// Takes one step whose cycle is known. False: there is none.
    bool step(const spec::DeviceParams& p, const std::vector<Command>& commands) {
        return next_dispatch(commands) || next_group(p) || next_read(p) || next_write(p);
    }

  private:
    bool next_dispatch(const std::vector<Command>& commands) {
        if (dispatched == commands.size()) return false;
        hw::Dispatched d;
        d.command = commands[dispatched];
        d.number = dispatched;
        hw::CommandQueue* const queues[] = {&load.queue, &score.queue, &store.queue};
        hw::CommandQueue& queue =
            *queues[static_cast<size_t>(hw::DispatchTiming::engine_of(d.command.opcode))];
        const Cycle at =
            dispatch.next(d.command.opcode, queue, {&load.retired, &value.retired, &store.retired});
        if (at == kNever) return false;
        dispatch.dispatch(d, scoreboard, queue, at);
        if (++dispatched % spec::kLineDescriptors == 0) {
            ++lines.fetched;
            lines.free(at);
        }
        return true;
    }
    bool next_group(const spec::DeviceParams& p) {
        const Cycle entry = score.next(p, scoreboard, value);
        if (entry != kNever) {
            value.groups.push_back(score.enter(p, scoreboard, entry));
            return true;
        }
        const Cycle admission = value.next(scoreboard);
        if (admission == kNever) return false;
        value.admit(p, scoreboard, admission);
        return true;
    }
    bool next_read(const spec::DeviceParams& p) {
        const Cycle at = std::max(load.next(scoreboard), reads.next(spec::kLoadOutstanding));
        if (at == kNever) return false;
        if (!load.presenting) {
            loading = *load.queue.oldest();
            load.start(p);
        }
        if (load.needs_row()) load.plan_row(p, 0x1000 * (load.next_row + 1));
        const hw::LoadTiming::Address address = load.present(at);
        reads.present(at);
        const Cycle last_beat = std::max(at + kLatency, reads.ends.last()) + address.burst.beats;
        reads.end(last_beat + 1, at);
        if (address.index && load.needs_row()) load.list_read(last_beat);
        if (address.last) load.retire(hw::LoadTiming::bank(loading), scoreboard, last_beat, at);
        return true;
    }
    bool next_write(const spec::DeviceParams& p) {
        if (!store.prepared && store.queue.oldest() != nullptr) {
            store.prepare(p);
            return true;
        }
        if (store.prepared && store.beats_left != 0) {
            const Cycle at = store.next_beat(p, scoreboard);
            if (at != kNever) {
                // At once or one by one, beats are read in the same cycles.
                hw::StoreTiming one_by_one = store;
                hw::Scoreboard board = scoreboard;
                const uint32_t beats = store.beats_at_once(p, scoreboard);
                for (uint32_t i = 0; i < beats; ++i)
                    one_by_one.read_beats(1, board, one_by_one.next_beat(p, board), at);
                store.read_beats(beats, scoreboard, at, at);
                CHECK((one_by_one == store && board == scoreboard));
                return true;
            }
        }
        const Cycle at = std::max(store.next_address(), writes.next(spec::kWriteOutstanding));
        if (at == kNever) return false;
        const hw::StoreTiming::Address address = store.present(at);
        writes.present(at);
        const Cycle last_beat = std::max(at + kLatency, writes.ends.last()) + address.burst.beats;
        store.written(address.burst.beats, last_beat);
        writes.end(last_beat + 1, at);
        if (address.last) store.retire(last_beat, at);
        return true;
    }
};

Command command(const spec::DeviceParams& p, Opcode opcode, uint32_t bank) {
    Command c;
    c.opcode = opcode;
    if (opcode == Opcode::kFence) return c;
    c.q_bank = c.k_bank = c.v_bank = c.state_bank = bank;
    c.rows = p.m;
    c.d_k = c.d_v = p.d;
    if (opcode == Opcode::kAttend) {
        c.keys = p.m;
    } else {
        c.pitch = p.beats(spec::row_bytes(p, c)) * p.bus_bytes;
    }
    return c;
}

}  // namespace

TEST_CASE("timing state: a copy is equal, and stays so step by step") {
    spec::DeviceParams p;
    p.m = 32;
    p.d = 20;
    p.lanes = 4;
    p.interleave = 2;
    p.bus_bytes = 16;
    REQUIRE(spec::params_error(p) == nullptr);
    std::vector<Command> commands;
    for (uint32_t tile = 0; tile < 6; ++tile) {
        for (const Opcode opcode :
             {Opcode::kLoadQ, Opcode::kLoadK, Opcode::kLoadV, Opcode::kAttend, Opcode::kStoreO})
            commands.push_back(command(p, opcode, tile % spec::kBanks));
        if (tile % 3 == 2) commands[commands.size() - 5].flags = spec::kFlagGather;
        if (tile == 5) commands.push_back(command(p, Opcode::kFence, 0));
    }
    test::Compared compared("steps of the timing state");
    Device device;
    for (;;) {
        Device copy = device;
        const auto at = [&] { return "dispatched " + std::to_string(device.dispatched); };
        compared.holds(copy == device, at);
        if (!device.step(p, commands)) break;
        compared.holds(!(copy == device), at);
        copy.step(p, commands);
        compared.holds(copy == device, at);
    }
    CHECK(device.dispatched == commands.size());
    CHECK(device.store.queue.oldest() == nullptr);
}

TEST_CASE("timing state: beats that are read at once end where the room in the FIFO does") {
    const spec::DeviceParams p = {32, 20, 4, 2, 16};
    hw::Scoreboard scoreboard;
    hw::StoreTiming store;
    hw::Dispatched d;
    d.command = command(p, Opcode::kStoreO, 0);
    hw::DispatchTiming().dispatch(d, scoreboard, store.queue, 0);
    store.prepare(p);
    store.beats_read = spec::kStoreFifoBytes / p.bus_bytes - 7;  // rows have 5 beats
    test::Compared compared("beats at once and their cycles");
    const auto read = [&](uint32_t beats, Cycle at) {
        compared.equal(store.next_beat(p, scoreboard), at);
        compared.equal(store.beats_at_once(p, scoreboard), beats);
        store.read_beats(beats, scoreboard, at, 0);
    };
    read(7, 1);
    compared.equal(store.next_beat(p, scoreboard), kNever);
    store.written(4, 99);
    read(1, 100);  // the first of what is free from then on
    read(3, 101);
    compared.equal(store.next_beat(p, scoreboard), kNever);
}
