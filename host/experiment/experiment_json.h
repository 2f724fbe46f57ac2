// SPDX-License-Identifier: MIT
// An experiment as JSON, both ways, its schema, and what identifies it.
#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "include/tessera/experiment.h"

namespace tessera::host {

/// Every field, those with their defaults too, in the order of the table.
nlohmann::ordered_json experiment_json(const Experiment& experiment);

/// The experiment in `text`, a JSON object; what is left out keeps its default. `where` names the
/// text in messages. UserError names the key, its value and what is allowed; whether the fields go
/// together is not looked at (host/experiment/check.h).
Experiment read_experiment(const std::string& where, std::string_view text);
/// The same of a file.
Experiment read_experiment_file(const std::string& path);

/// The JSON Schema (2020-12) of what read_experiment takes: include/tessera/experiment.schema.json.
nlohmann::ordered_json experiment_schema();

/// The JSON of all fields without spaces, keys sorted: equal for equal experiments.
std::string canonical_text(const Experiment& experiment);
/// 64-bit FNV-1a of the canonical text, 16 hexadecimal digits. What files contain is not part of
/// it.
std::string experiment_hash(const Experiment& experiment);
/// The same of any text.
std::string text_hash(std::string_view text);

}  // namespace tessera::host
