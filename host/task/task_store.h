// SPDX-License-Identifier: MIT
// The points of a grid of tasks that are done, in a file from which a grid that was broken off goes
// on.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "host/report/document.h"
#include "host/sweep/line_file.h"

namespace tessera::host {

class TaskStore {
  public:
    /// Opens the file, or makes it, and reads what this version of the program has done. UserError
    /// if it cannot be used, another process writes it, or a line is none of its own.
    explicit TaskStore(const std::string& path);

    /// The report of a point; nullptr if it is not done.
    const Document* find(const std::string& name) const;
    void add(const std::string& name, const Document& document);

  private:
    void take(const std::string& path, std::string_view line);

    uint64_t lines_ = 0;
    std::map<std::string, Document> documents_;
    LineFile file_;  // last: it reads into the others
};

}  // namespace tessera::host
