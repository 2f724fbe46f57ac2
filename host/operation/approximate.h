// SPDX-License-Identifier: MIT
// A problem done approximately: which tiles it sees, the jobs that this takes, and what their
// result is held against. docs/contract/schedules.md, section 5.
#pragma once
#include <cstdint>
#include <vector>

#include "firmware/merge/accounting.h"
#include "host/approximation/selection.h"
#include "host/operation/layout.h"
#include "host/platform/platform.h"
#include "host/problem/inputs.h"
#include "host/problem/problem.h"

namespace tessera::host {

/// What the jobs of an approximate schedule point to.
struct ApproximateArrays {
    std::shared_ptr<const Selection> selection;
    std::vector<uint32_t> audit_rows;  ///< ascending, the same in every head
    uint32_t m = 0;                    ///< tile tokens

    /// Of the tiles that stand for others, in a query row.
    double weight(uint32_t head, uint32_t row) const {
        return selection->weight[selection->row(head, row / m)];
    }
};

/// The problem as a selection sees it. `m`: tile tokens.
ApproximationShape approximation_shape(const Problem& problem, uint32_t m);

/// Chooses the tiles of a problem that has an approximation; reads q and k if the rule asks for it.
void select_tiles_of(Problem& problem, const Inputs& inputs, uint32_t m);
/// The same by summaries, which may be empty if the rule reads none.
void select_tiles_by(const TileSummaries& queries, const TileSummaries& keys, Problem& problem,
                     uint32_t m);

/// How often o is stored: twice where some tiles stand for themselves and others for the rest.
uint32_t result_tensors(const Problem& problem);

/// Makes layout.job see the tiles that stand for themselves; with rule `sample`, the drawn ones.
/// Adds the jobs of the remainder and of the audit, without their states. The remainder's o and lse
/// lie behind those of layout.job, as if they belonged to further heads.
void place_approximation(const Problem& problem, const spec::DeviceParams& params, Layout& layout,
                         MemoryMap& map);

/// Merges the remainder into o, row by row. Each side counts with its sum of weights; the
/// remainder's is divided by the probability that a tile was drawn. In double precision, rounded to
/// fp32, and then to bf16 where the result is that.
void merge_remainder(const Layout& layout, const MemoryAccess& memory);
/// What that takes firmware: l and every O[j] of each row of the remainder; {l, m} and O of both
/// sides read, O written in whole beats. Where the result is bf16, also every O[j] of the rows
/// before, read and written. It finishes no row of its own, so `rows` is 0.
fw::MergeWork remainder_work(const Layout& layout);

/// The jobs of a layout with a remainder, and the merging of that into o. The counters cover it
/// all. Layout and `firmware` must outlive the run.
Platform::Program program_with_remainder(const Layout& layout, const MemoryAccess& memory,
                                         FirmwareOutcome& firmware);

/// The reference on what the schedule sees, keys that stand for others with their weight.
ReferenceProblem approximate_reference(const Problem& problem, const Inputs& inputs, uint32_t m,
                                       bool original);
/// The exact reference of the audited rows alone, [query_heads][audit rows].
ReferenceProblem audit_reference(const Problem& problem, const Inputs& inputs, uint32_t m,
                                 const std::vector<uint32_t>& rows);
/// The problem without its approximation: what the audit computes some rows of.
Problem exact_problem(const Problem& problem);

/// What choosing the tiles would take the processor: a cycle of merging for each step and each
/// multiply-add.
uint64_t selection_cycles(const SelectionCost& cost, const hw::FirmwareCosts& firmware);

/// Most tiles that a row sees, and two for the roundings of merge_remainder.
uint32_t most_tiles_seen(const Selection& selection);

}  // namespace tessera::host
