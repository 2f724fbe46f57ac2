// SPDX-License-Identifier: MIT
// `tessera manual`: the man page, from the same options as --help.
#pragma once
#include <string>

namespace tessera::host {

/// In roff with the man macros, section 1.
std::string manual_page();

}  // namespace tessera::host
