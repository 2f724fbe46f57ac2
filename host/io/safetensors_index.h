// SPDX-License-Identifier: MIT
// The index of a safetensors file in shards, model.safetensors.index.json: an object whose
// weight_map says for each tensor which file beside or below the index holds it.
#pragma once
#include <map>
#include <string>
#include <string_view>

namespace tessera::host {

/// Names of tensors, and the file of each, relative to the index's folder.
using WeightMap = std::map<std::string, std::string>;

/// `file` is the index's path. UserError: no valid JSON, no weight_map or an empty one, a shard
/// that is not below the index's folder or is the index itself.
WeightMap parse_safetensors_index(const std::string& file, std::string_view text);

}  // namespace tessera::host
