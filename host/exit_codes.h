// SPDX-License-Identifier: MIT
// What the program ends with. Reports have it, too.
#pragma once

namespace tessera::host {

inline constexpr int kExitGood = 0;
inline constexpr int kExitMismatch = 1;
inline constexpr int kExitUserError = 2;
inline constexpr int kExitNotValid = 3;  ///< the result, for this input
inline constexpr int kExitDeviceError = 4;
inline constexpr int kExitInternalError = 70;

}  // namespace tessera::host
