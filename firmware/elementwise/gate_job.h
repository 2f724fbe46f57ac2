// SPDX-License-Identifier: MIT
// Gating, as in the feed-forward part of many models. docs/contract/schedules.md, section 8.
#pragma once
#include <stdint.h>

#include "firmware/driver/status.h"
#include "firmware/elementwise/activation.h"
#include "firmware/elementwise/matrix_view.h"
#include "firmware/merge/accounting.h"
#include "spec/params.h"

namespace tessera::fw {

/// y = a * f(b), each operation in fp32 (ElementwiseJob). a and b may be columns of one matrix.
struct GateJob {
    static constexpr uint32_t kKind = 7;  ///< of a request (docs/contract/jobs.md)
    Activation activation = Activation::kSilu;
    uint32_t rows = 0, columns = 0;
    MatrixView a, b;
    MatrixView y;  ///< may be a or b if it lies as that does

    template <typename Each>
    constexpr void fields(Each& each) {
        each(activation, rows, columns, a, b, y);
    }
};

[[nodiscard]] JobRule check_elementwise_job(const GateJob& job, const spec::DeviceParams& device);
ElementWork elementwise_work(const GateJob& job, const spec::DeviceParams& device);
[[nodiscard]] bool do_elementwise(const GateJob& job, const spec::DeviceParams& device, Bus& bus);

}  // namespace tessera::fw
