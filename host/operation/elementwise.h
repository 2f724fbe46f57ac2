// SPDX-License-Identifier: MIT
// Elementwise work as an operation: the processor's. Roles of its tensors: a, b (of add), y.
#pragma once
#include <string>
#include <vector>

#include "firmware/elementwise/elementwise_job.h"
#include "host/operation/processor_operation.h"

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
    float factor = 1;                       ///< of scale
    uint64_t b_columns = 0, y_columns = 0;  ///< of a block, if not as a; only of a matrix
};

class ElementwiseOperation : public JobOperation<fw::ElementwiseJob> {
  public:
    /// `a` and `b`: elements in the order of the tensor's rows, [blocks][rows][columns], or of a
    /// matrix [rows][columns of all blocks]. Empty: they lie in a buffer, or there is none.
    ElementwiseOperation(const Elementwise& work, std::vector<float> a, std::vector<float> b,
                         const hw::PlatformConfig& config);

    const char* name() const override { return "elementwise"; }
    std::string title() const override;
    std::vector<Figure> settings() const override;

  private:
    bool two() const { return work_.function == fw::ElementFunction::kAdd; }
    TensorLayout laid(ElementType type, uint64_t columns) const;
    TensorLayout y_layout() const;
    uint64_t row_length() const;
    fw::ElementwiseJob job() const override;
    void exact_row(uint64_t row, std::vector<ExactElement>& y) const override;
    ExactElement exact_element(size_t i) const;
    ExactElement exact_statistic(size_t row) const;

    const Elementwise work_;
};

}  // namespace tessera::host
