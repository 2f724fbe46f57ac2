// SPDX-License-Identifier: MIT
// A file that appears whole or not at all: written under a temporary name in the same folder,
// renamed by commit(), removed otherwise. It guards against a failed run, not against power loss.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/io/cleanup.h"

namespace tessera::host {

class OutputFile {
  public:
    /// Opens a temporary beside `path`. UserError if the folder cannot be written or if `path`
    /// exists and is no regular file. An existing file stays as it is until commit().
    explicit OutputFile(std::string path);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    const std::string& path() const { return path_; }
    /// The file's name until commit(), for those who write it by themselves.
    const std::string& temporary() const { return temporary_; }
    /// Appends to what append() has written so far; UserError if the disk is full.
    void append(std::string_view text);
    /// Writes `bytes` bytes at byte `offset`; gaps read as zero. UserError if the disk is full.
    void write_at(uint64_t offset, const void* data, uint64_t bytes);
    /// Puts the file at its path, replacing what was there. At most once, and last.
    void commit();

  private:
    std::string path_;
    std::string temporary_;
    int descriptor_ = -1;
    std::optional<Cleanup> cleanup_;
    uint64_t appended_ = 0;
};

/// Writes `text` as the whole of `path`, atomically.
void write_file(const std::string& path, std::string_view text);

}  // namespace tessera::host
