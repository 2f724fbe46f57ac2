// SPDX-License-Identifier: MIT
// Rows of a table by their numbers, as an operation. Roles of its tensors: ids, table, y.
#pragma once
#include <string>
#include <vector>

#include "firmware/elementwise/gather_job.h"
#include "host/operation/processor_operation.h"

namespace tessera::host {

struct Gather {
    uint64_t rows = 0;
    bool has_factor = false;
    float factor = 1;
    MatrixPart table;
    MatrixPart y;

    /// Numbers of rows lie as the argmax of rows does.
    TensorLayout ids() const { return TensorLayout::heads(ElementType::kIndex, 1, rows, 1); }
};

class GatherOperation : public JobOperation<fw::GatherJob> {
  public:
    /// `ids` empty: they lie in a buffer. UserError if one is not a row of the table. Elements of
    /// the table in the order of rows; empty: they lie in a buffer.
    GatherOperation(const Gather& work, const std::vector<uint32_t>& ids, std::vector<float> table,
                    const hw::PlatformConfig& config);

    const char* name() const override { return "gather"; }
    std::string title() const override;
    std::vector<Figure> settings() const override;

  private:
    fw::GatherJob job() const override;
    void exact_row(uint64_t row, std::vector<ExactElement>& y) const override;
    uint64_t compulsory_elements(const char* role, uint64_t all) const override;

    const Gather work_;
};

}  // namespace tessera::host
