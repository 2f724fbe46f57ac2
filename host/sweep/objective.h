// SPDX-License-Identifier: MIT
// Figures by which the points of a sweep are judged, as --figures names them.
#pragma once
#include <set>
#include <string>
#include <vector>

namespace tessera::host {

struct Objective {
    std::string path;   ///< "derived.cycles"
    bool most = false;  ///< more is better, else less

    /// "derived.cycles", "max:derived.mac_utilisation".
    std::string name() const { return (most ? "max:" : "") + path; }
};

/// Of each name: "cycles", "counters.cycles", "max:mac_utilisation". A name without a section is
/// that of `derived`, else of the only section that has it. UserError unless `figures`, the paths
/// that there are, have it once.
std::vector<Objective> objectives_of(const std::vector<std::string>& names,
                                     const std::set<std::string>& figures);

}  // namespace tessera::host
