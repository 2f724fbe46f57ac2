// SPDX-License-Identifier: MIT
// A gemm as an operation. Roles of its tensors: a, b, c.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "host/config/energy_table.h"
#include "host/operation/gemm.h"
#include "host/operation/operation.h"

namespace tessera::host {

class GemmOperation : public Operation {
  public:
    /// `inputs` may be shapes only, or have one operand of the two; the other lies in a buffer.
    GemmOperation(const Gemm& gemm, GemmInputs inputs, const spec::DeviceParams& params,
                  const EnergyTable& energy);
    /// The same inputs with data, once it is known that they fit.
    void set_inputs(GemmInputs inputs) { inputs_ = std::move(inputs); }
    /// Why this form, a sentence for the note.
    void set_choice(const std::string& sentence) { choice_ = " " + sentence; }

    const Gemm& gemm() const { return gemm_; }
    const GemmLayout& layout() const { return layout_; }

    const char* name() const override { return "gemm"; }
    std::string title() const override;
    std::vector<Figure> settings() const override;
    std::string input() const override { return inputs_.description; }
    std::string input_dtypes() const override;
    void place(MemoryMap& map) override;
    void write(const MemoryAccess& memory) const override;
    fw::DriverConfig driver(uint32_t device) const override;
    Platform::Program program(uint32_t device, const MemoryAccess& memory,
                              FirmwareOutcome& outcome) const override;
    std::vector<spec::Command> commands() const override;
    std::vector<float> read(const MemoryAccess& memory) const override;
    TensorSpec output() const override;
    void read_operands(const MemoryAccess& memory) override;
    void judge(const std::vector<float>& c, const RunOutcome& outcome,
               Exactness& exactness) const override;
    ElementErrors check(const std::vector<float>& c,
                        const std::function<void(double)>& progress) const override;
    std::string bound() const override;
    OperationWork work_by_formula() const override;
    std::vector<Figure> figures(const RunOutcome& outcome) const override;
    std::string note() const override;

  private:
    const char* output_format() const { return gemm_.bf16_output ? "bf16" : "fp32"; }
    double macs() const { return 1.0 * gemm_.m * gemm_.k * gemm_.n; }
    const char* rows_text() const { return is_transposed(gemm_.form) ? "n" : "m"; }
    const char* columns_text() const { return is_transposed(gemm_.form) ? "m" : "n"; }
    std::string a_block_text() const;
    std::string c_block_text() const;
    ElementReader a_reader() const;
    double identity_macs() const;
    double identity_energy() const;

    const Gemm gemm_;
    GemmInputs inputs_;
    const spec::DeviceParams params_;
    const EnergyTable energy_;
    GemmLayout layout_;
    std::string choice_;
};

}  // namespace tessera::host
