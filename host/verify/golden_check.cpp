// SPDX-License-Identifier: MIT
#include "host/verify/golden_check.h"

#include <fmt/format.h>

#include "host/verify/command_words.h"
#include "host/verify/golden_device.h"

namespace tessera::verify {
namespace {

/// The command that wrote an address last.
std::string writer_of(const Scenario& s, uint64_t address) {
    std::string name = "no command wrote it";
    const spec::DeviceParams& p = s.platform.params;
    for (size_t i = 0; i < s.commands.size(); ++i) {
        const spec::Command& c = s.commands[i];
        if (!c.is_store() || address < c.address) continue;
        const uint64_t row = (address - c.address) / c.pitch, at = (address - c.address) % c.pitch;
        if (row >= c.rows || at >= p.beats(spec::row_bytes(p, c)) * p.bus_bytes) continue;
        name = fmt::format("row {} byte {} of command {}, {}", row, at, i, describe(c));
    }
    return name;
}

}  // namespace

void compare_with_golden(const Scenario& s, const Outcome& outcome, bool counters,
                         Comparison& comparison) {
    GoldenDevice golden(s.platform.params, s.image);
    for (const spec::Command& c : s.commands) golden.execute(c);
    comparison.holds(outcome.memory.size() == golden.memory().size(),
                     [&] { return fmt::format("{} bytes of memory", outcome.memory.size()); });
    if (outcome.memory.size() != golden.memory().size()) return;
    for (uint64_t a = 0; a < golden.memory().size(); ++a)
        comparison.holds(outcome.memory[a] == golden.memory()[a], [&] {
            return fmt::format("address {:#x}: model {:#04x}, reference {:#04x}; {}", a,
                               outcome.memory[a], golden.memory()[a], writer_of(s, a));
        });
    if (!counters) return;
    const auto counter = [&](spec::Counter c, uint64_t expected) {
        comparison.holds(outcome.counter(c) == expected, [&] {
            return fmt::format("counter {}: model {}, reference {}",
                               spec::kCounterTable[static_cast<size_t>(c)].name, outcome.counter(c),
                               expected);
        });
    };
    counter(spec::Counter::kRowsEmpty, golden.rows_empty);
    counter(spec::Counter::kRowsNan, golden.rows_nan);
    counter(spec::Counter::kRowsSaturated, golden.rows_saturated);
    counter(spec::Counter::kRowsDiv0, golden.rows_div0);
}

}  // namespace tessera::verify
