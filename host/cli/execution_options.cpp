// SPDX-License-Identifier: MIT
#include "host/cli/execution_options.h"

#include <utility>

#include "host/cli/job.h"
#include "host/cli/option_values.h"

namespace tessera::host {
namespace {

/// "8x12" of --slots.
std::optional<Slots> slots_of(const RunOptions& options) {
    if (options.slots.empty()) return std::nullopt;
    constexpr uint32_t kMax = 65536;
    const size_t x = options.slots.find('x');
    Slots slots;
    if (x == std::string::npos || !parses_as(options.slots.substr(0, x), slots.heads) ||
        !parses_as(options.slots.substr(x + 1), slots.layers) || slots.heads == 0 ||
        slots.layers == 0 || slots.heads > kMax || slots.layers > kMax)
        throw bad_value("command line", "--slots", printable(options.slots),
                        "HEADSxLAYERS of a call, each 1 to 65536: 8x12");
    return slots;
}

}  // namespace

Execution execution_of(const RunOptions& options, const RunHooks& hooks) {
    RunProgress(hooks).phase("reading the input");
    RunChoices choices{options.check, options.accept_inexact, slots_of(options), options.impl, {}};
    Job job = make_job(options, options.timing_only);
    choices.make_device = device_factory(options, job.config, "");
    return Execution(std::move(job), choices, hooks);
}

}  // namespace tessera::host
