// SPDX-License-Identifier: MIT
// A point that has ended, as a line of points.jsonl (docs/use/sweeps.md): what it is, and its
// outcome as JSON, which has the member `state` and, as the state says, `figures` or `error`.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "host/sweep/grid.h"
#include "include/tessera/error.h"

namespace tessera::host {

/// "ok", "mismatch" (outside its bound), "not_valid" (known not to be exact), "refused" or
/// "failed".
inline constexpr const char* kPointStates[] = {"ok", "mismatch", "not_valid", "refused", "failed"};
inline constexpr const char* kGoodState = "ok";

/// "0.1.0 (61b8c12)": with the commit, and whether files differed from it.
const std::string& program_version();
/// What identifies an outcome: 64-bit FNV-1a of the experiment's canonical text, a line end, and
/// the program's version; 16 hexadecimal digits.
std::string point_hash(const Experiment& experiment);

/// The outcome of a point that has no figures: members `state` and `error`.
nlohmann::json error_outcome(const Error& error);

/// The line of a point that ended so.
std::string record_line(const Grid& grid, const GridPoint& point, const std::string& hash,
                        const nlohmann::json& outcome);

struct Record {
    std::string hash, version;
    nlohmann::json outcome;
};
/// Of a line; UserError names `where` if it is none.
Record read_record(const std::string& where, std::string_view line);

}  // namespace tessera::host
