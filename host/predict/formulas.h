// SPDX-License-Identifier: MIT
// What a problem must cost, from N, M and the mask alone: independent of the planner, so that the
// two check each other. Calls by the closed formulas of docs/contract/schedules.md, section 3,
// where there is one; else counted (call_list.h).
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "host/problem/problem.h"
#include "spec/params.h"

namespace tessera::host {

/// Over all query heads, and all sequences of a ragged batch.
struct WorkFormula {
    uint64_t calls = 0;  ///< ATTENDs of an exact schedule with tiles of M x M; a sentinel's are
                         ///< M x (M - 1), and some forms take two for each pair of tiles
    /// No schedule can do with fewer: pairs of a key/value head that the mask allows / M^2,
    /// whatever heads share a call.
    uint64_t calls_at_least = 0;
    uint64_t pairs_issued = 0;   ///< sum over pairs of tiles of real query rows * real key rows
    uint64_t rows_issued = 0;    ///< the same of real query rows
    uint64_t pairs_allowed = 0;  ///< (query, key) pairs that the mask allows
};
WorkFormula work_formula(const Problem& problem, uint32_t m);

/// The formula of `calls` in words, for the report.
std::string calls_formula_text(const Problem& problem, uint32_t m);

/// Bytes that any implementation must move: q, and of k and v what some query sees, read once, o
/// written once, without padding.
struct CompulsoryBytes {
    uint64_t q = 0, k = 0, v = 0, o = 0;
    uint64_t all() const { return q + k + v + o; }
};
/// `m`: tile tokens, for tile flags.
CompulsoryBytes compulsory_bytes(const Problem& problem, uint32_t m);

/// Elements that a device's Q, K, V and state banks hold: what one call can leave to the next.
uint64_t on_chip_elements(const spec::DeviceParams& params);

/// Saha & Ye 2024 with their constant, which they do not give, taken as 1: elements that any
/// implementation of exact attention must move with `on_chip` elements of fast memory. Nothing
/// where the theorem does not say so: masks, unequal lengths or dimensions, grouped queries.
std::optional<double> io_bound_elements(const Problem& problem, uint64_t on_chip);

}  // namespace tessera::host
