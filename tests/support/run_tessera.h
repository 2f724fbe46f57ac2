// SPDX-License-Identifier: MIT
// The command as a user meets it. TESSERA_BINARY is its path.
#pragma once
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/catch.h"

namespace tessera::test {

/// A folder of this test's own; gone at the end.
class Scratch {
  public:
    Scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "tessera_cli_XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Scratch() { std::filesystem::remove_all(path_); }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }
    std::string path() const { return path_.string(); }
    size_t entries() const {
        return static_cast<size_t>(
            std::distance(std::filesystem::recursive_directory_iterator(path_),
                          std::filesystem::end(std::filesystem::recursive_directory_iterator())));
    }

  private:
    std::filesystem::path path_;
};

struct Finished {
    int exit_code = -1;
    std::string out, err;
};

inline std::string read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs `tessera ARGUMENTS` through the shell, after the commands `before`.
inline Finished run_tessera(const std::string& arguments, const std::string& before = "") {
    const Scratch scratch;
    const std::string command = before + std::string("env -u SYSTEMC_DISABLE_COPYRIGHT_MESSAGE ") +
                                TESSERA_BINARY + " " + arguments + " > " + scratch / "out" +
                                " 2> " + scratch / "err";
    const int status = std::system(command.c_str());
    Finished f;
    f.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    f.out = read_text(scratch / "out");
    f.err = read_text(scratch / "err");
    return f;
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace tessera::test
