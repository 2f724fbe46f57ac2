// SPDX-License-Identifier: MIT
// What follows the gemm of a linear layer, in one pass: the scale of its weights, bias, activation
// and residual. With none of them it lays a matrix out anew. docs/contract/schedules.md, section 8.
#pragma once
#include <stdint.h>

#include "firmware/driver/status.h"
#include "firmware/elementwise/activation.h"
#include "firmware/elementwise/matrix_view.h"
#include "firmware/merge/accounting.h"
#include "spec/params.h"

namespace tessera::fw {

enum class Scaling : uint32_t {
    kNone = 0,
    kFactor = 1,  ///< by one number
    kColumns = 2  ///< by a number for each column
};
inline constexpr uint32_t kScalings = 3;

/// y = f(a * s + bias) + residual, each operation in fp32 (ElementwiseJob), one store at the end.
/// What is not there is left out.
struct EpilogueJob {
    static constexpr uint32_t kKind = 6;  ///< of a request (docs/contract/jobs.md)
    Activation activation = Activation::kNone;
    Scaling scaling = Scaling::kNone;
    bool has_bias = false, has_residual = false;
    uint32_t rows = 0, columns = 0;
    uint32_t factor = 0;  ///< fp32 bits
    MatrixView a;
    MatrixView scales, bias;  ///< one row each
    MatrixView residual;
    MatrixView y;  ///< may be a or the residual if it lies as that does

    template <typename Each>
    constexpr void fields(Each& each) {
        each(activation, scaling, has_bias, has_residual, rows, columns, factor, a, scales, bias,
             residual, y);
    }
};

[[nodiscard]] JobRule check_elementwise_job(const EpilogueJob& job,
                                            const spec::DeviceParams& device);
ElementWork elementwise_work(const EpilogueJob& job, const spec::DeviceParams& device);
[[nodiscard]] bool do_elementwise(const EpilogueJob& job, const spec::DeviceParams& device,
                                  Bus& bus);

}  // namespace tessera::fw
