// SPDX-License-Identifier: MIT
// A gemm or linear attention from its experiment to its report and files.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "host/library/operation_of.h"
#include "host/library/output_folder.h"
#include "host/library/point.h"
#include "host/run/run_progress.h"

namespace tessera::host {

class OperationPoint : public Point {
  public:
    OperationPoint(const Experiment& experiment, const Caller& caller, const RunHooks& hooks);

    void run() override;
    RunVerdict verdict() const override;
    std::optional<Report::Errors> errors() const override;
    std::vector<Report::Tensor> tensors() const override;

  private:
    void simulate();
    void write_files(bool with_tensors);
    bool has_data() const { return !job_.record.config.platform.timing_only; }

    RunProgress progress_;
    OperationJob job_;
    std::optional<OutputFolder> folder_;
    std::vector<float> result_;  ///< none where only time is simulated
};

}  // namespace tessera::host
