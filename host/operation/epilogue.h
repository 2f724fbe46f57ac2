// SPDX-License-Identifier: MIT
// What follows the gemm of a linear layer, as an operation: y = f(a s + bias) + residual. Roles of
// its tensors: a, scales, bias, residual (as far as there are), y.
#pragma once
#include <string>
#include <vector>

#include "firmware/elementwise/epilogue_job.h"
#include "host/operation/processor_operation.h"

namespace tessera::host {

struct Epilogue {
    fw::Activation activation = fw::Activation::kNone;
    fw::Scaling scaling = fw::Scaling::kNone;
    float factor = 1;  ///< of Scaling::kFactor
    bool has_bias = false, has_residual = false;
    MatrixPart a;
    MatrixPart residual;
    MatrixPart y;  ///< in blocks of its own, as heads of attention
};

/// Elements in the order of rows. Empty: they lie in a buffer, or there are none.
struct EpilogueElements {
    std::vector<float> a, scales, bias, residual;
};

class EpilogueOperation : public JobOperation<fw::EpilogueJob> {
  public:
    EpilogueOperation(const Epilogue& work, EpilogueElements elements,
                      const hw::PlatformConfig& config);

    const char* name() const override { return "epilogue"; }
    std::string title() const override;
    std::vector<Figure> settings() const override;

  private:
    fw::EpilogueJob job() const override;
    void exact_row(uint64_t row, std::vector<ExactElement>& y) const override;

    const Epilogue work_;
};

}  // namespace tessera::host
