// SPDX-License-Identifier: MIT
#include "host/verify/case.h"

namespace tessera::verify {

Case random_case(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens) {
    // Neighbouring seeds differ in kind, so that a short series has all of them.
    switch (seed % 20) {
        case 3:
        case 10:
        case 17: return error_case(seed, params);
        case 0:
        case 2:
        case 5:
        case 7:
        case 9:
        case 12:
        case 14:
        case 16: return attention_case(seed, params, max_tokens);
        default: return sequence_case(seed, params);
    }
}

}  // namespace tessera::verify
