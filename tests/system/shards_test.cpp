// SPDX-License-Identifier: MIT
// Sweeps in shards: merged they are the sweep of one machine to the last byte, merge finds what is
// wrong, and the scripts for Slurm submit what they should.
#include <cstdlib>
#include <fstream>

#include "tests/support/sweep.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::expect_refusal;
using test::Finished;
using test::killed_after;
using test::kSweepGrid;
using test::read_text;
using test::run_tessera;
using test::same_files;
using test::Scratch;
using test::written;

TEST_CASE("merged shards are the sweep of one machine, and merge finds what is wrong") {
    const Scratch scratch;
    const std::string grid = written(scratch, "grid.json", kSweepGrid), whole = scratch / "whole";
    REQUIRE(run_tessera("sweep " + grid + " -o " + whole).exit_code == 0);
    const auto shard = [&](int i) { return scratch / ("shard-" + std::to_string(i)); };
    std::string shards;
    for (int i = 1; i <= 4; ++i) {
        const std::string arguments =
            "sweep " + grid + " --shard " + std::to_string(i) + "/4 -o " + shard(i);
        if (i == 2) killed_after({"sweep", grid, "--shard", "2/4", "-o", shard(i)}, 20000);
        REQUIRE(run_tessera(arguments).exit_code == 0);
        shards += " " + shard(i);
    }
    Compared bytes("files");
    const Finished merged = run_tessera("merge" + shards + " -o " + scratch / "merged");
    bytes.equal(merged.exit_code, 0, [&] { return merged.err; });
    same_files(scratch / "merged", whole, bytes);

    Compared messages("messages");
    const std::string none = scratch / "none";
    const auto wrong = [&](const std::string& folders, const std::string& part) {
        expect_refusal(messages, "merge" + folders + " -o " + none, part);
        messages.equal(std::ifstream(none + "/points.jsonl").good(), false);
    };
    wrong(" " + shard(1) + " " + shard(2) + " " + shard(3), "12 records missing, the first ");
    wrong(shards + " " + whole, "49 records in two folders, the first ");
    const std::string records = read_text(shard(3) + "/points.jsonl");
    std::string foreign = records;
    foreign.insert(foreign.find("\"version\":\"") + 11, "0");
    std::ofstream(shard(3) + "/points.jsonl") << foreign;
    wrong(shards, "1 record by another version of the program");
    wrong(shards, "1 record missing");
    std::string strange = records;
    const size_t hash = strange.find("\"hash\":\"") + 8;
    strange.replace(hash, 16, "0123456789abcdef");
    std::ofstream(shard(3) + "/points.jsonl") << strange;
    wrong(shards, "1 record of points that are not in the grid");
    std::ofstream(shard(3) + "/points.jsonl") << records;
    std::ofstream(shard(3) + "/grid.json") << kSweepGrid << "\n";
    wrong(shards, "is another grid than");
    wrong(" " + scratch / "nowhere", "nowhere/grid.json");
}

TEST_CASE("the scripts for Slurm sweep in shards and merge them") {
    const Scratch scratch;
    const std::string grid = written(scratch, "grid.json", kSweepGrid), whole = scratch / "whole";
    REQUIRE(run_tessera("sweep " + grid + " -o " + whole).exit_code == 0);
    // Stands in for Slurm: runs each job of an array at once, and one that waits if it may.
    written(scratch, "sbatch", R"(#!/usr/bin/env bash
set -eu
jobs=1 options=()
while [[ $1 == -* ]]; do
    [[ $1 != --array=1-* ]] || jobs=${1#--array=1-}
    options+=("$1")
    shift
done
echo "${options[*]}" >>"$(dirname "$0")/log"
for ((i = 1; i <= jobs; ++i)); do
    SLURM_ARRAY_TASK_ID=$i SLURM_ARRAY_TASK_COUNT=$jobs SLURM_CPUS_PER_TASK=2 "$@" >/dev/null 2>&1
done
echo "4711;cluster"
)");
    const std::string command = "chmod +x " + scratch / "sbatch" + " && PATH=" + scratch.path() +
                                ":$PATH TESSERA=" + TESSERA_BINARY + " " + TESSERA_SOURCE_DIR +
                                "/scripts/slurm/submit " + grid + " " + scratch / "out" +
                                " 5 --time=1:00 > " + scratch / "said";
    Compared bytes("files");
    bytes.equal(std::system(command.c_str()), 0);
    same_files(scratch / "out/merged", whole, bytes);
    const std::string log = read_text(scratch / "log");
    for (const char* part : {"--array=1-5", "--time=1:00", "--dependency=afterany:4711 "})
        bytes.holds(contains(log + "\n", part), [&] { return log; });
}
