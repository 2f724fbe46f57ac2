// SPDX-License-Identifier: MIT
// What tests of files need: a folder that goes away, its content, and the message of a UserError.
#pragma once
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>

#include "host/error.h"

namespace tessera::test {

/// A new empty folder, removed with its content at the end of the scope.
class FolderForTest {
  public:
    FolderForTest() : path_(std::filesystem::temp_directory_path() / "tessera-XXXXXX") {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp: " + path_);
    }
    ~FolderForTest() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    FolderForTest(const FolderForTest&) = delete;
    FolderForTest& operator=(const FolderForTest&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// Names in the folder, hidden ones too.
inline std::set<std::string> folder_content(const std::string& path) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path))
        names.insert(entry.path().filename().string());
    return names;
}

inline std::string file_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// What the UserError that `body` throws says; empty if it throws none.
template <typename Body>
std::string message_of(Body&& body) {
    try {
        body();
    } catch (const host::UserError& error) {
        return error.what();
    }
    return {};
}

}  // namespace tessera::test
