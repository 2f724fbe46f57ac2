// SPDX-License-Identifier: MIT
// Random command sequences with an error somewhere: which error is first, which commands still
// start and when they retire, against the timing oracle (docs/contract/timing.md, section 7);
// nothing is written that a good run would not write; after a reset the same commands give the
// right bits.
#include <algorithm>
#include <cstdio>
#include <map>

#include "host/verify/command_words.h"
#include "host/verify/golden_device.h"
#include "host/verify/scenario.h"
#include "tests/support/compared.h"
#include "tests/support/timing_oracle.h"

using namespace tessera;
using spec::ErrorCode;
using test::Compared;

namespace {

/// A scenario and the same with something broken.
struct Broken {
    test::Scenario good;
    hw::PlatformConfig platform;
    std::vector<spec::Descriptor> descriptors;
    test::Bytes image;
    test::Feed feed;
};

/// Breaks one field of a descriptor; any error of dispatch may result, or none.
void break_descriptor(std::mt19937_64& random, spec::Descriptor& d) {
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    switch (below(7)) {
        case 0: d.word[0] = (d.word[0] & ~0xffu) | (below(2) == 0 ? 0 : 9 + below(200)); break;
        case 1: d.word[1] |= 2u << 4 * below(4); break;
        case 2: d.word[2] = below(2) == 0 ? 0 : d.word[2] | 0x7000; break;
        case 3: d.word[3] = below(2) == 0 ? 0xffffffff : d.word[3] ^ 0x4000; break;
        case 4: d.word[below(2) == 0 ? 4 : 6] ^= 8; break;
        case 5: d.word[5] |= 0x80; break;
        default: d.word[12 + below(4)] |= 1u << below(32); break;
    }
}

void break_something(std::mt19937_64& random, Broken& b) {
    const auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    const auto fault = [&](bool write, uint32_t bursts) {
        b.platform.memory.faults.push_back({0, write, below(bursts), below(4)});
    };
    const std::vector<spec::Command>& commands = b.good.commands;
    switch (below(7)) {
        case 0: break_descriptor(random, b.descriptors[below(b.descriptors.size())]); break;
        case 1: fault(false, 60); break;
        case 2: fault(true, 12); break;
        case 3:  // two at once
            fault(false, 40);
            fault(true, 5);
            break;
        case 4: b.feed.watchdog_cycles = 100 + below(600); break;
        case 5: fault(false, 20); break;
        default: {
            std::vector<size_t> gathers;
            for (size_t i = 0; i < commands.size(); ++i)
                if (commands[i].has(spec::kFlagGather)) gathers.push_back(i);
            if (gathers.empty()) break;
            const spec::Command& c = commands[gathers[below(gathers.size())]];
            const uint32_t index = below(2) == 0 ? c.index_limit : 0xffffffff - below(1000);
            std::memcpy(&b.image[c.index_address + 4 * below(c.rows)], &index, 4);
        }
    }
}

constexpr uint32_t kSettleCycles = 20000;

/// First the broken run, then a reset and the good one.
/// Notes: ERROR_CODE, ERROR_TAG, STATUS, IRQ_STATUS, bytes neither old nor those of a good run,
/// ERROR_CODE of the second run.
test::Outcome run_both(const Broken& b, const test::Bytes& golden) {
    return test::run_machine(
        b.platform,
        [&](test::Machine& machine, test::Outcome& out) {
            machine.write_memory(0, b.image);
            machine.run(
                [&](fw::Bus& bus) {
                    test::feed_raw(machine, bus, b.descriptors, b.feed);
                    for (const auto reg : {spec::Reg::kErrorCode, spec::Reg::kErrorTag,
                                           spec::Reg::kStatus, spec::Reg::kIrqStatus})
                        out.notes.push_back(test::read_register(bus, reg));
                },
                out);
            uint64_t strange = 0;
            const uint8_t* memory = machine.memory(0, test::kDataBytes);
            for (uint64_t a = 0; a < test::kDataBytes; ++a)
                strange += memory[a] != b.image[a] && memory[a] != golden[a] ? 1 : 0;
            out.notes.push_back(strange);
            machine.write_memory(0, b.good.image);
            test::Feed feed = b.good.feed;
            feed.reset = true;
            test::Outcome second;
            const auto descriptors = test::encode_all(b.good.commands);
            machine.run(
                [&](fw::Bus& bus) {
                    test::feed_raw(machine, bus, descriptors, feed);
                    out.notes.push_back(test::read_register(bus, spec::Reg::kErrorCode));
                },
                second);
        },
        test::kDataBytes);
}

struct Checks {
    Compared errors{"first errors: code and tag"};
    Compared cycles{"starts and retirements around an error"};
    Compared memories{"memories after an error"};
    Compared recoveries{"memories after reset and a good run"};
    std::map<uint64_t, uint64_t> seen;
};

void compare_broken(Checks& checks, const Broken& b, const test::Outcome& outcome,
                    const test::Bytes& golden) {
    test::OracleInput input;
    input.params = b.platform.params;
    input.memory = b.platform.memory;
    input.descriptors = b.descriptors;
    input.writes = outcome.writes;
    input.image = &b.image;
    const test::OracleResult oracle = test::predict(input);
    ++checks.seen[outcome.notes[0]];
    checks.errors.equal(outcome.notes[0], static_cast<uint64_t>(oracle.error));
    checks.errors.equal(outcome.notes[1], uint64_t{oracle.error_tag});
    checks.errors.equal((outcome.notes[2] & spec::kStatusHalted) != 0,
                        oracle.error != ErrorCode::kNone);
    checks.cycles.equal(outcome.commands.size(), oracle.commands.size(), [&] {
        return "commands dispatched, error " + std::to_string(outcome.notes[0]) + " in cycle " +
               std::to_string(oracle.error_cycle);
    });
    const size_t common = std::min(outcome.commands.size(), oracle.commands.size());
    for (size_t i = 0; i < common; ++i) {
        const auto where = [&] {
            return "command " + std::to_string(i) + ", " +
                   test::describe(spec::decode(b.descriptors[i])) + ", error " +
                   std::to_string(outcome.notes[0]) + " in cycle " +
                   std::to_string(oracle.error_cycle);
        };
        checks.cycles.equal(outcome.commands[i].dispatch, oracle.commands[i].dispatch, where);
        checks.cycles.equal(outcome.commands[i].start, oracle.commands[i].start, where);
        checks.cycles.equal(outcome.commands[i].retire, oracle.commands[i].retire, where);
    }
    checks.memories.equal(outcome.notes[4], 0u);
    // A fault that the first run did not live to see hits the second one.
    const bool late_fault = outcome.notes[5] != 0 && !b.platform.memory.faults.empty();
    if (!late_fault)
        checks.recoveries.holds(outcome.memory == golden && outcome.notes[5] == 0,
                                [] { return "good run after reset"; });
}

void compare_random(const std::string& preset, uint32_t sequences) {
    auto random = test::test_random();
    const spec::DeviceParams params = test::device_params(preset);
    Checks checks;
    for (uint32_t i = 0; i < sequences; ++i) {
        test::ScenarioOptions options;
        options.commands = 6 + static_cast<uint32_t>(random() % 30);
        Broken b;
        b.good = test::random_scenario(random, params, options);
        b.platform = b.good.platform;
        b.descriptors = test::encode_all(b.good.commands);
        b.image = b.good.image;
        b.feed = b.good.feed;
        b.feed.settle_cycles = kSettleCycles;
        break_something(random, b);
        test::GoldenDevice golden(params, b.good.image);
        for (const spec::Command& c : b.good.commands) golden.execute(c);
        const test::Outcome outcome = run_both(b, golden.memory());
        INFO(preset << " sequence " << i << " of seed " << test::test_seed());
        REQUIRE(outcome.failure == "");
        compare_broken(checks, b, outcome, golden.memory());
    }
    for (const auto& [code, count] : checks.seen)
        std::printf("%s: %llu times\n", spec::error_text(static_cast<ErrorCode>(code)),
                    static_cast<unsigned long long>(count));
}

}  // namespace

TEST_CASE("errors in random sequences on tiny parameters") { compare_random("tiny", 120); }
TEST_CASE("errors in random sequences on odd parameters") { compare_random("odd", 60); }
TEST_CASE("errors in random sequences with eight rows per lane") { compare_random("eight", 60); }
