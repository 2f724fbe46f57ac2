// SPDX-License-Identifier: MIT
// `tessera devices`, `schedules`, `covers` and `memories`: what there is to choose from.
#pragma once
#include <string>

namespace tessera::host {

std::string device_list();
std::string schedule_list();
std::string memory_list();
/// Kinds of covers, and for R = N/M from 2 to 64 the calls of the best one.
std::string cover_list();

}  // namespace tessera::host
