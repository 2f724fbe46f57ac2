// SPDX-License-Identifier: MIT
// A norm as an operation. Roles of its tensors: a, gamma, beta (as far as there are), y.
#pragma once
#include <string>
#include <vector>

#include "firmware/elementwise/norm_job.h"
#include "host/operation/processor_operation.h"

namespace tessera::host {

struct NormWork {
    fw::Norm norm = fw::Norm::kLayer;
    float eps = 0;
    bool has_gamma = false, has_beta = false;
    MatrixPart a;
    MatrixPart y;
};

/// Elements in the order of rows. Empty: they lie in a buffer, or there are none.
struct NormElements {
    std::vector<float> a, gamma, beta;
};

class NormOperation : public JobOperation<fw::NormJob> {
  public:
    NormOperation(const NormWork& work, NormElements elements, const hw::PlatformConfig& config);

    const char* name() const override { return "norm"; }
    /// Squares may leave the range of fp32 without a trace in the result.
    bool judges_by_operands(const std::vector<float>&, const RunOutcome&) const override {
        return true;
    }
    void judge(const std::vector<float>& y, const RunOutcome& outcome,
               Exactness& exactness) const override;
    std::string title() const override;
    std::vector<Figure> settings() const override;

  private:
    fw::NormJob job() const override;
    void prepare_check() override;
    void exact_row(uint64_t row, std::vector<ExactElement>& y) const override;
    ExactMoments moments_of(uint64_t first_row, uint64_t rows) const;

    const NormWork work_;
    ExactMoments of_all_;  ///< of a group norm
};

}  // namespace tessera::host
