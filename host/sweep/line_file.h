// SPDX-License-Identifier: MIT
// A file of lines to which a sweep appends while it runs. Killed at any moment it leaves whole
// lines and at most one without an end, which is never read.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tessera::host {

class LineFile {
  public:
    enum class Access { kRead, kAppend };
    /// Takes a line of the file, without its end, and where it begins.
    using Take = std::function<void(std::string_view line, uint64_t offset)>;

    /// Opens the file, to append it is made if need be, and hands over its lines. A last line
    /// without an end is cut off, or left out if the file is only read. UserError if the file
    /// cannot be used, or another process appends to it.
    LineFile(std::string path, Access access, const Take& take);
    ~LineFile();
    LineFile(const LineFile&) = delete;
    LineFile& operator=(const LineFile&) = delete;

    const std::string& path() const { return path_; }
    /// Writes a line, in the file before this returns; where it begins. UserError if the disk is
    /// full.
    uint64_t append(std::string_view line);
    /// The line of so many bytes at `offset`.
    std::string line_at(uint64_t offset, uint64_t bytes) const;

  private:
    void lock(Access access) const;
    void read(const Take& take);

    std::string path_;
    int file_ = -1;
    uint64_t end_ = 0;  ///< of the whole lines
};

}  // namespace tessera::host
