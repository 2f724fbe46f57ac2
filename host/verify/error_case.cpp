// SPDX-License-Identifier: MIT
// Illegal descriptors, commands outside the profile, bus errors, bad indices, a short watchdog,
// soft resets in full flight. Firmware reads registers all the time, and every value it reads is
// compared, as is a good run after the reset.
#include <fmt/format.h>

#include <memory>
#include <stdexcept>

#include "host/verify/case.h"
#include "host/verify/command_words.h"
#include "host/verify/golden_check.h"
#include "host/verify/scenario.h"

namespace tessera::verify {
namespace {

using spec::Reg;

struct Broken {
    Scenario good;
    hw::PlatformConfig platform;
    std::vector<spec::Descriptor> descriptors;
    Bytes image;
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
    ScenarioOptions options;
    options.commands = 4 + below(36);
    Broken b;
    b.good = random_scenario(random, params, options);
    b.platform = b.good.platform;
    b.descriptors = encode_all(b.good.commands);
    b.image = b.good.image;
    std::vector<hw::FaultConfig>& faults = b.platform.memory.faults;
    if (params.profile != spec::Profile::kStateful && below(2) == 0)
        b.descriptors[below(b.descriptors.size())] = encode(foreign_command(random, params));
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
void poll(const Broken& b, Machine& machine, fw::Bus& bus, Outcome& out) {
    std::mt19937_64 random(b.seed);
    fw::Driver driver(bus);
    if (!driver.init(machine.driver_config(64, b.watchdog)).ok())
        throw std::runtime_error("driver does not start");
    const auto note = [&](Reg reg) { out.notes.push_back(read_register(bus, reg)); };
    if (b.bad_ring) {
        write_register(bus, Reg::kControl, 0);
        write_register(bus, Reg::kRingSize, 48);
        write_register(bus, Reg::kControl, spec::kControlEnable);
    }
    std::memcpy(machine.memory(kRingAddress, b.descriptors.size() * sizeof(spec::Descriptor)),
                b.descriptors.data(), b.descriptors.size() * sizeof(spec::Descriptor));
    const auto total = static_cast<uint32_t>(b.descriptors.size());
    uint32_t tail = 0;
    for (uint64_t i = 0; i < b.polls; ++i) {
        switch (random() % 12) {
            case 0:
                tail = std::min<uint32_t>(total, tail + static_cast<uint32_t>(random() % 12));
                write_register(bus, Reg::kRingTail, tail);
                break;
            case 1: note(Reg::kErrorCode); break;
            case 2: note(Reg::kErrorTag); break;
            case 3: note(Reg::kRingHead); break;
            case 4: note(Reg::kIrqStatus); break;
            case 5:
                if (random() % 8 == 0) write_register(bus, Reg::kIrqStatus, random() & 7);
                break;
            case 6:
                write_register(bus, Reg::kRingNotify, static_cast<uint32_t>(random() % 40));
                break;
            case 7:
                if (random() % 40 == 0)
                    write_register(bus, Reg::kControl, random() % 2 == 0 ? 0 : 1);
                break;
            case 8: note(Reg::kStatus); break;
            default: note(Reg::kEngineState); break;
        }
    }
}

void run_broken(const Broken& b, Machine& machine, Outcome& out) {
    machine.write_memory(0, b.image);
    machine.run(
        [&](fw::Bus& bus) {
            poll(b, machine, bus, out);
            write_register(bus, Reg::kControl, spec::kControlSoftReset);
            for (int i = 0; i < 200; ++i)
                for (const Reg reg : {Reg::kStatus, Reg::kEngineState})
                    out.notes.push_back(read_register(bus, reg));
            machine.write_memory(0, b.good.image);
            feed_raw(machine, bus, encode_all(b.good.commands), b.good.feed);
            for (const Reg reg : {Reg::kErrorCode, Reg::kErrorTag, Reg::kStatus, Reg::kEngineState})
                out.notes.push_back(read_register(bus, reg));
        },
        out);
}

}  // namespace

Case error_case(uint64_t seed, const spec::DeviceParams& params) {
    std::mt19937_64 random(seed);
    const auto b = std::make_shared<Broken>(random_broken(random, params));
    Case c;
    c.name = fmt::format("errors, seed {}", seed);
    c.platform = b->platform;
    c.memory_bytes = kDataBytes;
    c.words = command_words(b->good.commands);
    c.body = [b](Machine& machine, Outcome& out) { run_broken(*b, machine, out); };
    c.reference = [b](const Outcome& out, Comparison& comparison) {
        // A planted bus error may also hit the run after the reset: then it has no result.
        const uint64_t error_code = out.notes.at(out.notes.size() - 4);
        if (error_code == 0) compare_with_golden(b->good, out, false, comparison);
    };
    return c;
}

}  // namespace tessera::verify
