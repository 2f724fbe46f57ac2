// SPDX-License-Identifier: MIT
#include "host/run/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "host/error.h"
#include "host/text.h"
#include "hw_model/memory/memory_image.h"

namespace tessera::host {

Platform make_platform(const hw::PlatformConfig& config) {
    try {
        return Platform(config);
    } catch (const hw::NoAddressSpace&) {
        throw UserError(fmt::format(
            "out of host memory: the device memory needs {} bytes of address space; allowed: a "
            "higher limit (ulimit -v), or a smaller memory.size_bytes in `machine.settings`",
            with_commas(config.memory.size_bytes)));
    }
}

void tell_calls(Platform& platform, RunProgress& progress, uint64_t calls) {
    constexpr uint64_t kSteps = 1000;  // more, nobody sees
    const uint64_t step = std::max<uint64_t>(calls / kSteps, 1);
    const auto begun = std::make_shared<uint64_t>(0);  // of all devices together
    platform.observe_calls([&progress, calls, step, begun] {
        const uint64_t before = (*begun)++;
        // A retry is one more than the formula knows.
        if (before % step == 0 && before < calls)
            progress.share(static_cast<double>(before) / static_cast<double>(calls));
    });
}

}  // namespace tessera::host
