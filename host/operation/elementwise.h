// SPDX-License-Identifier: MIT
// Elementwise work as an operation: the processor's. Roles of its tensors: a, b (of add), y.
#pragma once
#include <string>
#include <vector>

#include "firmware/elementwise/elementwise_job.h"
#include "host/operation/operation.h"

namespace tessera::host {

/// A row of the table of functions.
struct ElementFunctionInfo {
    const char* name;  ///< "silu"
    fw::ElementFunction function;
    const char* formula;
    double (*exact)(double a);     ///< of a function of one element; else nullptr
    double (*argument)(double a);  ///< what its exponential is of; nullptr: it has none
};
const std::vector<ElementFunctionInfo>& element_functions();
const ElementFunctionInfo& info_of(fw::ElementFunction function);

struct Elementwise {
    fw::ElementFunction function = fw::ElementFunction::kAdd;
    TensorLayout a;
    /// Its blocks are columns of a matrix, and a row goes through all of them; else heads.
    bool matrix = false;
    ElementType b_type = ElementType::kBf16, y_type = ElementType::kBf16;
    float factor = 1;  ///< of scale
};

class ElementwiseOperation : public Operation {
  public:
    /// `a` and `b`: elements in the order of the tensor's rows, [blocks][rows][columns], or of a
    /// matrix [rows][columns of all blocks]. Empty: they lie in a buffer, or there is none.
    ElementwiseOperation(const Elementwise& work, std::vector<float> a, std::vector<float> b,
                         const hw::PlatformConfig& config);

    const char* name() const override { return "elementwise"; }
    std::string title() const override;
    std::vector<Figure> settings() const override;
    std::string input() const override { return "elements"; }
    std::string input_dtypes() const override;
    void place(MemoryMap& map) override;
    void write(const MemoryAccess& memory) const override;
    fw::DriverConfig driver(uint32_t device) const override;
    Platform::Program program(uint32_t device, const MemoryAccess& memory,
                              FirmwareOutcome& outcome) const override;
    std::vector<spec::Command> commands() const override { return {}; }
    std::vector<float> read(const MemoryAccess& memory) const override;
    TensorSpec output() const override;
    void read_operands(const MemoryAccess& memory) override;
    void judge(const std::vector<float>& y, const RunOutcome& outcome,
               Exactness& exactness) const override;
    double check_work() const override { return static_cast<double>(work_.a.elements()); }
    ElementErrors check(const std::vector<float>& y,
                        const std::function<void(double)>& progress) const override;
    std::string bound() const override;
    OperationWork work_by_formula() const override;
    std::vector<Figure> figures(const RunOutcome& outcome) const override;

  private:
    /// An exact result and how far the processor's may be from it, before it is stored.
    struct Exact {
        double value = 0, magnitude = 0, error = 0;
    };
    bool two() const { return work_.function == fw::ElementFunction::kAdd; }
    TensorLayout b_layout() const;
    TensorLayout y_layout() const;
    uint64_t row_length() const;
    std::vector<float> elements_of(const TensorLayout& layout, const fw::Tensor& from,
                                   const MemoryAccess& memory) const;
    Exact exact_element(size_t i) const;
    Exact exact_statistic(size_t row) const;

    const Elementwise work_;
    std::vector<float> a_, b_;
    const hw::PlatformConfig config_;
    fw::ElementwiseJob job_;
    fw::DriverConfig driver_;
};

}  // namespace tessera::host
