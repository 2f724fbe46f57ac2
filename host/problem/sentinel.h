// SPDX-License-Identifier: MIT
// Which sentinel a black box gets, and how high it is (docs/contract/schedules.md, section 1).
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "firmware/plan/job.h"
#include "spec/params.h"

namespace tessera::host {

struct Problem;

/// As asked for.
struct SentinelWish {
    std::optional<fw::SentinelForm> form;  ///< none: one where it is needed, in as few calls as fit
    std::optional<int32_t> offset;         ///< as in SentinelChoice; none: default_offset()
};

/// As decided on.
struct SentinelChoice {
    fw::SentinelForm form = fw::SentinelForm::kNone;
    bool query_column = false;  ///< else it is the zero key
    int32_t offset = 0;         ///< powers of two above the typical row maximum of a head

    bool given() const { return form != fw::SentinelForm::kNone; }
};

/// "columns", "split", "two-call"; "none".
const char* sentinel_name(fw::SentinelForm form);
/// The middle of the range in which shares give the sum.
int32_t default_offset(fw::SentinelForm form);

/// The sentinel for a problem whose shapes are known. UserError if what is asked for is not
/// possible on the device, or a sentinel is needed and none is.
SentinelChoice choose_sentinel(const Problem& problem, const SentinelWish& wish,
                               const spec::DeviceParams& params);

/// bf16 of about 1 / `factor` (fp32 bits): with it as the sentinel's element of the key, the level
/// of a query is the sentinel's score as a power of two.
uint16_t sentinel_key(uint32_t factor);

}  // namespace tessera::host
