// SPDX-License-Identifier: MIT
// What a job by a cover costs, by the cover alone, beside what other oracles would take for it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/predict/formulas.h"
#include "host/problem/problem.h"
#include "spec/params.h"

namespace tessera::host {

/// As work_formula() and calls_formula_text(), for a problem with a cover.
WorkFormula cover_work(const Problem& problem, uint32_t m);
std::string cover_formula_text(const Problem& problem, uint32_t m);

/// What the cover of a problem is made of.
std::string cover_name(const Problem& problem, uint32_t m);

/// One way to do the problem, over all query heads.
struct DeviceKindCost {
    std::string key;   ///< "cover", "half_tiles", "doubled_width", "query_key"
    std::string name;  ///< for people
    uint64_t calls = 0;
    uint64_t macs = 0;  ///< real rows and keys; masked pairs of a call are computed too
    /// Operands read, states stored and loaded again, o and lse written, in whole beats. Nothing is
    /// taken to be found in a bank but what the schedule says stays there.
    uint64_t bytes = 0;
    std::string formula;  ///< of calls
};

/// Four oracles, only with a cover: the cover itself; half-tiles; a single set that stands for
/// queries against keys, as in the paper; and a device that takes queries and keys apart,
/// query-resident. In the third, each row holds one token as key and another as query, at twice
/// the width.
std::vector<DeviceKindCost> device_kind_costs(const Problem& problem,
                                              const spec::DeviceParams& params);

/// Schoenheim's bound for all query heads. Only with a cover.
uint64_t cover_bound(const Problem& problem, uint32_t m);

}  // namespace tessera::host
