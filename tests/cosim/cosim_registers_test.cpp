// SPDX-License-Identifier: MIT
// Model and RTL while firmware does what a driver does not: ENABLE, WATCHDOG, the ring's place and
// CLEAR_COUNTERS are written in full flight, in every phase of the processor against the device.
#include <memory>
#include <numeric>
#include <stdexcept>

#include "host/verify/command_words.h"
#include "host/verify/scenario.h"
#include "tests/cosim/cosim.h"

using namespace tessera;
using spec::Reg;

namespace {

constexpr uint32_t kRing = 64;
constexpr uint64_t kOtherRing = test::kRingAddress + 16384;  // the same commands, other tags

struct Meddling {
    verify::Scenario good;
    uint64_t steps = 0, seed = 0;
};

Meddling random_meddling(std::mt19937_64& random, const spec::DeviceParams& params) {
    verify::ScenarioOptions options;
    options.commands = 4 + static_cast<uint32_t>(random() % 36);
    Meddling m;
    m.good = verify::random_scenario(random, params, options);
    m.good.platform.firmware = test::kPhaseCosts;
    m.steps = 100 + random() % 500;
    m.seed = random();
    return m;
}

/// Both rings, empty registers, enabled.
void prepare(const std::vector<spec::Command>& commands, test::Machine& machine, fw::Bus& bus) {
    fw::Driver driver(bus);
    if (!driver.init(machine.driver_config(kRing)).ok())
        throw std::runtime_error("driver does not start");
    std::vector<spec::Descriptor> d = test::encode_all(commands);
    const size_t bytes = d.size() * sizeof(spec::Descriptor);
    std::memcpy(machine.memory(test::kRingAddress, bytes), d.data(), bytes);
    for (spec::Descriptor& descriptor : d) descriptor.word[0] ^= 1u << 31;
    std::memcpy(machine.memory(kOtherRing, bytes), d.data(), bytes);
}

void meddle(std::mt19937_64& random, fw::Bus& bus) {
    const auto base = [](uint64_t address) { return static_cast<uint32_t>(address); };
    switch (random() % 8) {
        case 0: test::write_register(bus, Reg::kControl, 0); break;
        case 1: test::write_register(bus, Reg::kWatchdog, 0); break;
        case 2:
            test::write_register(bus, Reg::kWatchdog, 1 + static_cast<uint32_t>(random() % 400));
            break;
        case 3: test::write_register(bus, Reg::kRingBaseLo, base(kOtherRing)); break;
        case 4: test::write_register(bus, Reg::kRingBaseLo, base(test::kRingAddress)); break;
        case 5:
            test::write_register(bus, Reg::kControl,
                                 spec::kControlEnable | spec::kControlClearCounters);
            break;
        default: test::write_register(bus, Reg::kControl, spec::kControlEnable); break;
    }
}

void run_meddling(const Meddling& m, test::Machine& machine, test::Outcome& out) {
    machine.write_memory(0, m.good.image);
    const auto total = static_cast<uint32_t>(m.good.commands.size());
    const auto program = [&](fw::Bus& bus) {
        std::mt19937_64 random(m.seed);
        prepare(m.good.commands, machine, bus);
        const auto note = [&](uint32_t offset) {
            uint32_t value = 0;
            if (!bus.read32(host::kCsrBase + offset, value)) throw std::runtime_error("read");
            out.notes.push_back(value);
        };
        uint32_t tail = 0;
        for (uint64_t i = 0; i < m.steps; ++i) {
            test::shift_phase(bus, random() % 4);
            switch (random() % 8) {
                case 0:
                    tail = std::min(total, tail + static_cast<uint32_t>(random() % 8));
                    test::write_register(bus, Reg::kRingTail, tail);
                    break;
                case 1: meddle(random, bus); break;
                case 2:
                    note(spec::kCounterBase +
                         4 * static_cast<uint32_t>(random() % (2 * spec::kCounters)));
                    break;
                case 3: note(static_cast<uint32_t>(Reg::kStatus)); break;
                case 4: note(static_cast<uint32_t>(Reg::kErrorCode)); break;
                default: note(static_cast<uint32_t>(Reg::kEngineState)); break;
            }
        }
        test::write_register(bus, Reg::kWatchdog, 0);
        test::write_register(bus, Reg::kControl, spec::kControlEnable);
        test::write_register(bus, Reg::kRingTail, total);
        for (uint64_t i = 0; i < 2000; ++i) note(static_cast<uint32_t>(Reg::kStatus));
    };
    machine.run(program, out);
}

verify::Case meddling_case(uint64_t seed, const spec::DeviceParams& params) {
    std::mt19937_64 random(seed);
    const auto m = std::make_shared<Meddling>(random_meddling(random, params));
    verify::Case c;
    c.name = "registers in flight, seed " + std::to_string(seed);
    c.platform = m->good.platform;
    c.memory_bytes = verify::kDataBytes;
    c.words = verify::command_words(m->good.commands);
    c.body = [m](test::Machine& machine, test::Outcome& out) { run_meddling(*m, machine, out); };
    return c;
}

/// Eight FENCEs, registers read in phase `seed` % 4, write latency `seed` / 4.
verify::Case fences_case(uint64_t seed, const spec::DeviceParams& params) {
    verify::Case c;
    c.name = "FENCEs, phase and latency " + std::to_string(seed);
    c.platform = test::machine_config(params);
    c.platform.firmware = test::kPhaseCosts;
    c.platform.memory.read_latency_cycles = 5;
    c.platform.memory.write_latency_cycles = static_cast<uint32_t>(seed / 4);
    const auto program = [seed](test::Machine& machine, fw::Bus& bus, test::Outcome& out) {
        const std::vector<spec::Command> fences(8, test::make_fence());
        prepare(fences, machine, bus);
        test::write_register(bus, Reg::kRingTail, 8);
        test::shift_phase(bus, seed % 4);
        for (int i = 0; i < 120; ++i)
            for (const Reg reg : {Reg::kEngineState, Reg::kStatus})
                out.notes.push_back(test::read_register(bus, reg));
    };
    c.body = [program](test::Machine& machine, test::Outcome& out) {
        machine.run([&](fw::Bus& bus) { program(machine, bus, out); }, out);
    };
    return c;
}

}  // namespace

TEST_CASE("registers written in full flight on tiny") {
    test::verify_many("tiny", 300, meddling_case);
}
TEST_CASE("registers written in full flight on odd") {
    test::verify_many("odd", 30, meddling_case);
}
TEST_CASE("registers read in every phase of FENCEs one behind the other") {
    std::vector<uint64_t> phases(64);
    std::iota(phases.begin(), phases.end(), 0);
    test::verify_seeds("tiny", phases, fences_case);
}
