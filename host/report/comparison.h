// SPDX-License-Identifier: MIT
// Many runs of one workload side by side: as a table for people, as Markdown, CSV (RFC 4180) and
// JSON (docs/use/report.md). Every figure is one of the runs' own reports; none is worked out here.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tessera::host {

inline constexpr int kComparisonSchemaVersion = 2;

enum class RowState {
    kWithinBound,
    kOutside,
    kInexact,          ///< known not to be exact, and not accepted
    kNothingCompared,  ///< checked, but nothing could be compared
    kNotChecked,
    kRefused
};

/// One run, or why there is none.
struct ComparedRow {
    std::string schedule;  ///< or "cover half"
    std::string profile, mask;
    bool stacked = false;
    std::string refused;            ///< empty: there is a report
    nlohmann::ordered_json report;  ///< report_json() of the run

    RowState state() const;
    /// "query-resident, stateful, causal", and whether heads are stacked.
    std::string name() const;
    /// What is known not to be exact, accepted or not; empty otherwise.
    std::string inexact() const;
    /// Why it was refused or not checked, and what is not exact; empty otherwise.
    std::string reason() const;
};

struct Comparison {
    std::vector<std::string> command_line;
    std::vector<ComparedRow> rows;  ///< at least one has a report
};

/// `format`: table, markdown, csv or json. Ends with the end of a line.
std::string comparison_text(const Comparison& comparison, const std::string& format);

}  // namespace tessera::host
