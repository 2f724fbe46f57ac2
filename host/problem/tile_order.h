// SPDX-License-Identifier: MIT
// A schedule as a text: the pairs of tiles in their order, for schedule `listed`.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "firmware/plan/job.h"

namespace tessera::host {

/// The pairs of `text`: a line for each with three whole numbers, stack, query tile and key tile,
/// and spaces or commas between them. Empty lines and those that begin with # are left out. `where`
/// names the text. UserError names the line.
std::vector<fw::TilePair> tile_order(const std::string& where, std::string_view text);

/// The same of a file.
std::vector<fw::TilePair> read_tile_order(const std::string& path);

}  // namespace tessera::host
