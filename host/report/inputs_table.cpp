// SPDX-License-Identifier: MIT
#include "host/report/inputs_table.h"

#include <filesystem>
#include <set>

#include "host/io/sha256.h"

namespace tessera::host {

Table inputs_table(const std::vector<std::string>& paths) {
    Table table{"inputs", {{"file"}, {"bytes", "byte"}, {"sha256"}}, {}, true};
    std::set<std::string> seen;
    for (const std::string& path : paths) {
        std::error_code error;
        if (!std::filesystem::is_regular_file(path, error) || !seen.insert(path).second) continue;
        const uint64_t bytes = std::filesystem::file_size(path);
        table.rows.push_back({path, value_of(bytes), sha256_of_file(path)});
    }
    return table;
}

}  // namespace tessera::host
