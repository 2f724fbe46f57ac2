// SPDX-License-Identifier: MIT
// `tessera devices`, `schedules` and `memories`: what there is to choose from.
#pragma once
#include <string>

namespace tessera::host {

std::string device_list();
std::string schedule_list();
std::string memory_list();

}  // namespace tessera::host
