// SPDX-License-Identifier: MIT
// The tasks by name, with the models that can do each, and both built from options.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "host/task/fetch.h"
#include "host/task/task.h"
#include "include/tessera/experiment.h"
#include "include/tessera/task.h"

namespace tessera::host {

enum class ModelKind {
    kStandard,  ///< softmax attention under the mask of the experiment
    kWindow,    ///< the same under a window that is just long enough
    kSparse,    ///< own block and summaries of earlier ones (sparse_fetch())
    kLinear,    ///< linear attention that keeps all it is told (linear_fetch())
    kRing       ///< the same, overwriting
};
const char* model_name(ModelKind model);

struct TaskInfo {
    const char* name;
    const char* text;  ///< what is asked, in a line
    std::vector<ModelKind> models;
};
/// All, in the order in which lists have them.
const std::vector<TaskInfo>& task_infos();

/// A task and the model that does it.
struct TaskSetup {
    std::unique_ptr<const Task> task;
    ModelKind model = ModelKind::kStandard;
    FetchSettings settings;
    std::string title;  ///< "mqar: 128 pairs in 1,024 tokens, layout first, seed 1"
};

/// Of machine and mask of `experiment`. UserError if the options do not go together.
TaskSetup make_task(const TaskOptions& options, const Experiment& experiment);

/// The memories of its layers, one each.
std::vector<std::unique_ptr<FetchModel>> models_of(const TaskSetup& setup);

}  // namespace tessera::host
