// SPDX-License-Identifier: MIT
// The results of a sweep whose points have all ended: what it says as a whole, and its files.
#pragma once
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "host/report/document.h"
#include "host/sweep/analysis.h"
#include "host/sweep/objective.h"
#include "host/sweep/point_list.h"
#include "host/sweep/store.h"

namespace tessera::host {

inline constexpr int kSweepSchemaVersion = 1;
inline constexpr const char* kSweepReport = "sweep.json";

/// All points and their outcomes, which are read one by one: a sweep may be larger than the memory.
struct SweepResults {
    const PointList& points;
    std::function<nlohmann::json(const std::string& hash)> outcome;
    std::set<FigureDefinition> definitions;  ///< of at least their figures
};

/// Points that ended with the same message.
struct SweepErrors {
    std::string state, code, message, first;  ///< first: the name of the first point
    uint64_t points = 0;
};

struct SweepOverview {
    std::vector<uint64_t> states;   ///< points in each of kPointStates
    std::set<std::string> figures;  ///< paths of all figures that some point has
    std::vector<SweepErrors> errors;
    std::vector<Objective> objectives;
    FigureValues values;  ///< of the objectives

    uint64_t count(const std::string& state) const;
};

/// `names` are those of objectives; empty: cycles and bytes, where there are such. UserError.
SweepOverview overview_of(const SweepResults& results, const std::vector<std::string>& names);

/// Schema `tessera.sweep`; docs/use/sweeps.md.
Document sweep_document(const SweepResults& results, const SweepOverview& overview);

/// points.jsonl and figures.jsonl anew, in the order of the points.
void write_records(const std::string& folder, const SweepResults& results);

/// points.csv, points.sqlite and sweep.json, which holds `document`. Each appears whole. UserError.
void write_tables(const std::string& folder, const SweepResults& results,
                  const SweepOverview& overview, const Document& document);

}  // namespace tessera::host
