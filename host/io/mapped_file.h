// SPDX-License-Identifier: MIT
// A file mapped for reading. Pages come in as they are touched, so a large file costs only what is
// used of it. A file that another process shortens meanwhile is not guarded against.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::host {

class MappedFile {
  public:
    MappedFile() = default;
    /// Maps the regular file `path`; UserError if it cannot be opened or is no regular file.
    explicit MappedFile(const std::string& path);
    ~MappedFile();
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::string& path() const { return path_; }
    /// First byte; nullptr for an empty file.
    const uint8_t* data() const { return data_; }
    uint64_t bytes() const { return bytes_; }
    std::string_view text() const { return {reinterpret_cast<const char*>(data_), bytes_}; }

  private:
    std::string path_;
    const uint8_t* data_ = nullptr;
    uint64_t bytes_ = 0;
};

}  // namespace tessera::host
