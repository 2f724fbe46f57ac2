// SPDX-License-Identifier: MIT
// A task and its answers as tensors in a file, so that anyone can check them with other means.
#pragma once
#include <memory>
#include <string>

#include "host/io/safetensors.h"
#include "host/task/task_run.h"

namespace tessera::host {

/// A file with everything but its commit, all I64: `tokens`, `answers` and `truth`
/// [tokens][kFields], `counts` [tokens]; of layer L `layerL.addresses` and `layerL.contents`
/// [tokens], `layerL.asked` and `layerL.fetched` [fetches][queries], the last queries alone token
/// by token. What there is not is -2^63. UserError.
std::unique_ptr<SafetensorsWriter> task_tensors(const std::string& path, const Task& task,
                                                const TaskResult& result);

}  // namespace tessera::host
