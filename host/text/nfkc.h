// SPDX-License-Identifier: MIT
// Unicode's normalisation forms that join marks with their letters.
#pragma once
#include <string>
#include <string_view>

namespace tessera::host {

/// Characters that are the same to a reader become one spelling.
std::u32string to_nfc(std::u32string_view text);

/// The same, and characters that are variants of others become these: a ligature its letters, a
/// no-break space a space.
std::u32string to_nfkc(std::u32string_view text);

}  // namespace tessera::host
