// SPDX-License-Identifier: MIT
#include "host/operation/approximate_operation.h"

#include <stdexcept>
#include <utility>

#include "host/operation/approximate.h"

namespace tessera::host {
namespace {

/// No tile is larger than another.
TileSummaries equal_tiles(uint32_t heads, uint32_t tiles, uint32_t dim) {
    TileSummaries all{heads, tiles, dim, {}, {}, {}};
    for (auto* numbers : {&all.mean, &all.low, &all.high})
        numbers->resize(size_t{heads} * tiles * dim);
    return all;
}

Problem with_first_tiles(Problem p, uint32_t m) {
    const ApproximationShape shape = approximation_shape(p, m);
    select_tiles_by(equal_tiles(p.query_heads, shape.query_tiles(), p.d_k),
                    equal_tiles(p.kv_heads, shape.key_tiles(), p.d_k), p, m);
    return p;
}

Inputs in_device_memory() {
    Inputs inputs;
    inputs.has_data = true;
    return inputs;
}

}  // namespace

ApproximateOperation::ApproximateOperation(Problem problem, const hw::PlatformConfig& config,
                                           const AttentionView& view)
    : AttentionOperation(with_first_tiles(std::move(problem), config.params.m), in_device_memory(),
                         config, view) {}

void ApproximateOperation::place(MemoryMap& map) {
    before_.emplace(map);
    AttentionOperation::place(map);
}

void ApproximateOperation::prepare(const MemoryAccess& memory) {
    read_operands(memory);
    Problem p = problem();
    select_tiles_of(p, inputs(), tile_tokens());
    MemoryMap map = before_.value();
    Layout chosen = make_layout(p, config(), map, view());
    if (chosen.end != layout().end)
        throw std::logic_error("the tiles that were chosen take another place");
    set_problem(std::move(p), std::move(chosen));
}

}  // namespace tessera::host
