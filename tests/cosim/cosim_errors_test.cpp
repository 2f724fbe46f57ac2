// SPDX-License-Identifier: MIT
// Model and RTL with something broken: illegal descriptors, bus errors, bad indices, a short
// watchdog, soft resets in full flight. Firmware polls registers all the time, and every value it
// reads is compared, as is a good run after the reset.
#include "tests/cosim/cosim.h"
#include "tests/support/compared.h"
#include "tests/support/random_commands.h"

using namespace tessera;
using spec::Reg;

namespace {

struct Broken {
    test::Scenario good;
    hw::PlatformConfig platform;
    std::vector<spec::Descriptor> descriptors;
    test::Bytes image;
    uint32_t watchdog = 0;
    bool bad_ring = false;
    uint64_t polls = 0, seed = 0;
};

void break_descriptor(std::mt19937_64& random, spec::Descriptor& d) {
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    switch (below(4)) {
        case 0: d.word[below(16)] ^= 1u << below(32); break;
        case 1: d.word[below(4)] = static_cast<uint32_t>(random()); break;
        case 2: d.word[2] = below(64) | below(64) << 16; break;
        default: d.word[0] ^= 1u << below(16); break;
    }
}

/// A gather's list gets an index at or over the limit.
void break_index(std::mt19937_64& random, Broken& b) {
    for (const spec::Command& c : b.good.commands) {
        if (!c.has(spec::kFlagGather) || random() % 2 != 0) continue;
        const uint32_t index = c.index_limit + static_cast<uint32_t>(random() % 3);
        std::memcpy(&b.image[c.index_address + 4 * (random() % c.rows)], &index, 4);
        return;
    }
}

Broken random_broken(std::mt19937_64& random, const spec::DeviceParams& params) {
    const auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    test::ScenarioOptions options;
    options.commands = 4 + below(36);
    Broken b;
    b.good = test::random_scenario(random, params, options);
    b.platform = b.good.platform;
    b.descriptors = test::encode_all(b.good.commands);
    b.image = b.good.image;
    std::vector<hw::FaultConfig>& faults = b.platform.memory.faults;
    for (uint32_t i = below(2); i < 2; ++i) {
        switch (below(8)) {
            case 0:
            case 1: break_descriptor(random, b.descriptors[below(b.descriptors.size())]); break;
            case 2: faults.push_back({0, false, below(120), below(4)}); break;
            case 3: faults.push_back({0, true, below(20), 0}); break;
            case 4: b.watchdog = 60 + below(500); break;
            case 5: break_index(random, b); break;
            case 6: b.bad_ring = below(4) == 0; break;
            default: break;  // only the reset in full flight
        }
    }
    b.polls = below(3) == 0 ? below(100) : 100 + below(500);
    b.seed = random();
    return b;
}

/// Feeds the descriptors and polls meanwhile; returns after so many polls.
void poll(const Broken& b, test::Machine& machine, fw::Bus& bus, test::Outcome& out) {
    std::mt19937_64 random(b.seed);
    fw::Driver driver(bus);
    if (!driver.init(machine.driver_config(64, b.watchdog)).ok())
        throw std::runtime_error("driver does not start");
    const auto note = [&](Reg reg) { out.notes.push_back(test::read_register(bus, reg)); };
    if (b.bad_ring) {
        test::write_register(bus, Reg::kControl, 0);
        test::write_register(bus, Reg::kRingSize, 48);
        test::write_register(bus, Reg::kControl, spec::kControlEnable);
    }
    std::memcpy(machine.memory(test::kRingAddress, b.descriptors.size() * sizeof(spec::Descriptor)),
                b.descriptors.data(), b.descriptors.size() * sizeof(spec::Descriptor));
    const auto total = static_cast<uint32_t>(b.descriptors.size());
    uint32_t tail = 0;
    for (uint64_t i = 0; i < b.polls; ++i) {
        switch (random() % 12) {
            case 0:
                tail = std::min<uint32_t>(total, tail + static_cast<uint32_t>(random() % 12));
                test::write_register(bus, Reg::kRingTail, tail);
                break;
            case 1: note(Reg::kErrorCode); break;
            case 2: note(Reg::kErrorTag); break;
            case 3: note(Reg::kRingHead); break;
            case 4: note(Reg::kIrqStatus); break;
            case 5:
                if (random() % 8 == 0) test::write_register(bus, Reg::kIrqStatus, random() & 7);
                break;
            case 6:
                test::write_register(bus, Reg::kRingNotify, static_cast<uint32_t>(random() % 40));
                break;
            case 7:
                if (random() % 40 == 0)
                    test::write_register(bus, Reg::kControl, random() % 2 == 0 ? 0 : 1);
                break;
            case 8: note(Reg::kStatus); break;
            default: note(Reg::kEngineState); break;
        }
    }
}

void run_broken(const Broken& b, test::Machine& machine, test::Outcome& out) {
    machine.write_memory(0, b.image);
    machine.run(
        [&](fw::Bus& bus) {
            poll(b, machine, bus, out);
            test::write_register(bus, Reg::kControl, spec::kControlSoftReset);
            for (int i = 0; i < 200; ++i)
                for (const Reg reg : {Reg::kStatus, Reg::kEngineState})
                    out.notes.push_back(test::read_register(bus, reg));
            machine.write_memory(0, b.good.image);
            test::feed_raw(machine, bus, test::encode_all(b.good.commands), b.good.feed);
            for (const Reg reg : {Reg::kErrorCode, Reg::kErrorTag, Reg::kStatus, Reg::kEngineState})
                out.notes.push_back(test::read_register(bus, reg));
        },
        out);
}

void compare_random(const std::string& preset, uint64_t n) {
    const spec::DeviceParams params = test::device_params(preset);
    test::CosimTotals totals;
    const uint64_t seed = test::test_seed();
    n = test::cosim_count(n);
    for (uint64_t i = 0; i < n && !totals.enough(); ++i) {
        std::mt19937_64 random(seed + i);
        const Broken b = random_broken(random, params);
        test::cosimulate(
            b.platform,
            [&](test::Machine& machine, test::Outcome& out) { run_broken(b, machine, out); },
            "seed " + std::to_string(seed + i), totals);
    }
    totals.print("errors on " + preset);
    CHECK(totals.elements > 0);
    CHECK(totals.differences == 0);
}

}  // namespace

TEST_CASE("errors and resets on tiny") { compare_random("tiny", 300); }
TEST_CASE("errors and resets on odd") { compare_random("odd", 60); }
