// SPDX-License-Identifier: MIT
// A gemm on a device that only attends: with f = identity, Q = A, K = I, V = B or Q = A, K = B,
// V = I, as the host hands it to firmware. docs/contract/schedules.md, section 6.
#pragma once
#include <stdint.h>

#include "firmware/driver/status.h"
#include "firmware/plan/tensor.h"
#include "spec/params.h"

namespace tessera::fw {

/// Which half of the device multiplies A by B.
enum class GemmStage : uint32_t {
    /// The value stage: K = I, V = B. Every product and sum is in fp32.
    kValue = 0,
    /// The score stage: V = I, and K is B with its columns as rows, [n][k] in blocks as A. What a
    /// block of A adds to an element of C is rounded to bf16 before it is added. A call of few
    /// columns takes but a part of its time in the other stage.
    kScore = 1
};
inline constexpr uint32_t kGemmStages = 2;

/// C = A B, A [m][k] and B [k][n] in bf16. Matrices lie in blocks of columns, as heads of a tensor
/// do; the last block of each may be narrower. Blocks and rows of A may overlap: in a convolution
/// over time a row begins where its time step does and goes on into the following ones.
struct GemmJob {
    static constexpr uint32_t kKind = 3;  ///< of a request (docs/contract/jobs.md)
    uint32_t m = 0, k = 0, n = 0;
    uint32_t a_columns = 0;    ///< of a block of A; 0: as many as fit, gemm_inner(device)
    uint32_t c_columns = 0;    ///< of a block of B and of C; 0: as many as fit, gemm_columns()
    bool bf16_output = false;  ///< of C; else fp32
    Tensor a, b, c;
    Tensor identity;  ///< bf16, as many rows and columns as a block of A, or of C (kScore), has
                      ///< columns
    GemmStage stage = GemmStage::kValue;

    template <typename Each>
    constexpr void fields(Each& each) {
        each(m, k, n, a_columns, c_columns, bf16_output, a, b, c, identity, stage);
    }
};

/// Columns of A that a call takes: as many as the device takes elements of a query, but no more
/// than keys, which are the rows of I.
constexpr uint32_t gemm_inner(const spec::DeviceParams& device) {
    return device.d < device.m ? device.d : device.m;
}

/// Columns of C that a call takes. In the score stage they are keys.
constexpr uint32_t gemm_columns(GemmStage stage, const spec::DeviceParams& device) {
    return stage == GemmStage::kScore ? gemm_inner(device) : device.d;
}

/// Columns of a block of A, which are the terms that a call adds up.
constexpr uint32_t gemm_a_block(const GemmJob& job, const spec::DeviceParams& device) {
    return job.a_columns != 0 ? job.a_columns : gemm_inner(device);
}
/// Columns of a block of B and of C.
constexpr uint32_t gemm_c_block(const GemmJob& job, const spec::DeviceParams& device) {
    return job.c_columns != 0 ? job.c_columns : gemm_columns(job.stage, device);
}

/// The first rule that `job` breaks on this device, or kNone. Only `stateful` devices accumulate:
/// on others k must fit a block of A.
[[nodiscard]] JobRule check_gemm_job(const GemmJob& job, const spec::DeviceParams& device);

}  // namespace tessera::fw
