// SPDX-License-Identifier: MIT
#include "host/operation/pool.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace tessera::host {

PoolOperation::PoolOperation(const Pool& work, std::vector<float> a,
                             const hw::PlatformConfig& config)
    : JobOperation(config), work_(work) {
    add_operand("a", work.a, std::move(a));
    set_result(work.y);
}

std::string PoolOperation::title() const {
    return fmt::format("mean over the rows of {}", work_.a.text());
}

std::vector<Figure> PoolOperation::settings() const {
    return {{"elements", value_of(work_.a.elements())},
            {"output_format", value_of(element_name(work_.y.layout.type))}};
}

fw::PoolJob PoolOperation::job() const {
    fw::PoolJob job;
    job.rows = static_cast<uint32_t>(work_.a.rows);
    job.columns = static_cast<uint32_t>(work_.a.columns);
    job.a = view("a");
    job.y = result_view();
    return job;
}

void PoolOperation::exact_row(uint64_t, std::vector<ExactElement>& y) const {
    y.clear();
    for (uint64_t c = 0; c < work_.a.columns; ++c) {
        ExactElement sum;
        for (uint64_t row = 0; row < work_.a.rows; ++row) {
            const double x = double{elements("a")[row * work_.a.columns + c]};
            sum.value += x;
            sum.magnitude += std::fabs(x);
        }
        // Among 64 rows, then among these sums.
        sum = exact_sum(sum, work_.a.rows, 64 + work_.a.rows / 64 + 1);
        y.push_back(divided(sum, static_cast<double>(work_.a.rows)));
    }
}

}  // namespace tessera::host
