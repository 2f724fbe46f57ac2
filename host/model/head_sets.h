// SPDX-License-Identifier: MIT
// Heads of an attention that one job of the device does: they have the same settings, and they are
// as far from each other. So they are a view on the tensors of all heads.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/model/model.h"

namespace tessera::host {

/// Query heads first, first + step, ..., `count` of them.
struct HeadSet {
    uint32_t first = 0, step = 1, count = 0;
    HeadSettings settings;

    /// "0,2,4".
    std::string text() const;
};

/// Every head in exactly one group, by their first heads. `sharing`: query heads of a key/value
/// head; more than one of them are together only if these are of one key/value head, or all.
std::vector<HeadSet> head_sets(const std::vector<HeadSettings>& heads, uint32_t sharing);

}  // namespace tessera::host
