// SPDX-License-Identifier: MIT
// `tessera task` as a user meets it: figures that are known, files, mistakes.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "host/io/safetensors.h"
#include "tests/support/compared.h"
#include "tests/support/csv.h"
#include "tests/support/report.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::expect_refusal;
using test::Finished;
using test::report_of;
using test::run_tessera;

namespace {

uint64_t count(const nlohmann::json& report, const char* section, const char* key) {
    return report[section][key]["value"].get<uint64_t>();
}

struct Row {
    const char* arguments;
    uint64_t right, asked, calls, cycles;
};

}  // namespace

TEST_CASE("task: known rows on base with ideal memory") {
    // Calls: a pair of tiles of 128 tokens each, F * T (T + 1) / 2 for F causal heads of T tiles.
    const Row rows[] = {
        {"mqar --tokens 4096 --pairs 512 --window 256 --sinks 64", 34, 512, 244, 252836},
        {"mqar --tokens 1024 --pairs 128 --layout spread", 128, 128, 72, 76644},
        {"kv --pairs 4096 --window 2048 --check", 513, 4096, 952, 976274},
        {"reg --size 128 --dim 4", 128, 128, 6, 7570},
        {"reg --size 128 --model sparse --dim 15", 112, 128, 15, 17243},
        {"ed --size 14 --model ring --dim 7", 196, 196, 11, 12835},
        {"vartrack --tokens 4096 --chains 32 --hops 15 --doubling", 32, 32, 2640, 2710810}};
    Compared figures("figures");
    for (const Row& row : rows) {
        const auto where = [&] { return row.arguments; };
        const nlohmann::json report =
            report_of(std::string("task ") + row.arguments + " --memory ideal");
        figures.equal(count(report, "answers", "asked"), row.asked, where);
        figures.equal(count(report, "answers", "right"), row.right, where);
        figures.equal(count(report, "answers", "expected_right"), row.right, where);
        figures.equal(count(report, "answers", "unexpected"), uint64_t{0}, where);
        figures.equal(count(report, "cost", "calls"), row.calls, where);
        figures.equal(count(report, "cost", "cycles"), row.cycles, where);
        figures.equal(count(report, "error", "outside"), uint64_t{0}, where);
        // Neither linear attention nor a block with summaries has a formula.
        const bool formula = !contains(row.arguments, "--model");
        const auto& stall_free = report["cost"]["stall_free_cycles"]["value"];
        figures.equal(stall_free.is_null(), !formula, where);
        if (formula)
            figures.holds(stall_free.get<uint64_t>() <= row.cycles &&
                              stall_free.get<uint64_t>() > row.cycles / 2,
                          where);
        uint64_t bytes = 0;
        for (const auto& stream : report["cost"]["bytes"]) bytes += stream["value"].get<uint64_t>();
        figures.equal(count(report, "cost", "all_bytes"), bytes, where);
    }
}

TEST_CASE("task: one column below its edge a chain is wrong, and the report says where") {
    Compared answers("answers");
    const nlohmann::json report =
        report_of("task reg --size 128 --model linear --dim 15 --memory ideal");
    answers.holds(count(report, "answers", "right") < count(report, "answers", "asked"),
                  [] { return ""; });
    answers.equal(report["answers"]["expected_right"].is_null(), true);
    answers.holds(contains(report["answers"]["no_closed_form"], "256 addresses"),
                  [] { return ""; });
    // The first address that is stored twice is 225, with address 0.
    const auto first = report["answers"]["first_wrong"]["position"].get<uint64_t>();
    answers.holds(first >= 225 && first < 256, [&] { return std::to_string(first); });
}

TEST_CASE("task: token by token the same chain, on growing caches") {
    Compared tokens("tokens"), cycles("cycles of steps");
    // The queries are the last 128 of 256 tokens: a step of one head with n keys takes 4n + 1,482
    // cycles if n fills its tiles, so these take less than as many full ones.
    const nlohmann::json steps = report_of("task kv --pairs 128 --generate --memory ideal");
    tokens.equal(count(steps, "answers", "right"), uint64_t{128});
    const nlohmann::json prompt =
        report_of("run --random 1,128,4 --dim-v 3 --mask causal --memory ideal");
    const double alone =
        static_cast<double>(count(steps, "cost", "cycles")) - test::figure(prompt, "cycles");
    cycles.holds(alone <= 128 * (4 * 256 + 1482.0), [&] { return std::to_string(alone); });
    cycles.holds(alone >= 128 * (4 * 128 + 1482.0) * 0.9, [&] { return std::to_string(alone); });
    const nlohmann::json report = report_of("task reg --size 40 --generate --memory ideal");
    tokens.equal(count(report, "answers", "right"), uint64_t{40});
    tokens.equal(count(report, "answers", "token_by_token"), uint64_t{41});
    for (const char* model : {"sparse", "linear", "ring"}) {
        const nlohmann::json other = report_of(std::string("task ed --size 5 --generate "
                                                           "--memory ideal --model ") +
                                               model);
        tokens.equal(count(other, "answers", "right"), uint64_t{25}, [&] { return model; });
    }
}

TEST_CASE("task: profiles, covers, devices and approximations") {
    Compared answers("answers");
    const char* const all_right[] = {"mqar --set device.profile=stats",
                                     "mqar --device blackbox-64 --gap 32",
                                     "kv --pairs 200 --code bits --device blackbox-64",
                                     "mqar --num-devices 3",
                                     "mqar --oracle self",
                                     "ed --size 10 --schedule kv-resident"};
    for (const char* arguments : all_right) {
        const nlohmann::json report =
            report_of(std::string("task ") + arguments + " --memory ideal");
        answers.equal(count(report, "answers", "right"), count(report, "answers", "asked"),
                      [&] { return arguments; });
    }
    const nlohmann::json report = report_of(
        "task kv --pairs 512 --mask dense --approximate sample --tiles 2 --accept-approximation "
        "--memory ideal");
    answers.holds(count(report, "answers", "right") < 512, [] { return ""; });
    answers.equal(report["audits"].size(), size_t{1});
    answers.equal(report["audits"][0]["valid"].get<bool>(), false);
    const std::string arguments = "task kv --pairs 512 --mask dense --approximate sample --tiles 2";
    const Finished refused = run_tessera(arguments);
    answers.equal(refused.exit_code, 3);
    answers.holds(contains(refused.err, "--accept-approximation writes it anyway"),
                  [&] { return refused.err; });
    answers.holds(contains(run_tessera(arguments + " --accept-approximation").out, "NOT VALID"),
                  [] { return "the table has no verdict"; });
}

TEST_CASE("task --out: with the files anyone can check the answers") {
    const test::Scratch scratch;
    Compared numbers("numbers");
    const Finished f = run_tessera(
        "task mqar --tokens 256 --pairs 20 --window 64 --memory ideal "
        "--format json --out " +
        scratch / "out");
    REQUIRE(f.exit_code == 0);
    numbers.equal(test::read_text(scratch / "out/report.json"), f.out);
    std::set<std::string> there;
    for (const auto& entry : std::filesystem::directory_iterator(scratch / "out"))
        there.insert(entry.path().filename().string());
    const auto named = nlohmann::json::parse(f.out)["files"].get<std::set<std::string>>();
    numbers.equal(named == there, true);
    const host::SafetensorsFile file(scratch / "out/out.safetensors");
    const auto column = [&file](const char* name, uint64_t row, uint64_t width) {
        const host::TensorView* tensor = file.find(name);
        REQUIRE(tensor != nullptr);
        int64_t value = 0;
        std::memcpy(&value, tensor->data + row * width * sizeof value, sizeof value);
        return value;
    };
    REQUIRE(file.find("tokens") != nullptr);
    const uint64_t width = file.find("tokens")->shape[1];
    uint64_t right = 0, asked = 0;
    for (uint64_t p = 0; p < 256; ++p) {
        if (column("counts", p, 1) == 0) continue;
        ++asked;
        const int64_t id = column("tokens", p * width + 1, 1);
        for (uint64_t j = 0; j + 1 < p; ++j) {  // the pair's key token
            if (column("tokens", j * width, 1) != 1 || column("tokens", j * width + 1, 1) != id)
                continue;
            const bool seen = p - (j + 1) < 64;
            const int64_t value = column("tokens", (j + 1) * width + 1, 1);
            numbers.equal(column("truth", p, width), value);
            numbers.equal(column("answers", p, width) == value, seen);
            numbers.equal(column("layer2.fetched", p, 1) == value, seen);
            right += seen ? 1 : 0;
        }
    }
    const auto report = nlohmann::json::parse(f.out);
    numbers.equal(count(report, "answers", "asked"), asked);
    numbers.equal(count(report, "answers", "right"), right);
    numbers.holds(right != 0 && right != asked, [] { return ""; });
}

TEST_CASE("task: a grid shows the edges, and goes on where it was broken off") {
    const test::Scratch scratch;
    Compared points("points"), texts("texts");
    const std::string arguments =
        "task reg --models standard,sparse,linear --sizes 32,128 --dims 4,8,15,16 --memory ideal "
        "--format csv --store " +
        scratch / "store";
    const Finished f = run_tessera(arguments);
    REQUIRE(f.exit_code == 0);
    // Right from so many columns on: digits of addresses below 256, the block, the root of tokens.
    const std::map<std::string, uint64_t> least = {{"standard 32", 4}, {"standard 128", 4},
                                                   {"sparse 32", 8},   {"sparse 128", 16},
                                                   {"linear 32", 8},   {"linear 128", 16}};
    const std::vector<std::vector<std::string>> rows = test::parse_csv(f.out);
    REQUIRE(rows.size() == 1 + 3 * 2 * 4);
    for (size_t i = 1; i < rows.size(); ++i) {
        const std::vector<std::string>& row = rows[i];
        const auto where = [&] { return row[0] + " " + row[1] + " " + row[2]; };
        points.equal(row[3], std::string("ok"), where);
        points.equal(row[6] == row[7], std::stoull(row[2]) >= least.at(row[0] + " " + row[1]),
                     where);
    }
    // Half of the store, and a line that was being written.
    const std::string store = test::read_text(scratch / "store");
    size_t end = 0;
    for (int line = 0; line < 12; ++line) end = store.find('\n', end) + 1;
    std::ofstream(scratch / "store") << store.substr(0, end + 20);
    const Finished again = run_tessera(arguments);
    texts.equal(again.exit_code, 0);
    texts.equal(again.out, f.out);
    const Finished map =
        run_tessera("task reg --models linear --sizes 32,128 --dims 8,16 --memory ideal");
    texts.holds(contains(map.out, "linear           32         64      yes      yes"),
                [&] { return map.out; });
}

TEST_CASE("task: mistakes of the user") {
    Compared messages("messages");
    expect_refusal(messages, "task reg --store x", "--store and --jobs need --models");
    expect_refusal(messages, "task reg --sizes 3,x", "--sizes is 3,x");
    expect_refusal(messages, "task reg --models none,some", "--model is none");
    expect_refusal(messages, "task reg --dims 4 --out x", "--out is x; allowed: none with a grid");
    expect_refusal(messages, "task", "name is required");
    expect_refusal(messages, "task nothing", "task is nothing; allowed: kv, mqar, vartrack, ");
    expect_refusal(messages, "task mqar --model linear", "--model is linear; allowed: standard");
    expect_refusal(messages, "task mqar --pairs 300", "--pairs is 300; allowed: 1 to 256 here");
    expect_refusal(messages, "task mqar --size 3", "--size is 3; allowed: none here with mqar");
    expect_refusal(messages, "task reg --layout first",
                   "--layout is first; allowed: none with reg");
    expect_refusal(messages, "task mqar --layout last", "--layout is last; allowed: first, spread");
    expect_refusal(messages, "task kv --layout spread --depth 5",
                   "--depth is 5; allowed: none here");
    expect_refusal(messages, "task reg --dim 1", "--dim is 1; allowed: 2 to 4096");
    expect_refusal(messages, "task mqar --dim 8", "--dim is 8; allowed: from 10 on");
    expect_refusal(messages, "task reg --gap 300",
                   "--gap is 300; allowed: more than 0 and at most");
    expect_refusal(messages, "task reg --code letters", "--code is letters; allowed: digits, bits");
    expect_refusal(messages, "task ed-local --model window --sinks 3", "--mask is given");
    expect_refusal(messages, "task ed --size 70 --model linear", "--model is linear");
    expect_refusal(messages, "task reg --model linear --dim 100", "D");
    expect_refusal(messages, "task lis --set device.profile=blackbox --device tiny",
                   "task is lis; allowed: others on a black box");
    expect_refusal(messages, "task lis --dim 10", "--dim is 10; allowed: from 11 on here");
    expect_refusal(messages, "task lis --size 3000", "--size is 3000; allowed: 1 to 2047 here");
    expect_refusal(messages, "task listops --generate", "--generate is given; allowed: not with");
    expect_refusal(messages, "task reg --timing-only", "--timing-only is given");
    expect_refusal(messages, "task reg --model sparse --block 12", "--block is 12");
    const test::Scratch scratch;
    const std::string out = scratch / "out";
    messages.equal(run_tessera("task reg --model linear --dim 100 --out " + out).exit_code, 2);
    messages.equal(scratch.entries(), size_t{0}, [] { return "a folder is left behind"; });
}
