// SPDX-License-Identifier: MIT
// The mean over the rows of a matrix. docs/contract/schedules.md, section 8.
#pragma once
#include <stdint.h>

#include "firmware/driver/status.h"
#include "firmware/elementwise/matrix_view.h"
#include "firmware/merge/accounting.h"
#include "spec/params.h"

namespace tessera::fw {

/// The one row of y is the mean of the rows of a, in fp32 (ElementwiseJob). Rows are added up 64 at
/// a time, in their order, and these sums then. 64 columns are read at once.
struct PoolJob {
    static constexpr uint32_t kKind = 11;  ///< of a request (docs/contract/jobs.md)
    uint32_t rows = 0, columns = 0;        ///< of a
    MatrixView a;
    MatrixView y;

    template <typename Each>
    constexpr void fields(Each& each) {
        each(rows, columns, a, y);
    }
};

[[nodiscard]] JobRule check_elementwise_job(const PoolJob& job, const spec::DeviceParams& device);
ElementWork elementwise_work(const PoolJob& job, const spec::DeviceParams& device);
[[nodiscard]] bool do_elementwise(const PoolJob& job, const spec::DeviceParams& device, Bus& bus);

}  // namespace tessera::fw
