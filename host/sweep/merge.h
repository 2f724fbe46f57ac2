// SPDX-License-Identifier: MIT
// The shards of a sweep put together: nothing may be missing, come twice, or be of another grid or
// version of the program.
#pragma once
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "host/sweep/point_list.h"
#include "host/sweep/store.h"

namespace tessera::host {

/// The grid of all `folders`; UserError if they do not have the same.
Grid common_grid(const std::vector<std::string>& folders);

class Merge {
  public:
    /// Opens the records in `folders`. UserError says of all points together what is wrong, and
    /// names the first.
    Merge(const std::vector<std::string>& folders, const PointList& points);

    nlohmann::json outcome(const std::string& hash) const;
    std::set<FigureDefinition> definitions() const;

  private:
    std::deque<SweepStore> stores_;
    std::map<std::string, const SweepStore*> places_;  ///< of each hash
};

}  // namespace tessera::host
