// SPDX-License-Identifier: MIT
// A task from its options to its report.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "host/report/document.h"
#include "host/task/catalogue.h"
#include "host/task/head_runner.h"
#include "host/task/task_run.h"

namespace tessera::host {

class TaskJob {
  public:
    /// Nothing is simulated yet. UserError if the options do not go together. Files that the
    /// experiment names are of the task, not of its attentions: they are its caller's.
    TaskJob(const TaskOptions& options, Experiment experiment);

    /// `observer` is told of each attention before it runs.
    void observe(DeviceRunner::Observer observer) { runner_.observe(std::move(observer)); }
    /// Simulates it, each attention in a process of its own. Error. Once.
    void run(const TaskProgress& progress);

    const Task& task() const { return *setup_.task; }
    const TaskResult& result() const { return result_; }
    Document document(const std::vector<std::string>& command_line,
                      const std::vector<std::string>& files) const;
    /// What stands against the answers, a sentence each.
    std::vector<std::string> remarks() const;
    /// What is to be known of attentions whose result was accepted nevertheless, likewise. Fields
    /// stand between backticks.
    const std::vector<std::string>& notes() const { return runner_.remarks(); }

  private:
    const bool token_by_token_;
    const TaskSetup setup_;
    DeviceRunner runner_;
    TaskResult result_;
    double seconds_ = 0;
};

}  // namespace tessera::host
