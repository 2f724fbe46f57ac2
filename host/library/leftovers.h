// SPDX-License-Identifier: MIT
// What a run in a process of its own leaves when that is killed: half-written files, and folders
// made for them. Who started it removes them.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "include/tessera/experiment.h"

namespace tessera::host {

class Leftovers {
  public:
    /// Ahead of the run: notes which folders are not there yet.
    explicit Leftovers(const Experiment::Outputs& outputs);
    /// After the end of the run's process. Files in place stay, and folders that have some.
    void remove(pid_t process) const;

  private:
    std::vector<std::string> files_;
    std::vector<std::filesystem::path> folders_;  ///< outermost first
};

}  // namespace tessera::host
