// SPDX-License-Identifier: MIT
// Model and RTL where random programs hardly get: limits of the ring, the cycle in which the
// watchdog barks, all bursts outstanding, a full store FIFO, errors in the middle of a store.
#include <stdexcept>

#include "host/verify/scenario.h"
#include "tests/cosim/cosim.h"

using namespace tessera;
using spec::Opcode;
using spec::Reg;

namespace {

const spec::DeviceParams kTiny = test::device_params("tiny");

/// Descriptors past the driver, and what the registers say at the end.
void compare(const hw::PlatformConfig& platform, const std::vector<spec::Command>& commands,
             const test::Bytes& image, const test::Feed& feed, const std::string& name,
             test::Series& series) {
    const auto body = [&](test::Machine& machine, test::Outcome& out) {
        machine.write_memory(0, image);
        const auto program = [&](fw::Bus& bus) {
            test::feed_raw(machine, bus, test::encode_all(commands), feed);
            for (const Reg reg : {Reg::kErrorCode, Reg::kErrorTag, Reg::kStatus})
                out.notes.push_back(test::read_register(bus, reg));
        };
        machine.run(program, out);
    };
    series.run(platform, body, name);
}

/// A state row by row: each row a burst of its own, unless `tight`.
spec::Command transfer(Opcode opcode, uint32_t bank, uint64_t address, bool tight) {
    spec::Command c = opcode == Opcode::kStoreState || opcode == Opcode::kStoreO
                          ? test::make_store(opcode, bank, address, kTiny.m, kTiny.d, kTiny)
                          : test::make_load(opcode, bank, address, kTiny.m, kTiny.d, kTiny);
    if (!tight) c.pitch += kTiny.bus_bytes;
    return c;
}

test::Bytes random_image(std::mt19937_64& random) {
    test::Bytes image(64 * 1024);
    for (uint8_t& byte : image) byte = static_cast<uint8_t>(random());
    return image;
}

TEST_CASE("rings, legal and not") {
    test::Series series;
    const auto program = [](fw::Bus& bus, test::Outcome& out) {
        for (const uint32_t size :
             {0u, 1u, 2u, 3u, 4u, 5u, 8u, 48u, 65535u, 65536u, 65537u, 131072u, 0x80000000u})
            for (const uint32_t base : {0u, 64u, 128u, 255u, 256u, 0xffffff00u}) {
                test::write_register(bus, Reg::kRingBaseLo, base);
                test::write_register(bus, Reg::kRingSize, size);
                test::write_register(bus, Reg::kControl, spec::kControlEnable);
                for (const Reg reg : {Reg::kErrorCode, Reg::kControl, Reg::kIrqStatus, Reg::kStatus,
                                      Reg::kEngineState})
                    out.notes.push_back(test::read_register(bus, reg));
                test::write_register(bus, Reg::kControl, spec::kControlSoftReset);
                for (int i = 0; i < 4; ++i)
                    out.notes.push_back(test::read_register(bus, Reg::kStatus));
            }
    };
    const auto body = [&](test::Machine& machine, test::Outcome& out) {
        machine.run([&](fw::Bus& bus) { program(bus, out); }, out);
    };
    series.run(test::machine_config(kTiny), body, "rings");
    series.finish();
}

// So slow a memory that commands retire about when the watchdog barks, before and after.
TEST_CASE("watchdogs, early and late") {
    test::Series series;
    const uint64_t seed = test::test_seed();
    for (uint32_t i = 0; i < 40 && !series.enough(); ++i) {
        std::mt19937_64 random(seed + i);
        verify::ScenarioOptions options;
        options.commands = 12;
        verify::Scenario s = verify::random_scenario(random, kTiny, options);
        s.platform.memory.read_latency_cycles = 300;
        s.platform.memory.write_latency_cycles = 300;
        s.feed.watchdog_cycles = 250 + 10 * i;
        compare(s.platform, s.commands, s.image, s.feed, "seed " + std::to_string(seed + i),
                series);
    }
    series.finish();
}

TEST_CASE("stores and loads against a slow memory") {
    test::Series series;
    std::mt19937_64 random = test::test_random();
    const test::Bytes image = random_image(random);
    for (const bool tight : {false, true})
        for (const uint32_t latency : {64u, 1000u})
            for (const uint32_t stall : {0u, 16u}) {
                hw::PlatformConfig platform = test::machine_config(kTiny);
                platform.memory.read_latency_cycles = latency;
                platform.memory.write_latency_cycles = latency;
                if (stall != 0) platform.memory.stall = {random(), 1000, stall};
                std::vector<spec::Command> commands;
                for (uint32_t i = 0; i < 12; ++i)
                    commands.push_back(transfer(Opcode::kLoadState, i % 2, 4096 * i, tight));
                for (uint32_t i = 0; i < 12; ++i)
                    commands.push_back(
                        transfer(Opcode::kStoreState, i % 2, 65536 + 4096 * i, tight));
                // Behind a load that the stores hold back, more descriptors than the queue takes.
                for (uint32_t i = 0; i < 20; ++i)
                    commands.push_back(transfer(i % 2 == 0 ? Opcode::kLoadState : Opcode::kLoadQ,
                                                i % 2, 4096, tight));
                commands.push_back(test::make_fence());
                commands.back().flags |= spec::kFlagInterrupt;
                compare(platform, commands, image, {},
                        "latency " + std::to_string(latency) + " stall " + std::to_string(stall),
                        series);
            }
    series.finish();
}

TEST_CASE("one bad burst among those of two stores") {
    test::Series series;
    std::mt19937_64 random = test::test_random();
    const test::Bytes image = random_image(random);
    for (uint64_t burst = 0; burst < 2 * kTiny.m && !series.enough(); ++burst) {
        hw::PlatformConfig platform = test::machine_config(kTiny);
        platform.memory.faults.push_back({0, true, burst, 0});
        std::vector<spec::Command> commands = {transfer(Opcode::kLoadState, 0, 0, true)};
        for (uint32_t i = 0; i < 2; ++i)
            commands.push_back(transfer(Opcode::kStoreState, 0, 65536 + 4096 * i, false));
        commands.push_back(test::make_fence());
        test::Feed feed;
        feed.settle_cycles = 2000;
        compare(platform, commands, image, feed, "burst " + std::to_string(burst), series);
    }
    series.finish();
}

// The response of a bad write burst comes a cycle later in each run: once in the cycle in which
// dispatch sees an illegal descriptor.
TEST_CASE("a bad write and an illegal descriptor") {
    test::Series series;
    std::mt19937_64 random = test::test_random();
    const test::Bytes image = random_image(random);
    std::vector<spec::Descriptor> descriptors =
        test::encode_all({transfer(Opcode::kLoadState, 0, 0, true),
                          transfer(Opcode::kStoreState, 0, 65536, true), test::make_fence()});
    descriptors.back().word[0] ^= 0xff;  // no such opcode
    const auto program = [&](test::Machine& machine, fw::Bus& bus, test::Outcome& out) {
        fw::Driver driver(bus);
        if (!driver.init(machine.driver_config(16)).ok())
            throw std::runtime_error("driver does not start");
        const size_t bytes = descriptors.size() * sizeof(spec::Descriptor);
        std::memcpy(machine.memory(test::kRingAddress, bytes), descriptors.data(), bytes);
        test::write_register(bus, Reg::kRingTail, 2);
        for (int i = 0; i < 80; ++i) out.notes.push_back(test::read_register(bus, Reg::kErrorCode));
        test::write_register(bus, Reg::kRingTail, 3);
        for (int i = 0; i < 100; ++i)
            out.notes.push_back(test::read_register(bus, Reg::kErrorCode));
        out.notes.push_back(test::read_register(bus, Reg::kErrorTag));
    };
    for (uint32_t latency = 1; latency <= 200 && !series.enough(); ++latency) {
        hw::PlatformConfig platform = test::machine_config(kTiny);
        platform.memory.write_latency_cycles = latency;
        platform.memory.faults.push_back({0, true, 0, 0});
        const auto body = [&](test::Machine& machine, test::Outcome& out) {
            machine.write_memory(0, image);
            machine.run([&](fw::Bus& bus) { program(machine, bus, out); }, out);
        };
        series.run(platform, body, "latency " + std::to_string(latency));
    }
    series.finish();
}

// The sum of weights of a row is zero or subnormal: it counts as a division by zero.
TEST_CASE("divisors around zero") {
    test::Series series;
    std::mt19937_64 random = test::test_random();
    test::Bytes image = random_image(random);
    const spec::Command load = transfer(Opcode::kLoadState, 0, 0, true);
    const std::vector<uint32_t> divisors = {0,          0x80000000, 1,          0x807fffff,
                                            0x007fffff, 0x00800000, 0x80800000, 0x3f800000};
    for (uint32_t row = 0; row < kTiny.m; ++row) {
        const uint32_t word[2] = {divisors[row % divisors.size()], row / 8 * 5};
        std::memcpy(&image[uint64_t{row} * load.pitch], word, 8);
    }
    std::vector<spec::Command> commands = {load};
    for (const uint32_t flags :
         std::vector<uint32_t>{0, spec::kFlagNormalise, spec::kFlagNormalise | spec::kFlagBf16})
        commands.push_back(test::make_store(Opcode::kStoreO, 0, 0, kTiny.m, kTiny.d, kTiny, flags));
    for (size_t i = 1; i < commands.size(); ++i) commands[i].address = 65536 + 4096 * i;
    commands.push_back(test::make_fence());
    commands.back().flags |= spec::kFlagInterrupt;
    compare(test::machine_config(kTiny), commands, image, {}, "divisors", series);
    series.finish();
}

// More ATTENDs under way than a narrower device ever has: the chain of 267 cells is as deep as 138
// lane groups of one key. Every bank is loaded and stored behind them.
TEST_CASE("a long chain full of ATTENDs of one key") {
    test::Series series;
    std::mt19937_64 random = test::test_random();
    const test::Bytes image = random_image(random);
    const spec::DeviceParams broad = test::device_params("broad");
    std::vector<spec::Command> commands;
    const auto load = [&](Opcode opcode, uint64_t address) {
        commands.push_back(test::make_load(opcode, 0, address, 1, broad.d, broad));
    };
    load(Opcode::kLoadQ, 0);
    for (uint32_t round = 0; round < 2; ++round) {
        load(Opcode::kLoadK, 4096 + 8192 * round);
        load(Opcode::kLoadV, 8192 + 8192 * round);
        for (uint32_t i = 0; i < 300; ++i) {
            commands.push_back(test::make_attend(1, 1, broad.d, broad.d));
            if (i != 0) commands.back().flags |= spec::kFlagContinue;
        }
        commands.push_back(
            test::make_store(Opcode::kStoreState, 0, 65536 + 4096 * round, 1, broad.d, broad));
    }
    commands.push_back(test::make_fence());
    commands.back().flags |= spec::kFlagInterrupt;
    test::Feed feed;
    feed.ring_descriptors = 1024;
    feed.max_step = 1024;
    compare(test::machine_config(broad), commands, image, feed, "deep", series);
    series.finish();
}

// A bad ring is enabled in a fixed cycle, and the watchdog barks in every one around it.
TEST_CASE("a bad ring and the watchdog") {
    test::Series series;
    hw::PlatformConfig platform = test::machine_config(kTiny);
    platform.memory.read_latency_cycles = 1000;
    const spec::Descriptor load =
        spec::encode(test::make_load(Opcode::kLoadQ, 0, 0, kTiny.m, kTiny.d, kTiny));
    for (uint32_t watchdog = 1; watchdog <= 60 && !series.enough(); ++watchdog) {
        const auto program = [&](test::Machine& machine, fw::Bus& bus, test::Outcome& out) {
            fw::Driver driver(bus);
            if (!driver.init(machine.driver_config(16, watchdog)).ok())
                throw std::runtime_error("driver does not start");
            std::memcpy(machine.memory(test::kRingAddress, sizeof(load)), &load, sizeof(load));
            test::write_register(bus, Reg::kRingTail, 1);
            while ((test::read_register(bus, Reg::kEngineState) & 0xff) == 0) {
            }
            test::write_register(bus, Reg::kControl, 0);
            test::write_register(bus, Reg::kRingSize, 3);
            for (int i = 0; i < 6; ++i)
                out.notes.push_back(test::read_register(bus, Reg::kErrorCode));
            test::write_register(bus, Reg::kControl, spec::kControlEnable);
            for (int i = 0; i < 20; ++i)
                out.notes.push_back(test::read_register(bus, Reg::kErrorCode));
        };
        series.run(
            platform,
            [&](test::Machine& machine, test::Outcome& out) {
                machine.run([&](fw::Bus& bus) { program(machine, bus, out); }, out);
            },
            "watchdog " + std::to_string(watchdog));
    }
    series.finish();
}

// A device in reset, until its slow read has come back, keeps nothing that is written.
TEST_CASE("writes during a soft reset") {
    test::Series series;
    hw::PlatformConfig platform = test::machine_config(kTiny);
    platform.memory.read_latency_cycles = 300;
    const auto program = [](test::Machine& machine, fw::Bus& bus, test::Outcome& out) {
        fw::Driver driver(bus);
        if (!driver.init(machine.driver_config(16)).ok())
            throw std::runtime_error("driver does not start");
        test::write_register(bus, Reg::kRingTail, 1);  // whatever lies there: it is fetched
        test::write_register(bus, Reg::kControl, spec::kControlSoftReset);
        uint64_t ignored = 0, kept = 0;
        const std::vector<Reg> registers = {Reg::kWatchdog,   Reg::kRingSize,  Reg::kRingBaseLo,
                                            Reg::kRingBaseHi, Reg::kRingTail,  Reg::kRingNotify,
                                            Reg::kIrqEnable,  Reg::kIrqStatus, Reg::kControl};
        for (uint32_t i = 0; i < 180; ++i) {
            const Reg reg = registers[i % registers.size()];
            const uint32_t value = reg == Reg::kControl ? 0 : 2 + 8 * i;
            out.notes.push_back(bus.write32(host::kCsrBase + static_cast<uint32_t>(reg), value));
            out.notes.push_back(test::read_register(bus, reg));
            if (reg == Reg::kWatchdog) (out.notes.back() == value ? kept : ignored) += 1;
        }
        if (ignored == 0 || kept == 0) throw std::runtime_error("not in and after the reset");
    };
    series.run(
        platform,
        [&](test::Machine& machine, test::Outcome& out) {
            machine.run([&](fw::Bus& bus) { program(machine, bus, out); }, out);
        },
        "soft reset");
    series.finish();
}

TEST_CASE("numbers of keys, rows and columns, legal and not") {
    test::Series series;
    std::mt19937_64 random = test::test_random();
    const test::Bytes image = random_image(random);
    for (const uint32_t keys : {0u, 1u, kTiny.m, kTiny.m + 1, 1023u})
        for (const uint32_t rows : {0u, 1u, kTiny.m, kTiny.m + 1})
            for (const uint32_t d : {0u, 1u, kTiny.d, kTiny.d + 1}) {
                const std::vector<spec::Command> commands = {
                    test::make_load(Opcode::kLoadQ, 0, 0, kTiny.m, kTiny.d, kTiny),
                    test::make_load(Opcode::kLoadK, 0, 4096, kTiny.m, kTiny.d, kTiny),
                    test::make_load(Opcode::kLoadV, 0, 8192, kTiny.m, kTiny.d, kTiny),
                    test::make_attend(rows, keys, d, d), test::make_fence()};
                test::Feed feed;
                feed.settle_cycles = 600;
                compare(test::machine_config(kTiny), commands, image, feed,
                        std::to_string(keys) + " keys, " + std::to_string(rows) + " rows, d " +
                            std::to_string(d),
                        series);
            }
    series.finish();
}

}  // namespace
