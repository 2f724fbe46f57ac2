// SPDX-License-Identifier: MIT
// Rows of a table by their numbers, as an embedding has them. docs/contract/schedules.md,
// section 8.
#pragma once
#include <stdint.h>

#include "firmware/driver/status.h"
#include "firmware/elementwise/matrix_view.h"
#include "firmware/merge/accounting.h"
#include "spec/params.h"

namespace tessera::fw {

/// Row i of y is row ids[i] of the table, times a factor, if there is one. A number that the table
/// does not have gives a row of NaN.
struct GatherJob {
    static constexpr uint32_t kKind = 10;  ///< of a request (docs/contract/jobs.md)
    bool has_factor = false;
    uint32_t rows = 0, columns = 0;  ///< of y
    uint32_t table_rows = 0;
    uint32_t factor = 0;  ///< fp32 bits
    MatrixView ids;       ///< one column of whole numbers of 32 bits
    MatrixView table;
    MatrixView y;

    template <typename Each>
    constexpr void fields(Each& each) {
        each(has_factor, rows, columns, table_rows, factor, ids, table, y);
    }
};

[[nodiscard]] JobRule check_elementwise_job(const GatherJob& job, const spec::DeviceParams& device);
ElementWork elementwise_work(const GatherJob& job, const spec::DeviceParams& device);
[[nodiscard]] bool do_elementwise(const GatherJob& job, const spec::DeviceParams& device, Bus& bus);

}  // namespace tessera::fw
