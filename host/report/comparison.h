// SPDX-License-Identifier: MIT
// Many runs of one workload side by side: as a table for people, as Markdown, CSV (RFC 4180) and
// JSON (docs/use/report.md). Every figure is one of the runs' own reports; none is worked out here.
#pragma once
#include <string>
#include <vector>

#include "host/report/render.h"

namespace tessera::host {

inline constexpr int kComparisonSchemaVersion = 2;

enum class RowState {
    kWithinBound,
    kOutside,
    kInexact,          ///< known not to be exact, and not accepted
    kNothingCompared,  ///< checked, but nothing could be compared
    kNotChecked,
    kRefused,
    kFailed  ///< to run: a device error, a crash
};

/// One run, or why there is none.
struct ComparedRow {
    std::string schedule;  ///< or "cover half"
    std::string profile, mask;
    bool stacked = false;
    std::string refused;  ///< why it was; empty if it was not
    std::string failed;   ///< why it did; empty if it did not
    Section report;       ///< content of the run's document, if neither is the case

    bool has_report() const { return refused.empty() && failed.empty(); }
    RowState state() const;
    /// "query-resident, stateful, causal", and whether heads are stacked.
    std::string name() const;
    /// What is known not to be exact, accepted or not; empty otherwise.
    std::string inexact() const;
    /// Why it was refused or not checked, why it failed, and what is not exact; empty otherwise.
    std::string reason() const;
};

struct Comparison {
    std::vector<std::string> command_line;
    std::vector<ComparedRow> rows;  ///< at least one has a report
};

/// Ends with the end of a line.
std::string comparison_text(const Comparison& comparison, Format format);

}  // namespace tessera::host
