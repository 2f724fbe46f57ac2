// SPDX-License-Identifier: MIT
// What came of a point of a sweep. A failure is data like a result.
#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "host/report/document.h"
#include "include/tessera/error.h"

namespace tessera::host {

struct Outcome {
    Document document = {};
    std::optional<Error> error = {};  ///< why there is no document
};

/// "ok", "refused" (a mistake of the user, or a limit of the computer) or "failed": what a table of
/// a sweep says.
const char* state_name(const Outcome& outcome);

/// Does the work here and catches whatever it throws.
Outcome outcome_of(const std::function<Document()>& work);

/// Members `state`, and `document` or `error`.
nlohmann::ordered_json to_json(const Outcome& outcome);
/// Back again; nlohmann::json::exception if `json` is no outcome.
Outcome outcome_from(const nlohmann::ordered_json& json);

}  // namespace tessera::host
