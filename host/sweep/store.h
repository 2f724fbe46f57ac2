// SPDX-License-Identifier: MIT
// The outcomes of a sweep in a file of JSON lines, one a point, written as the points end. A sweep
// that was broken off goes on from it.
#pragma once
#include <fstream>
#include <map>
#include <string>

#include "host/sweep/outcome.h"

namespace tessera::host {

class SweepStore {
  public:
    /// Opens the file, or makes it, and reads what is there. A last line without an end is what a
    /// killed sweep was writing: it is removed. UserError if the file cannot be used or another
    /// line is no outcome.
    explicit SweepStore(const std::string& path);

    /// What came of a point; nullptr if it has not ended yet.
    const Outcome* find(const std::string& point) const;
    /// Notes it, in the file before this returns. UserError if it cannot be written.
    void add(const std::string& point, const Outcome& outcome);
    size_t size() const { return outcomes_.size(); }

  private:
    void read();

    std::string path_;
    std::ofstream file_;
    std::map<std::string, Outcome> outcomes_;
};

}  // namespace tessera::host
