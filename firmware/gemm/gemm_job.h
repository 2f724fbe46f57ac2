// SPDX-License-Identifier: MIT
// A gemm on a device that only attends: Q = A, K = I, V = B with f = identity,
// as the host hands it to firmware. docs/contract/schedules.md, section 6.
#pragma once
#include <stdint.h>

#include "firmware/driver/status.h"
#include "firmware/plan/tensor.h"
#include "spec/params.h"

namespace tessera::fw {

/// C = A B, A [m][k] and B [k][n] in bf16. Matrices lie in blocks of columns, one after the other,
/// as heads of a tensor do: A in blocks of gemm_inner(device) columns, B and C in blocks of D.
/// The last block of each may be narrower.
struct GemmJob {
    uint32_t m = 0, k = 0, n = 0;
    bool bf16_output = false;  ///< of C; else fp32
    Tensor a, b, c;
    Tensor identity;  ///< bf16, as many rows and columns as a block of A has columns
};

/// Columns of A that a call takes: as many as the device takes elements of a query, but no more
/// than keys, which are the rows of I.
constexpr uint32_t gemm_inner(const spec::DeviceParams& device) {
    return device.d < device.m ? device.d : device.m;
}

/// The first rule that `job` breaks on this device, or kNone. Only `stateful` devices accumulate:
/// on others k must fit one call.
[[nodiscard]] JobRule check_gemm_job(const GemmJob& job, const spec::DeviceParams& device);

}  // namespace tessera::fw
