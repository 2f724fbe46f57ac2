// SPDX-License-Identifier: MIT
// Which keys a lane group visits, pair by pair, written from the words of docs/contract/device.md,
// section 4. Shares no code with spec/key_range.h.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "spec/command.h"
#include "tests/support/mask_oracle.h"

namespace tessera::test {

/// The positions of a bank's first rows, as far as dispatch knows them.
using KnownPositions = std::vector<uint32_t>;

/// A LOAD_Q or LOAD_K into the bank.
inline void note_load(const spec::Command& load, KnownPositions& known) {
    if (known.size() > load.first_row) known.resize(load.first_row);
    const bool gather = (load.flags >> 8 & 1) != 0;
    if (gather || known.size() < load.first_row) return;
    if (!known.empty() && known.back() + 1 != load.position) return;
    for (uint32_t i = 0; i < load.rows; ++i) known.push_back(load.position + i);
}

struct VisitedKeys {
    uint32_t first = 0, count = 0;
};

/// The keys of an ATTEND that its rows first_row to first_row + rows - 1 visit.
inline VisitedKeys visited_keys(const spec::Command& attend, const KnownPositions& q,
                                const KnownPositions& k, uint32_t first_row, uint32_t rows) {
    constexpr uint32_t kDiagOff = 1u << 6, kSummary = 1u << 4, kLocalTerms = 0x1e;
    spec::Mask mask = attend.mask;
    if (q.size() < attend.rows || k.size() < attend.keys || (mask.flags & kDiagOff) != 0)
        return {0, attend.keys};
    if ((mask.flags & kSummary) != 0) mask.flags &= ~kLocalTerms;
    std::vector<uint32_t> seen;
    for (uint32_t j = 0; j < attend.keys; ++j) {
        bool any = false;
        for (uint32_t i = first_row; i < first_row + rows; ++i)
            any = any || device_sees(mask, i, j, q[i], k[j]);
        if (any) seen.push_back(j);
    }
    if (seen.empty()) return {0, 1};
    return {seen.front(), seen.back() - seen.front() + 1};
}

}  // namespace tessera::test
