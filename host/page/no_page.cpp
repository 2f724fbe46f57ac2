// SPDX-License-Identifier: MIT
// Takes the place of the bundled page where there is none.
#include "host/page/page_data.h"

namespace tessera::host {

std::string_view page_start() { return {}; }
std::string_view page_end() { return {}; }

}  // namespace tessera::host
