// SPDX-License-Identifier: MIT
#include "host/workload/tile_flags.h"

#include <fmt/format.h>

#include "host/error.h"
#include "host/io/npy.h"
#include "host/io/safetensors.h"

namespace tessera::host {
namespace {

TileFlags flags_of(const TensorView& t, const std::string& path) {
    if (dtype_bytes(t.dtype) != 1 || t.dtype == Dtype::kF8E5M2 || t.dtype == Dtype::kF8E4M3)
        throw UserError(fmt::format("{}: tensor {} is {}; allowed: BOOL, U8, I8", t.file, t.name,
                                    dtype_name(t.dtype)));
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

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

TileFlags read_tile_flags(const std::string& path) {
    if (ends_with(path, ".npy")) return flags_of(NpyFile(path, "mask").tensor(), path);
    return flags_of(SafetensorsFile(path).tensor("mask"), path);
}

}  // namespace tessera::host
