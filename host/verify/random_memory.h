// SPDX-License-Identifier: MIT
// Memories for cases: drawn at random within what is legal, or one that the user names.
#pragma once
#include <cstdint>

#include "host/verify/case.h"

namespace tessera::verify {

/// A DRAM with everything about it drawn from `seed`: organisation, timings, clock, interconnect.
hw::MemoryConfig random_dram(uint64_t seed);

/// The case with that memory instead of its own; its size and injected faults stay.
void use_memory(Case& c, const hw::MemoryConfig& memory);

}  // namespace tessera::verify
