// SPDX-License-Identifier: MIT
// `tessera sweep` as a user meets it: records are what `tessera run` reports, all files hold the
// same, and kill -9 does not make a difference of a single byte.
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "tests/support/csv.h"
#include "tests/support/run_json.h"
#include "tests/support/sweep.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::expect_refusal;
using test::Finished;
using test::killed_after;
using test::kSweepFiles;
using test::kSweepGrid;
using test::parse_csv;
using test::read_text;
using test::records_in;
using test::run_json;
using test::run_tessera;
using test::same_files;
using test::Scratch;
using test::written;
using Json = nlohmann::json;

namespace {

/// All rows of a table, each cell as text.
std::vector<std::vector<std::string>> rows_of(const std::string& file, const std::string& query) {
    std::vector<std::vector<std::string>> rows;
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
    const auto take = [](void* to, int cells, char** texts, char**) {
        auto& row = static_cast<std::vector<std::vector<std::string>>*>(to)->emplace_back();
        for (int i = 0; i < cells; ++i) row.emplace_back(texts[i] == nullptr ? "" : texts[i]);
        return 0;
    };
    CHECK(sqlite3_exec(database, query.c_str(), take, &rows, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    return rows;
}

uint64_t kills() {
    const char* given = std::getenv("TESSERA_KILLS");
    return given == nullptr ? 20 : std::strtoull(given, nullptr, 10);
}

}  // namespace

TEST_CASE("records are what tessera run reports, and all files hold the same") {
    const Scratch scratch;
    const std::string grid = written(scratch, "grid.json", kSweepGrid), out = scratch / "out";
    const Finished swept = run_tessera("sweep " + grid + " -o " + out + " -j 3");
    INFO(swept.err);
    REQUIRE(swept.exit_code == 0);
    const std::vector<Json> records = records_in(out);
    REQUIRE(records.size() == 49);
    Compared figures("figures");
    for (const size_t i : {0, 17, 31}) {
        const Json& r = records[i];
        const Json& fields = r.at("fields");
        const Json report = run_json("--device tiny --memory ideal --random 1," +
                                     fields.at("workload.random.tokens").dump() + "," +
                                     fields.at("workload.random.dimension").dump() + " --seed " +
                                     fields.at("workload.random.seed").dump());
        figures.equal(r.at("figures").at("error.max_over_bound"),
                      report.at("error").at("max_over_bound").at("value"));
        for (const char* section : {"derived", "counters"})
            for (const auto& [key, figure] : report.at(section).items()) {
                if (!figure.is_object() || !figure.contains("unit")) continue;
                if (!figure.at("value").is_number()) continue;
                const std::string path = std::string(section) + "." + key;
                figures.equal(r.at("figures").value(path, Json()), figure.at("value"),
                              [&] { return path; });
            }
    }
    Compared cells("cells");
    const auto csv = parse_csv(read_text(out + "/points.csv"));
    REQUIRE(csv.size() == records.size() + 1);
    const auto rows = rows_of(out + "/points.sqlite", "SELECT * FROM points");
    REQUIRE(rows.size() == records.size());
    for (size_t i = 0; i < records.size(); ++i) {
        const Json& r = records[i];
        for (size_t c = 0; c < csv.front().size(); ++c) {
            const std::string& name = csv.front()[c];
            Json value = r.contains(name) ? r.at(name) : Json();
            if (name == "error" && !value.is_null()) value = value.at("message");
            for (const char* part : {"fields", "figures"})
                if (r.contains(part)) value = r.at(part).value(name, value);
            const std::string text = value.is_null()     ? ""
                                     : value.is_string() ? value.get<std::string>()
                                                         : value.dump();
            cells.equal(csv[i + 1][c], text, [&] { return name; });
            if (value.is_number_float())
                cells.equal(std::stod(rows[i][c]) == Approx(value.get<double>()), true);
            else
                cells.equal(rows[i][c], text, [&] { return name; });
        }
    }
    const Json whole = Json::parse(read_text(out + "/sweep.json"));
    cells.equal(whole.at("points").at("refused"), 16);
    cells.equal(whole.at("points").at("ok"), 33);
    cells.equal(whole.at("errors").size(), size_t{1});
    std::vector<std::string> used;
    for (const Json& r : records)
        if (r.contains("figures"))
            for (const auto& [path, value] : r.at("figures").items()) used.push_back(path);
    std::vector<std::string> explained;
    for (const Json& figure : whole.at("figures")) explained.push_back(figure.at("path"));
    for (auto* list : {&used, &explained}) {
        std::sort(list->begin(), list->end());
        list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    cells.equal(explained == used, true);
}

TEST_CASE("a sweep that is killed at any moment goes on, to the same bytes") {
    const Scratch scratch;
    const std::string grid = written(scratch, "grid.json", kSweepGrid);
    const std::string out = scratch / "out", whole = scratch / "whole";
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(run_tessera("sweep " + grid + " -j 2 -o " + whole).exit_code == 0);
    const std::chrono::duration<double, std::micro> once = std::chrono::steady_clock::now() - begin;
    auto random = test::test_random();
    Compared records("records");
    size_t before = 0, lost = 0;
    const uint64_t most = static_cast<uint64_t>(once.count()) / 3;
    for (uint64_t i = 0; i < kills(); ++i) {
        killed_after({"sweep", grid, "-j", "2", "-o", out}, random() % most);
        if (!std::ifstream(out + "/points.jsonl")) continue;
        const size_t now = records_in(out).size();
        records.holds(now >= before, [&] { return std::to_string(now) + " records left"; });
        if (now > before) ++lost;
        before = now;
        // Begin anew, so that every part of a sweep is hit.
        if (before == 49 && i % 2 == 0) {
            std::ofstream(out + "/points.jsonl", std::ios::trunc);
            before = 0;
        }
    }
    records.holds(lost != 0, [] { return "no kill hit a sweep"; });
    const Finished last = run_tessera("sweep " + grid + " -o " + out);
    records.equal(last.exit_code, 0, [&] { return last.err; });
    Compared bytes("files");
    same_files(out, whole, bytes);
    const std::string left = run_tessera("", "ls -A " + out + " > " + scratch / "ls; ").out;
    std::istringstream names(read_text(scratch / "ls"));
    size_t files = 0;
    for (std::string name; std::getline(names, name);) ++files;
    bytes.equal(files, std::size(kSweepFiles));
}

TEST_CASE("a sweep again does what is missing, and no more") {
    const Scratch scratch;
    const std::string grid = written(scratch, "grid.json", kSweepGrid), out = scratch / "out";
    REQUIRE(run_tessera("sweep " + grid + " -o " + out).exit_code == 0);
    const std::string records = read_text(out + "/points.jsonl");
    Compared items("items");
    // A record that only a sweep that leaves it alone keeps, and one that is gone.
    std::string changed = records;
    const size_t mark = changed.find("\"counters.cycles\":");
    changed.insert(mark + 18, "1");
    const size_t end = changed.rfind('\n', changed.size() - 2) + 1;
    const std::string removed = changed.substr(end);
    std::ofstream(out + "/points.jsonl") << changed.substr(0, end);
    items.equal(run_tessera("sweep " + out).exit_code, 0);
    items.equal(read_text(out + "/points.jsonl") == changed, true);
    // What was refused runs again if asked, with the same result.
    std::ofstream(out + "/points.jsonl") << records;
    items.equal(run_tessera("sweep " + out + " --retry").exit_code, 0);
    items.equal(read_text(out + "/points.jsonl") == records, true);
    // A record of another version is made anew, and said so.
    std::string foreign = records;
    const size_t version = foreign.find("\"version\":\"") + 11;
    foreign.insert(version, "0");
    std::ofstream(out + "/points.jsonl") << foreign;
    const Finished again = run_tessera("sweep " + out);
    items.holds(contains(again.err, "1 record of version 0"), [&] { return again.err; });
    items.equal(read_text(out + "/points.jsonl") == records, true);
    // A wider grid takes what is there; a narrower one would lose it.
    const std::string wider = written(
        scratch, "wider.json", R"({"base": {"machine": {"device": "tiny", "memory": "ideal"}},
        "fields": {"workload.random.tokens": {"from": 8, "to": 72, "step": 8},
                   "workload.random.dimension": [8, 16, 32], "workload.random.seed": [1, 2]},
        "points": {"product": {"operation": "gemm", "workload.random.rows": 20,
                   "workload.random.columns": 30, "workload.random.inner": 40}}})");
    items.equal(run_tessera("sweep " + wider + " -o " + out).exit_code, 0);
    items.equal(records_in(out).size(), size_t{55});
    expect_refusal(items, "sweep " + grid + " -o " + out, "6 records of points that are not asked");
    items.equal(records_in(out).size(), size_t{55});
}

TEST_CASE("results that are not good are states of their points and an exit code") {
    const Scratch scratch;
    const std::string grid = written(scratch, "grid.json", R"({
        "base": {"machine": {"device": "tiny", "memory": "ideal"},
                 "workload": {"random": {"tokens": 64, "dimension": 16}}},
        "points": {"good": {}, "bad": {"schedule.approximation.rule": "sample",
            "schedule.approximation.tiles": 1, "schedule.approximation.tolerance": 1e-6}}})");
    Compared items("items");
    const Finished mixed = run_tessera("sweep " + grid + " -o " + scratch / "out");
    items.equal(mixed.exit_code, 3);
    items.holds(contains(mixed.err, "1 point with a result that is known not to be good"),
                [&] { return mixed.err; });
    for (const Json& record : records_in(scratch / "out"))
        items.equal(record.at("state"), record.at("point") == "good" ? "ok" : "not_valid");
    const Json whole = Json::parse(read_text(scratch / "out/sweep.json"));
    items.equal(whole.at("pareto").at("points").size(), size_t{1});
    const std::string many = written(scratch, "many.json", R"({
        "base": {"machine": {"device": "tiny", "memory": "ideal"},
                 "workload": {"random": {"tokens": 8, "dimension": 16}}},
        "fields": {"workload.random.seed": {"from": 1, "to": 45}}})");
    const Finished front = run_tessera("sweep " + many + " -o " + scratch / "many");
    items.holds(contains(front.out, "and 5 more; sweep.json has all"), [&] { return front.out; });
    const std::string refused =
        written(scratch, "refused.json", R"({"points": {"a": {"machine.device": "no such"}}})");
    items.equal(run_tessera("sweep " + refused + " -o " + scratch / "refused").exit_code, 2);
    items.equal(records_in(scratch / "refused").front().at("error").at("code"), "user");
    const Finished dry = run_tessera("sweep " + refused + " --dry-run");
    items.equal(dry.exit_code, 0);
    items.holds(contains(dry.out, "refused: "), [&] { return dry.out; });
    expect_refusal(items, "sweep " + grid, "--out is missing");
    expect_refusal(items, "sweep " + grid + " --shard 3/2 -o " + scratch / "x", "--shard is 3/2");
    expect_refusal(items, "sweep " + scratch / "out" + " --figures gates", "figure is gates");
    expect_refusal(items, "sweep " + scratch / "no.json" + " -o x", "no.json");
}
