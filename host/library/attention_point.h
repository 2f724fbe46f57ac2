// SPDX-License-Identifier: MIT
// An attention from its experiment to its report and files.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "host/io/output_file.h"
#include "host/library/output_folder.h"
#include "host/library/point.h"
#include "host/run/execution_of.h"

namespace tessera::host {

class AttentionPoint : public Point {
  public:
    AttentionPoint(const Experiment& experiment, const Caller& caller, const RunHooks& hooks);

    void run() override;
    RunVerdict verdict() const override;
    std::optional<Report::Errors> errors() const override;
    std::vector<Report::Tensor> tensors() const override;

  private:
    void prepare_wave();
    void prepare_folder();
    std::string files_text() const override;

    const Experiment::Outputs outputs_;
    Execution execution_;
    RunRecord& record_;  // of the execution
    std::optional<OutputFolder> folder_;
    std::optional<OutputStream> output_;
    std::optional<OutputFile> wave_;
    std::optional<Cleanup> hierarchy_;
};

}  // namespace tessera::host
