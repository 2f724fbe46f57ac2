// SPDX-License-Identifier: MIT
// Unicode's normalisation form NFKC: characters that are variants of others become these (a
// ligature its letters, a no-break space a space), and marks join their letters.
#pragma once
#include <string>
#include <string_view>

namespace tessera::host {

std::u32string to_nfkc(std::u32string_view text);

}  // namespace tessera::host
