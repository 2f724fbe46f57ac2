// SPDX-License-Identifier: MIT
// Gating as an operation: y = a f(b). Roles of its tensors: a, b, y. The two operands may be
// columns of one buffer.
#pragma once
#include <string>
#include <vector>

#include "firmware/elementwise/gate_job.h"
#include "host/operation/processor_operation.h"

namespace tessera::host {

struct Gate {
    fw::Activation activation = fw::Activation::kSilu;
    MatrixPart a, b;
    MatrixPart y;
};

class GateOperation : public JobOperation<fw::GateJob> {
  public:
    /// Elements in the order of rows. Empty: they lie in a buffer.
    GateOperation(const Gate& work, std::vector<float> a, std::vector<float> b,
                  const hw::PlatformConfig& config);

    const char* name() const override { return "gate"; }
    std::string title() const override;
    std::vector<Figure> settings() const override;

  private:
    fw::GateJob job() const override;
    void exact_row(uint64_t row, std::vector<ExactElement>& y) const override;

    const Gate work_;
};

}  // namespace tessera::host
