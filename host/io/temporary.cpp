// SPDX-License-Identifier: MIT
#include "host/io/temporary.h"

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <system_error>

namespace tessera::host {
namespace {

/// "dir/.name.tmp-", which process and number follow: in the same folder, so that the rename cannot
/// cross file systems. Of a long name the start only: the temporary must not be too long where the
/// file is not.
std::string prefix_of(const std::string& path) {
    constexpr size_t kMaxBytes = 128;
    const size_t slash = path.rfind('/');
    const size_t start = slash == std::string::npos ? 0 : slash + 1;
    return path.substr(0, start) + "." + path.substr(start, kMaxBytes) + ".tmp-";
}

std::string prefix_of(const std::string& path, pid_t process) {
    return prefix_of(path) + std::to_string(process) + "-";
}

void remove_beginning_with(const std::filesystem::path& prefix) {
    namespace fs = std::filesystem;
    const std::string name = prefix.filename().string();
    const fs::path folder = prefix.has_parent_path() ? prefix.parent_path() : ".";
    std::error_code ignored;
    for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
         entry.increment(ignored))
        if (entry->path().filename().string().rfind(name, 0) == 0) ::unlink(entry->path().c_str());
}

}  // namespace

std::string temporary_name(const std::string& path) {
    static std::atomic<uint64_t> serial{0};
    return prefix_of(path, ::getpid()) + std::to_string(serial++);
}

void remove_temporaries(const std::string& path, pid_t process) {
    remove_beginning_with(prefix_of(path, process));
}

void remove_temporaries(const std::string& path) { remove_beginning_with(prefix_of(path)); }

}  // namespace tessera::host
