// SPDX-License-Identifier: MIT
#include "host/problem/row_causal.h"

#include <fmt/format.h>

#include "host/error.h"
#include "spec/integers.h"

namespace tessera::host {

void check_row_causal(const Problem& p, uint32_t m, uint32_t devices) {
    if (!p.row_causal) return;
    const auto refuse = [](const char* what, const char* allowed) {
        throw bad_field("schedule.oracle", std::string("causal, ") + what, allowed);
    };
    if (p.nq != p.nk) refuse("with unequal lengths", "as many queries as keys");
    if (p.mask.terms() != spec::kMaskCausal || !p.mask.documents.empty() || p.mask.tiles.given())
        refuse("with another mask", "`workload.mask.kind=causal` alone");
    if (p.ragged())
        refuse("with lengths of sequences",
               "without `workload.batch.key_lengths`, `workload.batch.query_lengths` and "
               "`workload.batch.query_offsets`");
    if (p.sink_logits) refuse("with `workload.sink_logits`", "none: results are merged twice");
    if (p.stacked) refuse("with `schedule.stack_heads`", "none: a row of a tile is a token");
    if (p.tile_keys(m) < 2)
        refuse("with tiles of one token",
               "a device with M of at least 2, of profile blackbox at least 3");
    if (p.nq > spec::kPositionLimit / 2)
        refuse("with more than 2^30 tokens", "at most 2^30: they lie in memory twice");
    if (devices != 1)
        throw bad_field("machine.devices", std::to_string(devices),
                        "1 with `schedule.oracle=causal`");
}

uint32_t token_tiles(const Problem& p, uint32_t m) { return spec::divide_up(p.nk, p.tile_keys(m)); }

}  // namespace tessera::host
