// SPDX-License-Identifier: MIT
// Every register and its rights over the bus: reset values, writes, holes, access sizes,
// interrupts, counters, enabling and soft reset. docs/contract/device.md, section 9.
#include <tlm_utils/simple_initiator_socket.h>

#include "hw_model/device.h"
#include "hw_model/memory/ideal_memory.h"
#include "tests/support/compared.h"
#include "tests/support/machine.h"

using namespace tessera;
using spec::Access;
using spec::Opcode;
using spec::Reg;
using test::Compared;

namespace {

const spec::DeviceParams kTiny = test::device_params("tiny");

struct Access32 {
    bool good = false;
    uint32_t value = 0;
};

Access32 read(fw::Bus& bus, uint64_t offset) {
    Access32 a;
    a.good = bus.read32(host::kCsrBase + offset, a.value);
    return a;
}

bool write(fw::Bus& bus, uint64_t offset, uint32_t value) {
    return bus.write32(host::kCsrBase + offset, value);
}

std::string at(uint64_t offset) { return "offset " + std::to_string(offset); }

/// A child machine whose program fills `notes`.
std::vector<uint64_t> notes_of(
    const std::function<void(test::Machine&, fw::Bus&, std::vector<uint64_t>&)>& body,
    const hw::PlatformConfig& config = test::machine_config(kTiny)) {
    const test::Outcome outcome =
        test::run_machine(config, [&](test::Machine& machine, test::Outcome& out) {
            std::vector<uint64_t> notes;
            machine.run([&](fw::Bus& bus) { body(machine, bus, notes); }, out);
            out.notes = notes;
        });
    REQUIRE(outcome.failure == "");
    return outcome.notes;
}

/// Writes FENCEs into the ring from slot 0 on and enables the device, without moving the tail.
void prepare_fences(test::Machine& machine, fw::Bus& bus, uint32_t count, uint32_t flags) {
    for (uint32_t i = 0; i < count; ++i) {
        spec::Command c = test::make_fence();
        c.flags = flags;
        c.tag = i;
        const spec::Descriptor d = spec::encode(c);
        std::memcpy(machine.memory(test::kRingAddress + i * sizeof(d), sizeof(d)), &d, sizeof(d));
    }
    test::write_register(bus, Reg::kRingBaseLo, static_cast<uint32_t>(test::kRingAddress));
    test::write_register(bus, Reg::kRingSize, 64);
    test::write_register(bus, Reg::kControl, spec::kControlEnable);
}

void pause(fw::Bus& bus, uint32_t accesses) {
    for (uint32_t i = 0; i < accesses; ++i) (void)test::read_register(bus, Reg::kId);
}

}  // namespace

TEST_CASE("reset values of every register on every preset") {
    Compared compared("registers after reset");
    for (const char* preset : {"tiny", "odd", "small", "base", "broad"}) {
        const spec::DeviceParams p = test::device_params(preset);
        const auto values = notes_of(
            [](test::Machine&, fw::Bus& bus, std::vector<uint64_t>& notes) {
                for (const spec::RegisterInfo& info : spec::kRegisters)
                    notes.push_back(test::read_register(bus, info.reg));
            },
            test::machine_config(p));
        size_t i = 0;
        for (const spec::RegisterInfo& info : spec::kRegisters)
            compared.equal(values[i++], test::reset_value(info, p), [&] { return info.name; });
    }
}

namespace {

/// Notes in threes: what, is, should be.
void compare_notes(Compared& compared, const std::vector<uint64_t>& notes) {
    for (size_t i = 0; i + 2 < notes.size(); i += 3)
        compared.equal(notes[i + 1], notes[i + 2], [&] { return at(notes[i]); });
}

}  // namespace

TEST_CASE("rights of every register") {
    const auto seen = notes_of([](test::Machine&, fw::Bus& bus, auto& notes) {
        for (const spec::RegisterInfo& info : spec::kRegisters) {
            const auto offset = static_cast<uint32_t>(info.reg);
            for (const uint32_t value : {0xffffffffu, 0xa5a5a5a5u, 0x5a5a5a5au, 0u}) {
                // Enabling and resetting are other tests' business.
                const bool command = info.access == Access::kCommand;
                const bool good = write(bus, offset, command ? value & ~7u : value);
                const bool read_only = info.access == Access::kReadOnly;
                notes.insert(notes.end(), {offset, good, !read_only});
                if (info.reg == Reg::kIrqStatus) continue;
                const uint32_t now = read(bus, offset).value;
                const uint32_t expected = info.access == Access::kReadWrite
                                              ? value & info.writable
                                              : test::reset_value(info, kTiny);
                notes.insert(notes.end(), {offset, now, expected});
            }
        }
    });
    Compared compared("register writes");
    compare_notes(compared, seen);
}

TEST_CASE("holes, counters, the end of the window, unaligned words") {
    const auto seen = notes_of([](test::Machine&, fw::Bus& bus, auto& notes) {
        for (uint32_t offset = 0; offset < spec::kWindowBytes + 64; ++offset) {
            const bool counter = offset >= spec::kCounterBase && offset < spec::kWindowBytes;
            const spec::RegisterInfo* info =
                offset < spec::kCounterBase ? spec::find_register(offset) : nullptr;
            const bool readable = offset % 4 == 0 && (counter || info != nullptr);
            const bool writable = info != nullptr && info->access != Access::kReadOnly;
            notes.insert(notes.end(), {offset, read(bus, offset).good, readable});
            notes.insert(notes.end(), {offset, write(bus, offset, 0), writable});
        }
        for (const uint64_t offset : {uint64_t{0x1000}, uint64_t{1} << 32, uint64_t{1} << 47})
            notes.insert(notes.end(), {offset, read(bus, offset).good, 0});
    });
    Compared compared("addresses");
    compare_notes(compared, seen);
}

namespace {

/// A device with its sockets bound, and a master that may send anything.
struct RawBench : sc_core::sc_module {
    explicit RawBench(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name),
          master("master"),
          image(4096),
          memory("memory", hw::MemoryConfig{}, 1, image),
          device("device", kTiny, 0, false, 0) {
        master.bind(device.csr_socket());
        device.memory_socket().bind(memory.socket);
        device.irq().bind(irq);
    }
    bool access(tlm::tlm_command command, uint64_t address, uint32_t bytes) {
        uint8_t data[16] = {};
        tlm::tlm_generic_payload payload;
        payload.set_command(command);
        payload.set_address(address);
        payload.set_data_ptr(data);
        payload.set_data_length(bytes);
        payload.set_streaming_width(bytes);
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        master->b_transport(payload, delay);
        return payload.is_response_ok();
    }
    tlm_utils::simple_initiator_socket<RawBench> master;
    hw::MemoryImage image;
    hw::IdealMemory memory;
    hw::Device device;
    sc_core::sc_signal<bool> irq;
};

}  // namespace

TEST_CASE("accesses of other sizes than a word are refused") {
    struct Case {
        uint32_t bytes;
        Reg reg;
        tlm::tlm_command command;
    };
    std::vector<Case> cases;
    for (const uint32_t bytes : {1u, 2u, 3u, 4u, 5u, 8u, 16u})
        for (const auto reg : {Reg::kId, Reg::kRingSize, Reg::kWatchdog})
            for (const auto command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND})
                cases.push_back({bytes, reg, command});
    const test::Forked forked = test::run_forked([&] {
        RawBench bench("bench");
        sc_core::sc_start(sc_core::SC_ZERO_TIME);
        test::Bytes good;
        for (const Case& c : cases)
            good.push_back(bench.access(c.command, static_cast<uint32_t>(c.reg), c.bytes) ? 1 : 0);
        return good;
    });
    REQUIRE(forked.failure == "");
    Compared compared("accesses by size");
    for (size_t i = 0; i < cases.size(); ++i) {
        const bool refused = cases[i].reg == Reg::kId && cases[i].command == tlm::TLM_WRITE_COMMAND;
        compared.equal(forked.bytes.at(i) != 0, cases[i].bytes == 4 && !refused,
                       [&] { return std::to_string(cases[i].bytes) + " bytes"; });
    }
}

TEST_CASE("a register access takes four cycles") {
    const auto seen = notes_of([](test::Machine& machine, fw::Bus& bus, auto& notes) {
        for (int i = 0; i < 8; ++i) {
            const uint64_t from = machine.platform().now();
            i % 2 == 0 ? (void)read(bus, 0) : (void)write(bus, 0x70, 0);
            notes.push_back(machine.platform().now() - from);
        }
    });
    Compared compared("cycles of accesses");
    for (const uint64_t cycles : seen) compared.equal(cycles, spec::kCsrAccessCycles);
}

TEST_CASE("RING_NOTIFY fires once per write, when the head gets there") {
    // Notes: IRQ_STATUS after each of five steps.
    const auto seen = notes_of([](test::Machine& machine, fw::Bus& bus, auto& notes) {
        prepare_fences(machine, bus, 8, 0);
        const auto irq = [&] {
            pause(bus, 200);
            notes.push_back(test::read_register(bus, Reg::kIrqStatus));
        };
        test::write_register(bus, Reg::kRingNotify, 3);
        test::write_register(bus, Reg::kRingTail, 2);
        irq();  // head 2, not there
        test::write_register(bus, Reg::kRingTail, 3);
        irq();  // there
        test::write_register(bus, Reg::kIrqStatus, spec::kIrqRing);
        test::write_register(bus, Reg::kRingTail, 5);
        irq();  // fired already
        test::write_register(bus, Reg::kRingNotify, 4);
        irq();  // armed anew, and the head is past it
        test::write_register(bus, Reg::kIrqStatus, spec::kIrqFence | spec::kIrqError);
        irq();  // other bits clear nothing
        test::write_register(bus, Reg::kIrqStatus, spec::kIrqRing);
        test::write_register(bus, Reg::kRingNotify, 6);
        irq();  // 5 is not there: compared as signed differences
        test::write_register(bus, Reg::kRingNotify, 0x80000004u);
        irq();  // 5 - 0x80000004 is 0x80000001: negative
        test::write_register(bus, Reg::kRingNotify, 0x80000006u);
        irq();  // 0x7fffffff: positive
        notes.push_back(test::read_register(bus, Reg::kRingHead));
    });
    const std::vector<uint64_t> expected = {0, 2, 0, 2, 2, 0, 0, 2, 5};
    Compared compared("interrupt states of RING_NOTIFY");
    REQUIRE(seen.size() == expected.size());
    for (size_t i = 0; i < seen.size(); ++i)
        compared.equal(seen[i], expected[i], [&] { return "step " + std::to_string(i); });
}

TEST_CASE("setting an interrupt bit wins over clearing it in the same cycle") {
    Compared compared("IRQ_STATUS cleared around the retirement of a FENCE");
    int hits = 0;
    for (uint32_t latency = 20; latency < 24; ++latency)
        for (const int shift : {-4, 0, 4}) {
            hw::PlatformConfig config = test::machine_config(kTiny);
            config.memory.write_latency_cycles = latency;
            // The first run tells when the FENCE retires; the second clears then.
            uint64_t retire = UINT64_MAX, cleared = 0, status = 0;
            for (int turn = 0; turn < 2; ++turn) {
                const test::Outcome r = test::run_machine(config, [&](test::Machine& m, auto& out) {
                    m.run(
                        [&](fw::Bus& bus) {
                            prepare_fences(m, bus, 1, spec::kFlagInterrupt);
                            test::write_register(bus, Reg::kRingTail, 1);
                            const uint64_t until = retire == UINT64_MAX ? 2000 : retire;
                            while (m.platform().now() + 4 <=
                                   until + static_cast<uint64_t>(4 + shift))
                                pause(bus, 1);
                            out.notes.push_back(m.platform().now());
                            test::write_register(bus, Reg::kIrqStatus, 7);
                            out.notes.push_back(test::read_register(bus, Reg::kIrqStatus));
                            pause(bus, 200);
                            out.notes.push_back(test::read_register(bus, Reg::kIrqStatus));
                        },
                        out);
                });
                REQUIRE(r.failure == "");
                retire = r.commands.at(0).retire;
                cleared = r.notes[0];
                status = r.notes[2];
            }
            hits += cleared == retire ? 1 : 0;
            compared.equal(status, cleared <= retire ? uint64_t{spec::kIrqFence} : 0, [&] {
                return "cleared in " + std::to_string(cleared) + ", retired in " +
                       std::to_string(retire);
            });
        }
    CHECK(hits > 0);
}

TEST_CASE("the interrupt line follows IRQ_ENABLE") {
    const auto seen = notes_of([](test::Machine& machine, fw::Bus& bus, auto& notes) {
        prepare_fences(machine, bus, 1, spec::kFlagInterrupt);
        test::write_register(bus, Reg::kRingTail, 1);
        pause(bus, 200);
        notes.push_back(test::read_register(bus, Reg::kIrqStatus));
        const uint64_t before = machine.platform().now();
        test::write_register(bus, Reg::kIrqEnable, spec::kIrqFence);
        bus.wait_irq();  // hangs if the line stays low
        notes.push_back(machine.platform().now() - before < 8);
    });
    Compared compared("steps with the interrupt line");
    compared.equal(seen.at(0), uint64_t{spec::kIrqFence});
    compared.equal(seen.at(1), 1u);
}

TEST_CASE("CLEAR_COUNTERS starts a new window, and only while idle") {
    const auto counter = [](fw::Bus& bus, spec::Counter c) {
        return read(bus, spec::counter_offset(c)).value;
    };
    const auto seen = notes_of([&](test::Machine& machine, fw::Bus& bus, auto& notes) {
        prepare_fences(machine, bus, 8, 0);
        const auto note = [&] {
            notes.push_back(counter(bus, spec::Counter::kCommandsRetired));
            notes.push_back(counter(bus, spec::Counter::kBytesRecord));
        };
        constexpr uint32_t kClear = spec::kControlEnable | spec::kControlClearCounters;
        test::write_register(bus, Reg::kRingTail, 3);
        pause(bus, 300);
        note();
        test::write_register(bus, Reg::kControl, kClear);
        notes.push_back(test::read_register(bus, Reg::kControl));
        note();
        pause(bus, 100);
        test::write_register(bus, Reg::kRingTail, 5);
        pause(bus, 300);
        note();
        notes.push_back(counter(bus, spec::Counter::kCycles) < 400);
        test::write_register(bus, Reg::kRingTail, 6);
        while (test::read_register(bus, Reg::kRingHead) != 6) continue;
        test::write_register(bus, Reg::kControl, kClear);  // busy: ignored
        pause(bus, 300);
        note();
    });
    const std::vector<uint64_t> expected = {3, 48, spec::kControlEnable, 0, 0, 2, 32, 1, 3, 48};
    Compared compared("counters around CLEAR_COUNTERS");
    REQUIRE(seen.size() == expected.size());
    for (size_t i = 0; i < seen.size(); ++i)
        compared.equal(seen[i], expected[i], [&] { return "note " + std::to_string(i); });
}

TEST_CASE("enabling with an illegal ring is BAD_RING, a legal one is none") {
    struct Ring {
        uint32_t base, size;
        bool good;
    };
    const Ring kRings[] = {
        {0, 0, false},     {0, 1, false},      {0, 2, false},        {0, 3, false},
        {0, 4, true},      {0, 5, false},      {0, 6, false},        {0, 65536, true},
        {0, 65535, false}, {0, 131072, false}, {0, 1u << 31, false}, {64, 16, false},
        {128, 16, false},  {255, 16, false},   {256, 16, true},      {0, 96, false},
    };
    Compared compared("rings enabled");
    const auto seen = notes_of([&](test::Machine&, fw::Bus& bus, auto& notes) {
        for (const Ring& ring : kRings) {
            test::write_register(bus, Reg::kControl, spec::kControlSoftReset);
            while (test::read_register(bus, Reg::kStatus) != 0) continue;
            test::write_register(bus, Reg::kRingBaseLo, ring.base);
            test::write_register(bus, Reg::kRingSize, ring.size);
            test::write_register(bus, Reg::kControl, spec::kControlEnable);
            notes.push_back(test::read_register(bus, Reg::kErrorCode));
            notes.push_back(test::read_register(bus, Reg::kIrqStatus));
            notes.push_back(test::read_register(bus, Reg::kStatus));
        }
    });
    size_t i = 0;
    for (const Ring& ring : kRings) {
        const auto where = [&] {
            return "base " + std::to_string(ring.base) + " size " + std::to_string(ring.size);
        };
        const auto code = ring.good ? spec::ErrorCode::kNone : spec::ErrorCode::kBadRing;
        compared.equal(seen[i++], static_cast<uint64_t>(code), where);
        compared.equal(seen[i++], ring.good ? 0 : uint64_t{spec::kIrqError}, where);
        compared.equal(seen[i++], ring.good ? 0 : uint64_t{spec::kStatusHalted}, where);
    }
}

TEST_CASE("STATUS and ENGINE_STATE tell where everything stands") {
    hw::PlatformConfig config = test::machine_config(kTiny);
    config.memory.read_latency_cycles = 3000;
    const auto seen = notes_of(
        [](test::Machine& machine, fw::Bus& bus, auto& notes) {
            std::vector<spec::Command> c;
            for (uint32_t i = 0; i < 3; ++i)
                c.push_back(test::make_load(Opcode::kLoadQ, 0, 0, 4, 16, kTiny));
            c.push_back(test::make_attend(4, 4, 16, 16));
            c.push_back(test::make_attend(4, 4, 16, 16));
            c.push_back(test::make_load(Opcode::kLoadQ, 0, 0, 4, 16, kTiny));
            c.push_back(test::make_store(Opcode::kStoreO, 0, 4096, 4, 16, kTiny));
            c.push_back(test::make_fence());
            const auto d = test::encode_all(c);
            std::memcpy(machine.memory(test::kRingAddress, 512), d.data(), 512);
            test::write_register(bus, Reg::kRingBaseLo, static_cast<uint32_t>(test::kRingAddress));
            test::write_register(bus, Reg::kRingSize, 64);
            test::write_register(bus, Reg::kControl, spec::kControlEnable);
            notes.push_back(test::read_register(bus, Reg::kStatus));
            test::write_register(bus, Reg::kRingTail, 8);
            pause(bus, 2);
            notes.push_back(test::read_register(bus, Reg::kStatus));  // a burst, no command yet
            notes.push_back(test::read_register(bus, Reg::kRingHead));
            while (test::read_register(bus, Reg::kRingHead) != 7) continue;
            pause(bus, 20);
            notes.push_back(test::read_register(bus, Reg::kEngineState));
            notes.push_back(test::read_register(bus, Reg::kStatus));
            test::write_register(bus, Reg::kIrqEnable, spec::kIrqFence);
            // K is never touched before ATTEND, so it starts when Q is there.
            bus.wait_irq();
            notes.push_back(test::read_register(bus, Reg::kEngineState));
            notes.push_back(test::read_register(bus, Reg::kStatus));
        },
        config);
    const std::vector<uint64_t> expected = {
        0,
        spec::kStatusBusy,
        0,
        1u | 3u << 4 | 2u << 8 | 0u << 12 | 1u << 16 | 0u << 20 | 1u << 24,
        spec::kStatusBusy,
        0,
        0,
    };
    Compared compared("STATUS and ENGINE_STATE");
    REQUIRE(seen.size() == expected.size());
    for (size_t i = 0; i < seen.size(); ++i)
        compared.equal(seen[i], expected[i], [&] { return "note " + std::to_string(i); });
}

TEST_CASE("soft reset: RESETTING until no burst is outstanding, then reset values") {
    hw::PlatformConfig config = test::machine_config(kTiny);
    config.memory.read_latency_cycles = 500;
    const auto seen = notes_of(
        [](test::Machine& machine, fw::Bus& bus, auto& notes) {
            prepare_fences(machine, bus, 8, 0);
            for (const Reg reg : {Reg::kRingBaseHi, Reg::kIrqEnable, Reg::kWatchdog})
                test::write_register(bus, reg, 5);
            test::write_register(bus, Reg::kRingNotify, 0);  // fires
            const uint64_t bell = machine.platform().now();
            test::write_register(bus, Reg::kRingBaseHi, 0);
            test::write_register(bus, Reg::kRingTail, 4);
            pause(bus, 3);
            test::write_register(bus, Reg::kControl, spec::kControlSoftReset);
            notes.push_back(test::read_register(bus, Reg::kStatus) & spec::kStatusResetting);
            test::write_register(bus, Reg::kWatchdog, 77);  // not while it resets
            uint64_t seen_resetting = machine.platform().now();
            for (;;) {
                const uint64_t now = machine.platform().now();
                if ((test::read_register(bus, Reg::kStatus) & spec::kStatusResetting) == 0) break;
                seen_resetting = now;
            }
            notes.push_back(seen_resetting - bell);
            for (const spec::RegisterInfo& info : spec::kRegisters)
                notes.push_back(test::read_register(bus, info.reg));
        },
        config);
    Compared compared("registers after a soft reset");
    compared.equal(seen.at(0), uint64_t{spec::kStatusResetting});
    // The tail is written at bell+4, the line fetched at +5 and taken at +6; its last beat is at
    // +6+500+15 = +521, no burst outstanding from +522 on; RESETTING reads 1 up to +522.
    compared.holds(seen.at(1) <= 522 && seen.at(1) + 4 > 522,
                   [&] { return "last seen resetting " + std::to_string(seen.at(1)); });
    size_t i = 2;
    for (const spec::RegisterInfo& info : spec::kRegisters)
        compared.equal(seen[i++], test::reset_value(info, kTiny), [&] { return info.name; });
}
