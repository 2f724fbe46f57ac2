// SPDX-License-Identifier: MIT
// Tasks from the numbers of their options: defaults, ranges, and which numbers a task has.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "host/task/tasks.h"
#include "include/tessera/experiment.h"
#include "include/tessera/task.h"

namespace tessera::host {

struct TaskShape {
    std::unique_ptr<const Task> task;
    std::string text;                   ///< "128 pairs in 1,024 tokens, layout first"
    CodeKind code = CodeKind::kDigits;  ///< usual for it
    uint64_t span = 0;                  ///< keys up to its own that a token needs; 0: any
    MaskKind mask = MaskKind::kCausal;  ///< usual for it; an encoder's is dense
};

/// `addressing` says how the model names what it fetches, by the span. UserError.
TaskShape task_shape(const TaskOptions& options,
                     const std::function<Addressing(uint64_t span)>& addressing);

}  // namespace tessera::host
