// SPDX-License-Identifier: MIT
// compulsory_bytes (host/predict/formulas.h), tensor by tensor.
#pragma once
#include <cstdint>

#include "host/problem/problem.h"

namespace tessera::host {

struct CompulsoryBytes {
    uint64_t q = 0, k = 0, v = 0, o = 0;
    uint64_t all() const { return q + k + v + o; }
};
/// `m`: tile tokens, for tile flags.
CompulsoryBytes compulsory_bytes_by_tensor(const Problem& problem, uint32_t m);

}  // namespace tessera::host
