// SPDX-License-Identifier: MIT
// `tessera diff` as a user meets it.
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/sweep.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::expect_refusal;
using test::Finished;
using test::kSweepGrid;
using test::read_text;
using test::run_tessera;
using test::Scratch;
using test::written;
using Json = nlohmann::json;

TEST_CASE("diff says what moved, and fails where it moved too far") {
    const Scratch scratch;
    const auto run = [&](const std::string& name, const std::string& more) {
        const Finished f = run_tessera("run --device tiny --random 1,64,16 --memory ideal --out " +
                                       scratch / name + more);
        REQUIRE(f.exit_code == 0);
    };
    run("a", "");
    run("b", "");
    run("c", " --set memory.read_latency_cycles=200");
    Compared items("items");
    const auto diff = [&](const std::string& b, const std::string& more) {
        return run_tessera("diff " + scratch / "a" + " " + scratch / b + more);
    };
    items.equal(diff("b", " --fail-over 0").exit_code, 0);
    const Json same = Json::parse(diff("b", " --format json").out);
    items.equal(same.at("results").size() + same.at("configuration").size(), size_t{0});
    items.holds(same.at("compared") > 50, [&] { return same.dump(); });
    const Finished moved = diff("c", " --fail-over 5 --figures derived.cycles");
    items.equal(moved.exit_code, 1);
    items.holds(contains(moved.err, "derived.cycles"), [&] { return moved.err; });
    items.equal(diff("c", " --fail-over 5 --figures derived.bytes").exit_code, 0);
    items.equal(diff("c", "").exit_code, 0);
    const Json json = Json::parse(diff("c", " --format json --figures derived.cycles").out);
    const auto cycles = [&](const char* name) {
        return Json::parse(read_text(scratch / name + std::string("/report.json")))
            .at("derived")
            .at("cycles")
            .at("value")
            .get<double>();
    };
    items.equal(json.at("results").at(0).at("change").get<double>(),
                (cycles("c") - cycles("a")) / cycles("a"));
    bool latency = false;
    for (const Json& row : json.at("configuration"))
        latency = latency || contains(row.at("path"), "read_latency_cycles");
    items.equal(latency, true);

    const std::string grid = written(scratch, "grid.json", kSweepGrid);
    REQUIRE(run_tessera("sweep " + grid + " -o " + scratch / "one").exit_code == 0);
    const std::string both = "diff " + scratch / "one" + " " + scratch / "two";
    REQUIRE(std::system(("cp -r " + scratch / "one" + " " + scratch / "two").c_str()) == 0);
    items.equal(run_tessera(both + " --fail-over 0").exit_code, 0);
    std::string records = read_text(scratch / "two/points.jsonl");
    records.insert(records.find("\"derived.cycles\":") + 17, "9");
    std::ofstream(scratch / "two/points.jsonl") << records;
    const Finished sweep = run_tessera(both + " --fail-over 0");
    items.equal(sweep.exit_code, 1);
    items.holds(contains(sweep.err, "1 result moved by more than 0 %"), [&] { return sweep.err; });
    expect_refusal(items, "diff " + scratch / "a" + " " + scratch / "one", "schema");
    expect_refusal(items, "diff " + scratch / "a" + " " + scratch / "b --fail-over -1",
                   "--fail-over");
    expect_refusal(items, "diff " + scratch / "a" + " " + scratch / "no", "no");
    const std::string report = scratch / "a/report.json";
    expect_refusal(items, "diff " + report + " " + scratch / "b" + " -o " + report,
                   "--out is " + report + "; allowed: a file that is not a report");
}
