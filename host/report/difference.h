// SPDX-License-Identifier: MIT
// What differs between two reports: of the configuration, and of the results.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/report/document.h"
#include "host/report/flat_report.h"

namespace tessera::host {

/// A value that is not the same, or that one side lacks (null).
struct Moved {
    std::string path;
    nlohmann::json before, after;
    /// (after - before) / |before|; infinite from 0, and where there are no two numbers.
    double change = 0;
};

struct ReportDifference {
    std::vector<Moved> configuration;  ///< by path
    std::vector<Moved> results;        ///< largest |change| first, then by path
    uint64_t compared = 0;             ///< results of either side
};

/// Numbers are the same if they are equal to the last bit. `figures`: names of the results to
/// look at, such as "cycles" or "derived.cycles"; empty: all. UserError if one names none.
ReportDifference difference_of(const FlatReport& before, const FlatReport& after,
                               const std::vector<std::string>& figures);

/// Results whose |change| is above `share`.
uint64_t count_above(const ReportDifference& difference, double share);

/// Schema `tessera.diff`; docs/use/sweeps.md. The names are those of the reports.
Document difference_document(const ReportDifference& difference, const std::string& before,
                             const std::string& after);

}  // namespace tessera::host
