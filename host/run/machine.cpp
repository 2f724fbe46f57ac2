// SPDX-License-Identifier: MIT
#include "host/run/machine.h"

#include <fmt/format.h>

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

}  // namespace tessera::host
