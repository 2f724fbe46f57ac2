// SPDX-License-Identifier: MIT
// The report of a task. Schema `tessera.task`; docs/use/tasks.md describes it.
#pragma once
#include <string>
#include <vector>

#include "host/config/config.h"
#include "host/report/document.h"
#include "host/task/catalogue.h"
#include "host/task/head_runner.h"
#include "host/task/task_run.h"

namespace tessera::host {

struct TaskRecord {
    std::vector<std::string> command_line;
    const TaskSetup* setup = nullptr;
    ResolvedConfig config;
    const TaskResult* result = nullptr;
    const DeviceRunner* runner = nullptr;
    double seconds = 0;              ///< wall clock
    std::vector<std::string> files;  ///< written beside the report
};

Document task_document(const TaskRecord& report);

/// What stands against the answers, a sentence each: wrong by the closed form, attention outside of
/// its bound.
std::vector<std::string> remarks_on(const TaskResult& result, const HeadCost& cost);

}  // namespace tessera::host
