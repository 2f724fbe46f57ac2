// SPDX-License-Identifier: MIT
#include "host/problem/tile_flags.h"

#include <fmt/format.h>

#include <string_view>

#include "host/error.h"
#include "host/io/container.h"
#include "host/io/npy.h"
#include "host/io/safetensors.h"

namespace tessera::host {
namespace {

TileFlags flags_of(const TensorView& t, const std::string& path) {
    const size_t rank = t.shape.size();
    if ((rank != 2 && rank != 3) || t.elements == 0)
        throw UserError(
            fmt::format("{}: tensor {} has shape {}; allowed: [query tiles, key tiles] or [heads, "
                        "query tiles, key tiles], none of them 0",
                        t.file, t.name, shape_text(t.shape)));
    TileFlags flags;
    flags.source = path;
    flags.heads = rank == 3 ? t.shape[0] : 1;
    flags.query_tiles = t.shape[rank - 2];
    flags.key_tiles = t.shape[rank - 1];
    flags.flags.assign(t.data, t.data + t.elements);
    return flags;
}

/// By its name, or by its content whatever its name.
bool is_npy(const std::string& path) {
    constexpr std::string_view kEnd = ".npy";
    if (path.size() >= kEnd.size() && path.substr(path.size() - kEnd.size()) == kEnd) return true;
    const MappedFile file(path);
    return starts_as_npy({reinterpret_cast<const char*>(file.data()), file.bytes()});
}

}  // namespace

TileFlags read_tile_flags(const std::string& path) {
    constexpr auto kFlags = TensorUse::kFlags;
    return about_field("workload.mask.tile_flags", [&path] {
        if (is_npy(path)) return flags_of(NpyFile(path, "mask", kFlags).tensor(), path);
        return flags_of(SafetensorsFile(path).tensor("mask", kFlags), path);
    });
}

}  // namespace tessera::host
