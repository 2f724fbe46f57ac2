// SPDX-License-Identifier: MIT
// A task over models, sizes and columns: where each model can do it, and what that costs.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/report/document.h"
#include "host/task/task_store.h"
#include "include/tessera/error.h"
#include "include/tessera/experiment.h"
#include "include/tessera/task.h"

namespace tessera::host {

/// Lists of values; empty: the one of the options.
struct TaskGrid {
    std::vector<std::string> models;
    std::vector<uint64_t> sizes;    ///< the number that makes a task large: `task.size` and so on
    std::vector<uint64_t> columns;  ///< D
};

/// A point of the grid: one task.
struct TaskPoint {
    TaskOptions options;
    std::string name;  ///< says all of it, machine and mask too
};

/// All combinations, columns changing fastest.
std::vector<TaskPoint> grid_points(const TaskOptions& options, const Experiment& experiment,
                                   const TaskGrid& grid);

/// The report of a point, or why there is none.
struct TaskOutcome {
    Document document = {};
    std::optional<Error> error = {};
};

/// How a grid runs.
struct TaskGridRun {
    size_t at_once = 1;
    TaskStore* store = nullptr;  ///< of points that are done; null: none
    std::function<void(double share)> progress = {};
};

/// Simulates the points that the store does not have, each in a process of its own; all outcomes in
/// the order of the points.
std::vector<TaskOutcome> run_points(const std::vector<TaskPoint>& points,
                                    const Experiment& experiment, const TaskGridRun& run);

/// A row a point; as a table for people a heat map.
Document grid_document(const std::vector<TaskPoint>& points,
                       const std::vector<TaskOutcome>& outcomes,
                       const std::vector<std::string>& command_line);
/// The rows as CSV, with a heading.
std::string grid_csv(const Document& document);
/// Answers that are not those of a closed form, of all points.
uint64_t unexpected_answers(const Document& document);

}  // namespace tessera::host
