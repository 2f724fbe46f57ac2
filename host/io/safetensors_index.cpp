// SPDX-License-Identifier: MIT
#include "host/io/safetensors_index.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/error.h"
#include "host/io/json_text.h"

namespace tessera::host {
namespace {

constexpr const char* kWeightMap = "weight_map";

/// An index may come from anywhere: it names no file outside its folder.
bool stays_below(const std::string& name) {
    if (name.empty() || name.find('\0') != std::string::npos) return false;
    const std::filesystem::path path(name);
    if (path.is_absolute()) return false;
    for (const auto& part : path)
        if (part == "..") return false;
    return true;
}

bool is_index(const std::string& file, const std::string& shard) {
    const std::filesystem::path index(file);
    return (index.parent_path() / shard).lexically_normal() == index.lexically_normal();
}

}  // namespace

WeightMap parse_safetensors_index(const std::string& file, std::string_view text) {
    const nlohmann::json root = parse_json(file, text);
    if (!root.is_object() || !root.contains(kWeightMap))
        throw UserError(
            file + ": is JSON text without " + kWeightMap +
            ", so it is not the index of a safetensors file; give the safetensors file or "
            "its index");
    const nlohmann::json& map = root[kWeightMap];
    if (map.is_object() && map.empty())
        throw UserError(file + ": " + kWeightMap + " names no tensor");
    if (!map.is_object())
        throw bad_value(file, kWeightMap, json_excerpt(map), "an object of file names");
    WeightMap shards;
    for (const auto& [tensor, shard] : map.items()) {
        const auto* name = shard.get_ptr<const std::string*>();
        const bool below = name != nullptr && stays_below(*name);
        if (!below || is_index(file, *name))
            throw bad_value(file, std::string(kWeightMap) + "." + printable(tensor),
                            json_excerpt(shard),
                            below ? "another file; this is the index itself"
                                  : "the name of a file beside the index or in a folder beside it");
        shards.emplace(tensor, *name);
    }
    return shards;
}

}  // namespace tessera::host
