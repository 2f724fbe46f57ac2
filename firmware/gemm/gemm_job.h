// SPDX-License-Identifier: MIT
// A gemm on a device that only attends: Q = A, K = I, V = B with f = identity,
// as the host hands it to firmware. docs/contract/schedules.md, section 6.
#pragma once
#include <stdint.h>

#include "firmware/driver/status.h"
#include "firmware/plan/tensor.h"
#include "spec/params.h"

namespace tessera::fw {

/// C = A B, A [m][k] and B [k][n] in bf16. Matrices lie in blocks of columns, as heads of a tensor
/// do; the last block of each may be narrower. Blocks and rows of A may overlap: in a convolution
/// over time a row begins where its time step does and goes on into the following ones.
struct GemmJob {
    uint32_t m = 0, k = 0, n = 0;
    uint32_t a_columns = 0;    ///< of a block of A; 0: as many as fit, gemm_inner(device)
    uint32_t c_columns = 0;    ///< of a block of B and of C; 0: as many as fit, D
    bool bf16_output = false;  ///< of C; else fp32
    Tensor a, b, c;
    Tensor identity;  ///< bf16, as many rows and columns as a block of A has columns
};

/// Columns of A that a call takes: as many as the device takes elements of a query, but no more
/// than keys, which are the rows of I.
constexpr uint32_t gemm_inner(const spec::DeviceParams& device) {
    return device.d < device.m ? device.d : device.m;
}

/// Columns of a block of A, which are the terms that a call adds up.
constexpr uint32_t gemm_a_block(const GemmJob& job, const spec::DeviceParams& device) {
    return job.a_columns != 0 ? job.a_columns : gemm_inner(device);
}
/// Columns of a block of B and of C.
constexpr uint32_t gemm_c_block(const GemmJob& job, const spec::DeviceParams& device) {
    return job.c_columns != 0 ? job.c_columns : device.d;
}

/// The first rule that `job` breaks on this device, or kNone. Only `stateful` devices accumulate:
/// on others k must fit a block of A.
[[nodiscard]] JobRule check_gemm_job(const GemmJob& job, const spec::DeviceParams& device);

}  // namespace tessera::fw
