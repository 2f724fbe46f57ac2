// SPDX-License-Identifier: MIT
#include "host/verify/case.h"
#include "host/verify/random_memory.h"

namespace tessera::verify {

namespace {

Case case_of(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens) {
    // Neighbouring seeds differ in kind, so that a short series has all of them.
    switch (seed % 20) {
        case 4: return seed / 40 % 2 == 0 ? gemm_case(seed, params) : linear_case(seed, params);
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
        case 19: return cover_case(seed, params, max_tokens);
        default: return sequence_case(seed, params);
    }
}

}  // namespace

Case random_case(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens,
                 bool covers) {
    Case c = covers ? cover_case(seed, params, max_tokens) : case_of(seed, params, max_tokens);
    // The others have ideal memories with random latencies and stalls.
    if (seed / 20 % 2 == 1) use_memory(c, random_dram(seed));
    return c;
}

}  // namespace tessera::verify
