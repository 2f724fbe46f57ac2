// SPDX-License-Identifier: MIT
// A small sweep for tests of the command, its records, and its end by kill -9.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/run_tessera.h"

namespace tessera::test {

/// What a sweep leaves in its folder.
inline constexpr const char* kSweepFiles[] = {"grid.json",  "points.jsonl",  "figures.jsonl",
                                              "points.csv", "points.sqlite", "sweep.json"};

/// 49 points of a few milliseconds; on `tiny` those of dimension 32 are refused.
inline constexpr const char* kSweepGrid = R"({
    "base": {"machine": {"device": "tiny", "memory": "ideal"}},
    "fields": {"workload.random.tokens": {"from": 8, "to": 64, "step": 8},
               "workload.random.dimension": [8, 16, 32],
               "workload.random.seed": [1, 2]},
    "points": {"product": {"operation": "gemm", "workload.random.rows": 20,
                           "workload.random.columns": 30, "workload.random.inner": 40}}})";

inline std::string written(const Scratch& scratch, const std::string& name,
                           const std::string& text) {
    std::ofstream(scratch / name) << text;
    return scratch / name;
}

inline std::vector<nlohmann::json> records_in(const std::string& folder) {
    std::istringstream file(read_text(folder + "/points.jsonl"));
    std::vector<nlohmann::json> records;
    for (std::string line; std::getline(file, line) && !file.eof();)
        records.push_back(nlohmann::json::parse(line));
    return records;
}

inline void same_files(const std::string& folder, const std::string& expected, Compared& bytes) {
    for (const char* name : kSweepFiles) {
        const std::string a = read_text(folder + "/" + name), b = read_text(expected + "/" + name);
        bytes.holds(!b.empty(), [&] { return std::string(name) + " is empty"; });
        bytes.equal(a == b, true, [&] { return std::string(name); });
    }
}

/// Starts a sweep and kills it with all that it started after so many microseconds, unless it has
/// come to its end.
inline void killed_after(const std::vector<std::string>& arguments, uint64_t microseconds) {
    const pid_t process = ::fork();
    REQUIRE(process >= 0);
    if (process == 0) {
        const int nothing = ::open("/dev/null", O_RDWR);
        ::dup2(nothing, STDOUT_FILENO);
        ::dup2(nothing, STDERR_FILENO);
        std::vector<char*> words = {const_cast<char*>(TESSERA_BINARY)};
        for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        ::execv(TESSERA_BINARY, words.data());
        ::_exit(127);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
    ::kill(process, SIGKILL);
    ::waitpid(process, nullptr, 0);
}

}  // namespace tessera::test
