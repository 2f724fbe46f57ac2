// SPDX-License-Identifier: MIT
// A comparison for people: the same cells, title, notes and legend as a table and as Markdown.
#pragma once
#include <string>

#include "host/report/comparison.h"

namespace tessera::host {

std::string comparison_table(const Comparison& comparison);
std::string comparison_markdown(const Comparison& comparison);

}  // namespace tessera::host
