// SPDX-License-Identifier: MIT
// Model and RTL with something broken: illegal descriptors, bus errors, bad indices, a short
// watchdog, soft resets in full flight. Firmware polls registers all the time, and every value it
// reads is compared, as is a good run after the reset.
#include <numeric>

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

std::vector<uint64_t> seeds_from(uint64_t first, uint64_t n) {
    std::vector<uint64_t> seeds(n);
    std::iota(seeds.begin(), seeds.end(), first);
    return seeds;
}

void compare_seeds(const std::string& preset, const std::vector<uint64_t>& seeds) {
    const spec::DeviceParams params = test::device_params(preset);
    test::CosimTotals totals;
    for (const uint64_t seed : seeds) {
        std::mt19937_64 random(seed);
        const Broken b = random_broken(random, params);
        test::cosimulate(
            b.platform,
            [&](test::Machine& machine, test::Outcome& out) { run_broken(b, machine, out); },
            "seed " + std::to_string(seed), totals);
    }
    totals.print("errors on " + preset);
    CHECK(totals.elements > 0);
    CHECK(totals.differences == 0);
}

/// A job in which everything waits for everything: of two ATTENDs on one state bank the second
/// follows a LOAD_STATE that follows the first, and stores of the other bank are long under way.
std::vector<spec::Command> entangled_job(const spec::DeviceParams& p) {
    using spec::Opcode;
    const uint32_t m = p.m, d = p.d;
    const auto attend = [&](uint32_t operands, uint32_t state, uint32_t flags) {
        spec::Command c = test::make_attend(m, m, d, d);
        c.k_bank = c.v_bank = operands;
        c.state_bank = state;
        c.flags |= flags;
        return c;
    };
    spec::Command gather = test::make_load(Opcode::kLoadK, 1, 4096, m, d, p);
    gather.flags |= spec::kFlagGather;
    gather.index_address = 32768;
    gather.index_limit = 16;
    const uint64_t out = 256 * 1024;
    return {test::make_load(Opcode::kLoadState, 1, 16384, m, d, p),
            test::make_store(Opcode::kStoreState, 1, out, m, d, p),
            test::make_load(Opcode::kLoadQ, 0, 0, m, d, p),
            test::make_load(Opcode::kLoadK, 0, 4096, m, d, p),
            test::make_load(Opcode::kLoadV, 0, 8192, m, d, p),
            attend(0, 0, 0),
            test::make_load(Opcode::kLoadState, 0, 16384, m, d, p),
            attend(0, 0, spec::kFlagContinue),
            attend(0, 0, 0),
            gather,
            test::make_load(Opcode::kLoadV, 1, 12288, m, d, p),
            attend(1, 1, 0),
            test::make_store(Opcode::kStoreO, 1, out + 16384, m, d, p, spec::kFlagNormalise),
            test::make_store(Opcode::kStoreO, 0, out + 32768, m, d, p, spec::kFlagNormalise),
            test::make_fence()};
}

test::Bytes entangled_image() {
    test::Bytes image(65536);
    std::mt19937_64 random(7);
    for (size_t a = 0; a < image.size(); a += 2) {
        const auto x = static_cast<uint32_t>(random());
        const uint32_t value = (x & 0x807f) | (124 + (x >> 16) % 5) << 7;
        std::memcpy(&image[a], &value, 2);
    }
    for (uint32_t i = 0; i < 16; ++i) std::memcpy(&image[32768 + 4 * i], &i, 4);
    return image;
}

/// The job, and BAD_RING in any of its cycles; ENGINE_STATE in any phase from then on.
void compare_entangled(const std::vector<uint64_t>& seeds) {
    const spec::DeviceParams params = test::device_params("tiny");
    const test::Bytes image = entangled_image();
    const std::vector<spec::Descriptor> descriptors = test::encode_all(entangled_job(params));
    test::CosimTotals totals;
    for (const uint64_t seed : seeds) {
        std::mt19937_64 random(seed);
        hw::PlatformConfig platform = test::machine_config(params);
        platform.firmware = test::kPhaseCosts;
        platform.memory.read_latency_cycles = 2 + static_cast<uint32_t>(random() % 60);
        platform.memory.write_latency_cycles = static_cast<uint32_t>(random() % 600);
        const uint64_t at = random() % 1000, phase = random() % 4;
        const auto program = [&](test::Machine& machine, fw::Bus& bus, test::Outcome& out) {
            fw::Driver driver(bus);
            if (!driver.init(machine.driver_config(64)).ok()) throw std::runtime_error("driver");
            std::memcpy(machine.memory(test::kRingAddress, 4096), descriptors.data(),
                        descriptors.size() * sizeof(spec::Descriptor));
            const auto note = [&](Reg reg) { out.notes.push_back(test::read_register(bus, reg)); };
            test::write_register(bus, Reg::kRingTail, static_cast<uint32_t>(descriptors.size()));
            test::shift_phase(bus, at % 4);
            for (uint64_t i = 0; i < at / 4; ++i) note(Reg::kEngineState);
            test::write_register(bus, Reg::kControl, 0);
            test::write_register(bus, Reg::kRingSize, 48);
            test::write_register(bus, Reg::kControl, spec::kControlEnable);
            test::shift_phase(bus, phase);
            for (int i = 0; i < 300; ++i) note(Reg::kEngineState);
            note(Reg::kErrorCode);
        };
        test::cosimulate(
            platform,
            [&](test::Machine& machine, test::Outcome& out) {
                machine.write_memory(0, image);
                machine.run([&](fw::Bus& bus) { program(machine, bus, out); }, out);
            },
            "seed " + std::to_string(seed), totals);
    }
    totals.print("an error anywhere in a job");
    CHECK(totals.elements > 0);
    CHECK(totals.differences == 0);
}

}  // namespace

TEST_CASE("errors and resets on tiny") {
    compare_seeds("tiny", seeds_from(test::test_seed(), test::cosim_count(300)));
}
TEST_CASE("errors and resets on odd") {
    compare_seeds("odd", seeds_from(test::test_seed(), test::cosim_count(60)));
}
TEST_CASE("errors and resets that once told model and RTL apart") {
    compare_seeds("tiny", {100183, 100281, 100427, 100815, 100855, 100858, 100881, 101523, 102220,
                           102320, 102343});
}
TEST_CASE("an error anywhere in a job") {
    compare_entangled(seeds_from(test::test_seed(), test::cosim_count(300)));
}
