// SPDX-License-Identifier: MIT
// Norms of rows, or of all rows together. docs/contract/schedules.md, section 8.
#pragma once
#include <stdint.h>

#include "firmware/driver/status.h"
#include "firmware/elementwise/matrix_view.h"
#include "firmware/merge/accounting.h"
#include "spec/params.h"

namespace tessera::fw {

/// Mean and variance (biased) are of a row, of kWhole those of all rows.
enum class Norm : uint32_t {
    kLayer = 0,  ///< (a - mean) / sqrt(variance + eps)
    kWhole = 1,  ///< the same: a group norm of one group
    kRms = 2,    ///< a / sqrt(mean of the squares + eps)
    kL2 = 3,     ///< a / sqrt(sum of the squares + eps)
};
inline constexpr uint32_t kNorms = 4;

/// Is the mean taken away?
constexpr bool centred(Norm norm) { return norm <= Norm::kWhole; }

/// y = norm(a) * gamma + beta, each operation in fp32 (ElementwiseJob). a is read once for the
/// mean, if there is one, once for the squares, and once for y. Sums of a row go from its first
/// element to its last. Those of rows are added up 64 at a time, and these sums then.
struct NormJob {
    static constexpr uint32_t kKind = 8;  ///< of a request (docs/contract/jobs.md)
    Norm norm = Norm::kLayer;
    bool has_gamma = false, has_beta = false;
    uint32_t rows = 0, columns = 0;
    uint32_t eps = 0;  ///< fp32 bits
    MatrixView a;
    MatrixView gamma, beta;  ///< one row each
    MatrixView y;            ///< may be a if it lies as that does

    template <typename Each>
    constexpr void fields(Each& each) {
        each(norm, has_gamma, has_beta, rows, columns, eps, a, gamma, beta, y);
    }
};

[[nodiscard]] JobRule check_elementwise_job(const NormJob& job, const spec::DeviceParams& device);
ElementWork elementwise_work(const NormJob& job, const spec::DeviceParams& device);
[[nodiscard]] bool do_elementwise(const NormJob& job, const spec::DeviceParams& device, Bus& bus);

}  // namespace tessera::fw
