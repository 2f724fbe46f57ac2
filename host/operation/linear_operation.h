// SPDX-License-Identifier: MIT
// Linear attention as an operation. The host computes features from the operands and divides by the
// denominators, so none of its tensors can be a buffer of another operation.
#pragma once
#include <string>
#include <vector>

#include "host/operation/linear.h"
#include "host/operation/operation.h"
#include "host/reference/linear.h"

namespace tessera::host {

class LinearOperation : public Operation {
  public:
    /// `inputs` may be shapes only; `fields` are for messages.
    LinearOperation(Problem problem, Inputs inputs, const hw::PlatformConfig& config,
                    ShapeFields fields = {});
    /// The same inputs with data, behind place().
    void set_inputs(Inputs inputs);

    const char* name() const override { return "linear"; }
    std::string title() const override;
    std::vector<Figure> settings() const override;
    std::string input() const override { return inputs_.description; }
    std::string input_dtypes() const override { return dtypes_of(inputs_); }
    void place(MemoryMap& map) override;
    void write(const MemoryAccess& memory) const override;
    fw::DriverConfig driver(uint32_t device) const override;
    Platform::Program program(uint32_t device, const MemoryAccess& memory,
                              FirmwareOutcome& outcome) const override;
    std::vector<spec::Command> commands() const override;
    std::vector<float> read(const MemoryAccess& memory) const override;
    TensorSpec output() const override { return {"o", Dtype::kF32, problem_.output_shape()}; }
    uint64_t place_of_row(uint64_t row) const override { return problem_.place_of_row(row); }
    void read_operands(const MemoryAccess&) override {}
    bool judges_by_operands(const std::vector<float>&, const RunOutcome&) const override {
        return true;
    }
    void judge(const std::vector<float>& o, const RunOutcome& outcome,
               Exactness& exactness) const override;
    ElementErrors check(const std::vector<float>& o,
                        const std::function<void(double)>& progress) const override;
    std::string bound() const override;
    OperationWork work_by_formula() const override;
    std::vector<Figure> figures(const RunOutcome& outcome) const override;

  private:
    const char* mask() const { return problem_.mask.causal ? "causal" : "dense"; }
    double state_macs() const;
    ReferenceLinear reference() const;

    const Problem problem_;
    Inputs inputs_;
    FeatureScales scales_;  ///< of inputs with data
    const hw::PlatformConfig config_;
    const ShapeFields fields_;
    LinearLayout layout_;
};

}  // namespace tessera::host
