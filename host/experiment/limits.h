// SPDX-License-Identifier: MIT
// The largest numbers that an experiment may have.
#pragma once
#include <cstdint>

#include "spec/params.h"

namespace tessera::host {

inline constexpr uint64_t kMaxTokens = spec::kPositionLimit;      ///< of a mask term
inline constexpr uint64_t kMaxLength = spec::kPositionLimit - 1;  ///< of a dimension
inline constexpr uint64_t kMaxDevices = 64;
inline constexpr int64_t kMaxSentinelOffset = 32767;  ///< scores are clamped there
inline constexpr uint64_t kMaxSelectedTiles = UINT32_MAX;
inline constexpr uint64_t kMaxSlots = 65536;  ///< heads and layers

}  // namespace tessera::host
