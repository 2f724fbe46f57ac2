// SPDX-License-Identifier: MIT
// Rotary positions as an operation. Roles of its tensors: a, table, y.
#pragma once
#include <string>
#include <vector>

#include "firmware/elementwise/rotary_job.h"
#include "host/operation/processor_operation.h"

namespace tessera::host {

struct Rotary {
    fw::RotaryPairs pairs = fw::RotaryPairs::kInterleaved;
    uint64_t heads = 0;
    uint64_t rotated = 0;    ///< columns of each head, the first ones; not 0
    uint64_t position = 0;   ///< of the first row
    uint64_t positions = 0;  ///< rows of the table
    bool has_factor = false;
    float factor = 1;
    MatrixPart a;  ///< heads beside each other
    MatrixPart y;
};

/// The table's elements: for each position the cosines of all pairs, then the sines. Angles are
/// position * frequency, in fp32 where `fp32_angles` says so.
std::vector<float> rotary_table(const std::vector<float>& frequencies, uint64_t positions,
                                bool fp32_angles);

class RotaryOperation : public JobOperation<fw::RotaryJob> {
  public:
    /// Elements in the order of rows. Empty: they lie in a buffer.
    RotaryOperation(const Rotary& work, std::vector<float> a, std::vector<float> table,
                    const hw::PlatformConfig& config);

    const char* name() const override { return "rotary"; }
    std::string title() const override;
    std::vector<Figure> settings() const override;

  private:
    fw::RotaryJob job() const override;
    void exact_row(uint64_t row, std::vector<ExactElement>& y) const override;
    uint64_t compulsory_elements(const char* role, uint64_t all) const override;

    const Rotary work_;
};

}  // namespace tessera::host
