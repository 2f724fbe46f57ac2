// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <memory>

#include "host/verify/case.h"
#include "host/verify/command_words.h"
#include "host/verify/golden_check.h"
#include "host/verify/scenario.h"

namespace tessera::verify {

Case sequence_case(uint64_t seed, const spec::DeviceParams& params) {
    std::mt19937_64 random(seed);
    ScenarioOptions options;
    options.commands = 1 + static_cast<uint32_t>(random() % 40);
    const auto s = std::make_shared<Scenario>(random_scenario(random, params, options));
    Case c;
    c.name = fmt::format("sequence, seed {}", seed);
    c.platform = s->platform;
    c.memory_bytes = kDataBytes;
    c.words = command_words(s->commands);
    c.body = [s](Machine& machine, Outcome& out) {
        machine.write_memory(0, s->image);
        machine.run([&](fw::Bus& bus) { feed_raw(machine, bus, encode_all(s->commands), s->feed); },
                    out);
    };
    c.reference = [s](const Outcome& out, Comparison& comparison) {
        compare_with_golden(*s, out, true, comparison);
    };
    return c;
}

}  // namespace tessera::verify
