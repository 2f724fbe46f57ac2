// SPDX-License-Identifier: MIT
// The bundled page: what stands in front of the reports and behind them. Both are empty in a
// program that was built without npm. build.mjs writes their definitions.
#pragma once
#include <string_view>

namespace tessera::host {

std::string_view page_start();
std::string_view page_end();

}  // namespace tessera::host
