// SPDX-License-Identifier: MIT
// What came of a point of a sweep. A failure is data like a result.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "include/tessera/error.h"

namespace tessera::host {

struct Outcome {
    std::string result = {};          ///< what the point's work returned
    std::optional<Error> error = {};  ///< why there is none
};

/// "refused" (a mistake of the user, or a limit of the computer) or "failed": what a table of a
/// sweep says of a point that has no result.
const char* state_name(const Error& error);

/// Does the work here and catches whatever it throws.
Outcome outcome_of(const std::function<std::string()>& work);

}  // namespace tessera::host
