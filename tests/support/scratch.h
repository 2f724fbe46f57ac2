// SPDX-License-Identifier: MIT
// A folder that goes away, and the text of a file.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace tessera::test {

/// A new empty folder of this test's own; gone with its content at the end.
class Scratch {
  public:
    Scratch() : path_(std::filesystem::temp_directory_path() / "tessera-XXXXXX") {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp: " + path_);
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }
    /// Files and folders in it, at any depth.
    size_t entries() const {
        const std::filesystem::recursive_directory_iterator all(path_);
        return static_cast<size_t>(std::distance(begin(all), end(all)));
    }

  private:
    std::string path_;
};

inline std::string read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace tessera::test
