// SPDX-License-Identifier: MIT
// Attention as an operation, by a schedule or by a cover. Roles of its tensors: q, k, v, o. On a
// black box queries, keys and values have columns of a sentinel, so that they lie otherwise than
// those of other operations.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/operation/inexact_rows.h"
#include "host/operation/layout.h"
#include "host/operation/operation.h"
#include "host/platform/counters.h"
#include "host/reference/error.h"

namespace tessera::host {

/// What the processor runs of a layout, as a device sees it. All must outlive the run.
Platform::Program program_of(const Layout& device, const MemoryAccess& memory,
                             FirmwareOutcome& outcome);

class AttentionOperation : public Operation {
  public:
    /// `inputs` may be shapes only. Those of q, k and v that have no data lie in buffers.
    AttentionOperation(Problem problem, Inputs inputs, const hw::PlatformConfig& config);
    /// The same on a part of what the buffers hold, without lse, sinks, sentinel or approximation.
    AttentionOperation(Problem problem, Inputs inputs, const hw::PlatformConfig& config,
                       const AttentionView& view);
    /// The same, already in its place, as make_layout() of `problem` and `config` gives it.
    AttentionOperation(Problem problem, Inputs inputs, const hw::PlatformConfig& config,
                       Layout layout);
    /// The same inputs with data, once it is known that they fit.
    void set_inputs(Inputs inputs) { inputs_ = std::move(inputs); }

    const Problem& problem() const { return problem_; }
    const Inputs& inputs() const { return inputs_; }
    const Layout& layout() const { return layout_; }

    const char* name() const override { return "attention"; }
    std::string title() const override;
    std::vector<Figure> settings() const override;
    std::string input() const override { return inputs_.description; }
    std::string input_dtypes() const override { return dtypes_of(inputs_); }
    void place(MemoryMap& map) override;
    void write(const MemoryAccess& memory) const override;
    uint32_t devices() const override { return layout_.devices; }
    fw::DriverConfig driver(uint32_t device) const override;
    Platform::Program program(uint32_t device, const MemoryAccess& memory,
                              FirmwareOutcome& outcome) const override;
    std::vector<spec::Command> commands() const override;
    std::vector<float> read(const MemoryAccess& memory) const override;
    /// [query_heads][nq]; empty if it is not wanted.
    std::vector<double> read_lse(const MemoryAccess& memory) const;
    TensorSpec output() const override { return {"o", Dtype::kF32, problem_.output_shape()}; }
    uint64_t place_of_row(uint64_t row) const override { return problem_.place_of_row(row); }
    void read_operands(const MemoryAccess& memory) override;
    bool judges_by_operands(const std::vector<float>& o, const RunOutcome& outcome) const override;
    void judge(const std::vector<float>& o, const RunOutcome& outcome,
               Exactness& exactness) const override;
    ElementErrors check(const std::vector<float>& o,
                        const std::function<void(double)>& progress) const override;
    /// The same in parts, with all that is known of the errors. `original`: on the inputs as they
    /// were given, not on bf16.
    ReferenceResult exact(bool original, const std::function<void(double)>& progress) const;
    /// `lse`: empty, or [query_heads][nq].
    ErrorSummary compare(const ReferenceResult& exact, const std::vector<float>& o,
                         const std::vector<double>& lse) const;
    /// Rows with a score that the device clamped, if it or its firmware says that there are some.
    /// std::logic_error if they do, and no score is one.
    RowNames clamped(const CounterValues& counters, const fw::MergeWork& merged) const;
    /// judge() where the elements of the result that are NaN or Inf are known already.
    void judge_elements(const ElementNames& nonfinite, const RunOutcome& outcome,
                        Exactness& exactness) const;
    std::string bound() const override;
    OperationWork work_by_formula() const override;

    const hw::PlatformConfig& config() const { return config_; }
    /// The part that it is of what buffers hold.
    const std::optional<AttentionView>& view() const { return view_; }

  protected:
    uint32_t tile_tokens() const { return config_.params.m; }
    /// Of the same shape, in this place.
    void set_problem(Problem problem, Layout layout);
    void set_layout(Layout layout);

  private:
    RowNames clamped_in(const ReferenceProblem& exact, const CounterValues& counters,
                        const fw::MergeWork& merged) const;
    /// What the result is held against, and how near it has to be.
    virtual ReferenceProblem reference(bool original) const;
    virtual BoundParams bound_params() const;

    Problem problem_;
    Inputs inputs_;
    const hw::PlatformConfig config_;
    std::optional<AttentionView> view_;
    Layout layout_;
    std::vector<Layout> of_devices_;
};

}  // namespace tessera::host
