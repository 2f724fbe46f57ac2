// SPDX-License-Identifier: MIT
// The mean over rows as an operation. Roles of its tensors: a, y.
#pragma once
#include <string>
#include <vector>

#include "firmware/elementwise/pool_job.h"
#include "host/operation/processor_operation.h"

namespace tessera::host {

struct Pool {
    MatrixPart a;
    MatrixPart y;  ///< one row
};

class PoolOperation : public JobOperation<fw::PoolJob> {
  public:
    /// Elements in the order of rows. Empty: they lie in a buffer.
    PoolOperation(const Pool& work, std::vector<float> a, const hw::PlatformConfig& config);

    const char* name() const override { return "pool"; }
    std::string title() const override;
    std::vector<Figure> settings() const override;

  private:
    fw::PoolJob job() const override;
    void exact_row(uint64_t row, std::vector<ExactElement>& y) const override;

    const Pool work_;
};

}  // namespace tessera::host
