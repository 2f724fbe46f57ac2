// SPDX-License-Identifier: MIT
// Rotary positions of queries and keys. docs/contract/schedules.md, section 8.
#pragma once
#include <stdint.h>

#include "firmware/driver/status.h"
#include "firmware/elementwise/matrix_view.h"
#include "firmware/merge/accounting.h"
#include "spec/params.h"

namespace tessera::fw {

inline constexpr uint32_t kMaxRotated = 256;

/// Which columns are a pair.
enum class RotaryPairs : uint32_t {
    kInterleaved = 0,  ///< 2 i and 2 i + 1
    kHalves = 1        ///< i and i + rotated / 2
};
inline constexpr uint32_t kRotaryPairs = 2;

/// Turns the pairs (u, v) among the first `rotated` columns of each head: u cos - v sin, v cos + u
/// sin. Other columns stay. Then all is multiplied with a factor, if there is one. Each operation
/// in fp32 (ElementwiseJob).
struct RotaryJob {
    static constexpr uint32_t kKind = 9;  ///< of a request (docs/contract/jobs.md)
    RotaryPairs pairs = RotaryPairs::kInterleaved;
    bool has_factor = false;
    uint32_t rows = 0, heads = 0;
    uint32_t width = 0;     ///< columns of a head
    uint32_t rotated = 0;   ///< even, at most width and kMaxRotated
    uint32_t position = 0;  ///< of row 0: its row of the table
    uint32_t factor = 0;    ///< fp32 bits
    MatrixView a;
    MatrixView table;  ///< a row for each position: cos of all pairs, then sin of all
    MatrixView y;      ///< may be a if it lies as that does

    template <typename Each>
    constexpr void fields(Each& each) {
        each(pairs, has_factor, rows, heads, width, rotated, position, factor, a, table, y);
    }
};

[[nodiscard]] JobRule check_elementwise_job(const RotaryJob& job, const spec::DeviceParams& device);
ElementWork elementwise_work(const RotaryJob& job, const spec::DeviceParams& device);
[[nodiscard]] bool do_elementwise(const RotaryJob& job, const spec::DeviceParams& device, Bus& bus);

}  // namespace tessera::fw
