// SPDX-License-Identifier: MIT
// The character that vocabularies have in place of a space.
#pragma once

namespace tessera::host {

inline constexpr char32_t kSpacePiece = 0x2581;

}  // namespace tessera::host
