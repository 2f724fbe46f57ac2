// SPDX-License-Identifier: MIT
// The machine of tests that simulate nothing: device `tiny` behind the ideal memory.
#pragma once
#include "hw_model/config.h"

namespace tessera::test {

inline hw::PlatformConfig small_platform() {
    hw::PlatformConfig config;
    config.params = {16, 16, 2, 4, 16, spec::Profile::kStateful};
    return config;
}

}  // namespace tessera::test
