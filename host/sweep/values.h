// SPDX-License-Identifier: MIT
// The values of a field in a grid: a list, or a range such as {"from": 64, "to": 4096, "times": 2}.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tessera::host {

inline constexpr size_t kMaxValues = 1'000'000;

/// What `json` lists, each once. A range begins at `from` and ends at or below `to`, in steps of
/// `step` (1), or by factors of `times`; it is of whole numbers if these are. UserError names
/// `where` and `place`.
std::vector<nlohmann::json> listed_values(const std::string& where, const std::string& place,
                                          const nlohmann::json& json);

}  // namespace tessera::host
