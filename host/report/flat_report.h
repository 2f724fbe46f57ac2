// SPDX-License-Identifier: MIT
// A report that was written earlier, of any command, as a list of values by their paths: what was
// configured and what came out. Wall-clock times, command lines, names of files and what follows
// from the rest are left out.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace tessera::host {

struct FlatReport {
    using Values = std::map<std::string, nlohmann::json>;

    std::string schema;             ///< "tessera.report"
    Values configuration, results;  ///< "derived.cycles", "base,tokens=64: derived.cycles"
};

/// Of a report's JSON; `where` names it in messages. UserError if it is none.
FlatReport flat_report(const std::string& where, const nlohmann::json& json);

/// Adds what a sweep says of a point, a line of points.jsonl. UserError if it is none.
void add_point(const std::string& where, const nlohmann::json& record, FlatReport& sweep);

}  // namespace tessera::host
