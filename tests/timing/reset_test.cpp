// SPDX-License-Identifier: MIT
// A soft reset in every cycle of a job: the next job takes the same cycles, counts the same and
// gives the same bits as on a new device. docs/contract/timing.md, section 7.
#include <cstdio>
#include <stdexcept>

#include "host/verify/golden_device.h"
#include "tests/support/compared.h"
#include "tests/support/machine.h"

using namespace tessera;
using spec::Command;
using spec::Descriptor;
using spec::Opcode;
using test::Compared;

namespace {

const spec::DeviceParams kTiny = test::device_params("tiny");
constexpr uint64_t kOutput = 256 * 1024;
constexpr uint64_t kBusyBytes = kOutput + 32 * 1024;  // all that the job touches

/// A job whose run has everything in flight at some time.
std::vector<Command> busy_job() {
    const uint32_t m = kTiny.m, d = kTiny.d;
    Command gather = test::make_load(Opcode::kLoadK, 0, 4096, m, d, kTiny);
    gather.flags |= spec::kFlagGather;
    gather.index_address = 65536;
    gather.index_limit = 16;
    Command first = test::make_attend(m, m, d, d);
    first.k_bank = first.state_bank = 1;
    Command second = test::make_attend(m, m, d, d);
    second.flags |= spec::kFlagContinue;
    second.state_bank = 1;
    Command middle = test::make_fence(kOutput - 4096);
    middle.flags = 0;
    const Command q = test::make_load(Opcode::kLoadQ, 0, 0, m, d, kTiny);
    return {
        q,
        test::make_load(Opcode::kLoadK, 1, 8192, m, d, kTiny),
        gather,
        test::make_load(Opcode::kLoadV, 0, 16384, m, d, kTiny),
        first,
        second,
        test::make_store(Opcode::kStoreO, 1, kOutput, m, d, kTiny, spec::kFlagNormalise),
        test::make_store(Opcode::kStoreState, 1, kOutput + 16384, m, d, kTiny),
        middle,
        q,
        test::make_fence(kOutput - 4096),
    };
}

/// Inputs around 1, and the index list.
test::Bytes busy_image() {
    test::Bytes image(kBusyBytes, 0xc3);
    std::mt19937_64 random(7);
    for (size_t a = 0; a < 32 * 1024; a += 2) {
        const auto x = static_cast<uint32_t>(random());
        const uint32_t value = (x & 0x807f) | (124 + (x >> 16) % 5) << 7;
        image[a] = static_cast<uint8_t>(value);
        image[a + 1] = static_cast<uint8_t>(value >> 8);
    }
    for (uint32_t i = 0; i < 16; ++i) {
        const uint32_t index = i * 5 % 16;
        std::memcpy(&image[65536 + 4 * i], &index, 4);
    }
    return image;
}

/// Reset so many cycles after the doorbell, then the job. Notes: dispatch, start and retire of each
/// command from the second doorbell on; last, how many bytes of memory are wrong.
test::Outcome reset_after(uint64_t cycles, const test::Bytes& image, const test::Bytes& golden) {
    hw::PlatformConfig config = test::machine_config(kTiny);
    // One descriptor written by bus shifts the processor by 0 to 3 cycles.
    config.firmware.plan_cycles = static_cast<uint32_t>(cycles % 4);
    config.firmware.descriptor_cycles = 0;
    config.memory.read_latency_cycles = 20;
    config.memory.write_latency_cycles = 20;
    const auto descriptors = test::encode_all(busy_job());
    return test::run_machine(config, [&](test::Machine& machine, test::Outcome& out) {
        machine.write_memory(0, image);
        const auto program = [&](fw::Bus& bus) {
            fw::Driver driver(bus);
            if (!driver.init(machine.driver_config(64)).ok()) throw std::runtime_error("init");
            const auto bytes = descriptors.size() * sizeof(Descriptor);
            std::memcpy(machine.memory(test::kRingAddress, bytes), descriptors.data(), bytes);
            const auto total = static_cast<uint32_t>(descriptors.size());
            test::write_register(bus, spec::Reg::kRingTail, total);
            if (!bus.write32(test::kRingAddress + 63 * 64 + 60, 0))
                throw std::runtime_error("memory");
            for (uint64_t i = 0; i < cycles / 4; ++i)
                (void)test::read_register(bus, spec::Reg::kId);
            test::write_register(bus, spec::Reg::kControl, spec::kControlSoftReset);
            while (test::read_register(bus, spec::Reg::kStatus) != 0) continue;
        };
        test::Outcome first;
        machine.run(program, first);
        test::Feed feed;
        feed.ring_descriptors = 64;
        machine.run([&](fw::Bus& bus) { test::feed_raw(machine, bus, descriptors, feed); }, out);
        uint64_t bell = 0;
        for (const test::RegisterWrite& w : out.writes)
            if (w.reg == spec::Reg::kRingTail) bell = w.cycle;
        const size_t old = out.commands.size() - descriptors.size();
        for (size_t i = old; i < out.commands.size(); ++i)
            for (const uint64_t t :
                 {out.commands[i].dispatch, out.commands[i].start, out.commands[i].retire})
                out.notes.push_back(t - bell);
        const uint8_t* memory = machine.memory(0, kBusyBytes);
        uint64_t wrong = 0;
        for (uint64_t a = 0; a < kBusyBytes; ++a) wrong += memory[a] != golden[a];
        out.notes.push_back(wrong);
    });
}

}  // namespace

TEST_CASE("soft reset in every cycle of a job leaves a device like new") {
    const test::Bytes image = busy_image();
    test::GoldenDevice golden(kTiny, image);
    for (const Command& c : busy_job()) golden.execute(c);
    const test::Outcome fresh =
        reset_after(0, image, golden.memory());  // before the first descriptor is there
    REQUIRE(fresh.failure == "");
    const uint64_t length = fresh.notes[fresh.notes.size() - 2] + 12;
    std::printf("the job takes %llu cycles\n", static_cast<unsigned long long>(length));
    Compared cycles("cycles of commands after a reset");
    Compared memories("memories after a reset");
    Compared counters("counters after a reset");
    for (uint64_t at = 1; at < length; ++at) {
        const test::Outcome r = reset_after(at, image, golden.memory());
        INFO("reset " << at << " cycles after the doorbell");
        REQUIRE(r.failure == "");
        REQUIRE(r.notes.size() == fresh.notes.size());
        for (size_t i = 0; i + 1 < r.notes.size(); ++i) cycles.equal(r.notes[i], fresh.notes[i]);
        memories.equal(r.notes.back(), 0u);
        for (size_t c = 0; c < spec::kCounters; ++c)
            counters.equal(r.counters[c], fresh.counters[c],
                           [&] { return spec::kCounterTable[c].name; });
    }
}
