// SPDX-License-Identifier: MIT
// What an experiment asks for, in the terms of the layers that do it.
#pragma once
#include <optional>

#include "host/config/config.h"
#include "host/problem/inputs.h"
#include "host/problem/problem.h"
#include "host/problem/sentinel.h"
#include "host/problem/shape_fields.h"
#include "include/tessera/experiment.h"

namespace tessera::host {

/// Of `schedule.name`: whichever schedule is predicted to be the fastest.
inline constexpr const char* kAutoSchedule = "auto";
/// And the one whose order is `schedule.order`.
inline constexpr const char* kListedSchedule = "listed";

/// The machine. UserError names the key, its value and what is allowed.
ResolvedConfig config_of(const Experiment& experiment);

/// Mask, alignment, lengths, schedule, scale and outputs of attention; the shapes come from the
/// inputs. The tile flags are still in their file, and the block of a sparse mask follows from the
/// number of keys. UserError if a name means nothing or fields do not go together.
Problem problem_of(const Experiment& experiment);

/// The sentinel that the experiment asks for.
SentinelWish sentinel_wish(const Experiment& experiment);

/// Where the shapes of attention and linear attention are from.
ShapeFields shape_fields(const Experiment& experiment);

/// Opens the operands of attention or linear attention, and fills the shapes of `problem`, which
/// has lengths and offsets already. With `shapes_only` no element is looked at.
Inputs inputs_of(const Experiment& experiment, bool shapes_only, Problem& problem);

}  // namespace tessera::host
