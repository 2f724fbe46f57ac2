// SPDX-License-Identifier: MIT
#include "host/library/leftovers.h"

#include <system_error>

#include "host/io/temporary.h"
#include "host/library/output_folder.h"

namespace tessera::host {

namespace fs = std::filesystem;

Leftovers::Leftovers(const Experiment::Outputs& outputs) {
    if (!outputs.wave.empty()) files_.push_back(outputs.wave);
    if (outputs.folder.empty()) return;
    folders_ = OutputFolder::missing_folders(outputs.folder);
    for (const std::string& name : OutputFolder::all_file_names())
        files_.push_back((fs::path(outputs.folder) / name).string());
}

void Leftovers::remove(pid_t process) const {
    for (const std::string& file : files_) remove_temporaries(file, process);
    std::error_code ignored;
    for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder)
        fs::remove(*folder, ignored);  // only if empty
}

}  // namespace tessera::host
