// SPDX-License-Identifier: MIT
// `tessera task`: a task with a known answer.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

void add_task_options(CLI::App& task, CommandLine& line);

/// Does the task and prints its report; the exit code.
int task_command(const CommandLine& line, const std::vector<std::string>& command_line);

}  // namespace tessera::host
