// SPDX-License-Identifier: MIT
// What tests of files need: what a folder holds, and the message of a UserError.
#pragma once
#include <filesystem>
#include <set>
#include <string>

#include "host/error.h"
#include "tests/support/scratch.h"

namespace tessera::test {

/// Names in the folder, hidden ones too.
inline std::set<std::string> folder_content(const std::string& path) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path))
        names.insert(entry.path().filename().string());
    return names;
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
