// SPDX-License-Identifier: MIT
// `tessera compare` as a user meets it: its rows are what `tessera run` says.
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/comparison.h"

using namespace tessera;
using test::Compared;
using test::comparison;
using test::contains;
using test::Finished;
using test::parse_csv;
using test::run_tessera;
using Json = nlohmann::json;

namespace {

size_t count_of(const std::string& part, const std::string& text) {
    size_t count = 0;
    for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
    return count;
}

/// What `tessera run` says, with terms of a mask as --masks has them.
std::string with_masks(std::string message) {
    const auto replace = [&](const std::string& from, const std::string& to) {
        for (size_t at = 0; (at = message.find(from, at)) != std::string::npos; at += to.size())
            message.replace(at, from.size(), to);
    };
    replace("--mask ", "--masks ");
    for (const char* term : {"prefix", "window", "sinks", "block", "summary"})
        replace(std::string("--") + term, std::string("--masks ") + term);
    return message;
}

}  // namespace

TEST_CASE("every row is what tessera run says of it") {
    const std::string job = "--device tiny --memory ddr4-2400r --random 4,40,16 --kv-heads 2 --lse";
    const struct {
        const char *compare, *run, *words;
    } kMasks[] = {
        {"dense", "--mask dense", "dense"},
        {"causal", "--mask causal", "causal"},
        {"window=9,sinks=2", "--window 9 --sinks 2", "causal, window 9, sinks 2"},
        {"dense,window=3", "--mask dense --window 3", "dense, window 3"},
        {"prefix=7,window=3", "--prefix 7 --window 3", "causal, prefix 7, window 3"},
        {"block=16,summary=2", "--block 16 --summary 2", "causal, block 16, summary 2"},
        {"sparse", "--mask sparse", "sparse"},
        {"documents=0:7:30,causal", "--documents 0,7,30 --mask causal", "causal, 3 documents"}};
    std::string masks;
    for (const auto& mask : kMasks) masks += std::string(" ") + mask.compare;
    const Json json = comparison(job + " --heads separate,stacked --masks" + masks);
    Compared rows("rows"), figures("figures");
    size_t at = 0;
    for (const auto& mask : kMasks)
        for (const std::string heads : {"separate", "stacked"})
            for (const std::string schedule :
                 {"query-resident", "kv-resident", "paired", "strided"}) {
                // Where the mask and the places of heads let it.
                if (schedule == "strided" &&
                    (mask.compare != std::string("window=9,sinks=2") || heads == "stacked"))
                    continue;
                REQUIRE(at < json["rows"].size());
                const Json& row = json["rows"][at++];
                const std::string name = std::string(mask.words) + " " + heads + " " + schedule;
                rows.holds(row["mask"] == mask.words && row["heads"] == heads &&
                               row["schedule"] == schedule && row["profile"] == "stateful",
                           [&] { return name; });
                const Finished f =
                    run_tessera("run --format json " + job + " " + mask.run + " --schedule " +
                                schedule + (heads == "stacked" ? " --stack-heads" : ""));
                if (f.exit_code != 0) {  // what run refuses is refused in its words
                    rows.holds(row["status"] == "refused" && row["derived"].is_null() &&
                                   with_masks(f.err) ==
                                       "tessera: " + row["reason"].get<std::string>() + "\n",
                               [&] { return name + ": " + f.err; });
                    continue;
                }
                const Json run = Json::parse(f.out);
                rows.equal(row["status"], "within_bound", [&] { return name; });
                rows.equal(row["reason"].is_null(), true, [&] { return name; });
                rows.equal(row["problem"], run["problem"], [&] { return name; });
                rows.equal(row["configuration"], run["configuration"], [&] { return name; });
                for (const char* member : {"derived", "error"}) {
                    figures.equal(row[member].size(), run[member].size(), [&] { return name; });
                    for (const auto& [key, figure] : run[member].items())
                        figures.equal(row[member][key], figure,
                                      [&, k = key] { return name + ": " + k; });
                }
            }
    rows.equal(at, json["rows"].size());
}

TEST_CASE("rows by covers stand beside those of schedules, and are what tessera run says") {
    const std::string job = "--device tiny --random 4,40,16 --kv-heads 2 --lse ";
    const std::string arguments = job +
                                  "--schedules paired --covers auto,half,grid --heads "
                                  "separate,stacked --profiles stats,blackbox --masks "
                                  "dense causal window=3 ";
    const Json json = comparison(arguments);
    Compared rows("rows"), figures("figures");
    size_t at = 0, covers = 0;
    for (const std::string mask : {"dense", "causal", "causal --window 3"})
        for (const std::string heads : {"", " --stack-heads"})
            for (const std::string profile : {"stats", "blackbox"})
                for (const std::string order :
                     {"--schedule paired", "--oracle self --cover auto",
                      "--oracle self --cover half", "--oracle self --cover grid"}) {
                    REQUIRE(at < json["rows"].size());
                    const Json& row = json["rows"][at++];
                    const std::string run = "run --format json " + job +
                                            "--set device.profile=" + profile + " --mask " + mask +
                                            heads + " " + order;
                    const size_t name = order.rfind("--cover ");
                    rows.equal(row["schedule"], name == std::string::npos
                                                    ? "paired"
                                                    : "cover " + order.substr(name + 8));
                    const Finished f = run_tessera(run);
                    if (f.exit_code != 0) {
                        rows.equal("tessera: " + row["reason"].get<std::string>() + "\n",
                                   with_masks(f.err), [&] { return run; });
                        continue;
                    }
                    const Json report = Json::parse(f.out);
                    if (name != std::string::npos) ++covers;
                    rows.equal(row["status"], "within_bound", [&] { return run; });
                    rows.equal(row["oracle"], report["oracle"], [&] { return run; });
                    figures.equal(row["derived"], report["derived"], [&] { return run; });
                    figures.equal(row["error"], report["error"], [&] { return run; });
                }
    rows.equal(at, json["rows"].size());
    rows.holds(covers >= 4, [] { return "covers that run"; });  // auto and half, dense and causal
}

TEST_CASE("the row of an oracle that is always causal is what tessera run says") {
    const std::string job = "--device tiny --random 2,70,13 --mask causal ";
    const Json json =
        comparison(job + "--schedules paired --row-causal --profiles stateful,stats,blackbox");
    Compared rows("rows");
    REQUIRE(json["rows"].size() == 6);
    for (size_t i = 0; i < 6; ++i) {
        const Json& row = json["rows"][i];
        const std::string run = job + (i % 2 == 0 ? "--schedule paired" : "--oracle causal") +
                                " --set device.profile=" + row["profile"].get<std::string>();
        rows.equal(row["schedule"], i % 2 == 0 ? "paired" : "row-causal", [&] { return run; });
        rows.equal(row["status"], "within_bound", [&] { return run; });
        rows.equal(row["derived"],
                   Json::parse(run_tessera("run --format json " + run).out)["derived"],
                   [&] { return run; });
    }
}

TEST_CASE("the least number of calls by covers is Schoenheim's, the table says which cover") {
    const std::string arguments =
        "--device tiny --random 2,96,16 --mask causal --timing-only --schedules query-resident "
        "--covers auto,half ";
    const auto csv = parse_csv(run_tessera("compare --format csv " + arguments).out);
    Compared cells("cells");
    REQUIRE(csv.size() == 4);
    // R = 6: 21 pairs of tiles, 49 lines of the design, 66 half-tiles; bound 42.
    const char* const expected[3][4] = {{"query-resident", "42", "42", "38"},
                                        {"cover auto", "98", "98", "84"},
                                        {"cover half", "132", "132", "84"}};
    for (size_t row = 0; row < 3; ++row) {
        cells.equal(csv[row + 1][3], expected[row][0]);
        for (size_t i = 1; i < 4; ++i)
            cells.equal(csv[row + 1][4 + i], expected[row][i], [&] { return expected[row][0]; });
    }
    const std::string table = run_tessera("compare " + arguments).out;
    for (const char* words : {"\ncover auto: searched design on 24 points\n",
                              "\ncover half: half-tiles\n", "Schoenheim's bound"})
        cells.holds(contains(table, words), [&] { return table; });
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);)
        cells.holds(line.size() <= 160, [&] { return line; });
}

TEST_CASE("rows that end early do not move") {
    const Json json = comparison("--device tiny --random 1,900,16 --masks dense window=1 --jobs 4");
    Compared rows("rows");
    for (const Json& row : json["rows"]) {
        rows.equal(row["problem"]["mask"], row["mask"]);
        rows.equal(row["problem"]["schedule"], row["schedule"]);
    }
    rows.equal(json["rows"].size(), size_t{7});  // strided only for the window
}

TEST_CASE("what a device cannot run is a row, and the user's error if there is no other") {
    Compared facts("facts");
    const Json json = comparison(
        "--device tiny --random 2,40,16 --num-devices 2 --schedules query-resident,kv-resident");
    REQUIRE(json["rows"].size() == 2);
    facts.equal(json["rows"][0]["status"], "within_bound");
    facts.equal(json["rows"][1]["status"], "refused");
    facts.holds(contains(json["rows"][1]["reason"], "--num-devices"),
                [&] { return json["rows"][1].dump(); });
    const Finished none = run_tessera(
        "compare --device tiny --random 1,40,16 --num-devices 2 --schedules "
        "kv-resident");
    facts.equal(none.exit_code, 2);
    facts.equal(none.out, "");
    facts.holds(contains(none.err, "--num-devices"), [&] { return none.err; });
    const Json timing = comparison("--device tiny --random 1,40,16 --timing-only");
    facts.equal(timing["rows"][0]["status"], "not_checked");
    facts.holds(contains(timing["rows"][0]["reason"], "timing only"), [&] { return "reason"; });
    facts.equal(comparison("--device tiny --random 1,40,16 --no-check")["rows"][0]["reason"],
                "--no-check");
    const Finished table = run_tessera("compare --device tiny --random 1,40,16 --no-check");
    facts.holds(contains(table.out, "not checked: --no-check"), [&] { return table.out; });
}

TEST_CASE("a row outside its bound: exit code 1, the others are good") {
    // Scores beyond the device's format; but a query that sees one key has nothing to weigh.
    const std::string arguments =
        "--device tiny --random 1,32,16 --scale 5e3 --schedules query-resident "
        "--masks dense window=1 --accept-inexact ";
    const Finished run = run_tessera("compare --format json " + arguments);
    const Json json = Json::parse(run.out);
    Compared facts("facts");
    // Both have clamped scores. That is accepted, but said.
    facts.equal(count_of(": not exact: ", run.err), size_t{2});
    facts.equal(json["rows"][0]["status"], "outside_bound");
    facts.equal(json["rows"][1]["status"], "within_bound");
    for (const char* format : {"table", "json", "csv", "markdown"})
        facts.equal(run_tessera("compare " + arguments + "--format " + format).exit_code, 1,
                    [&] { return format; });
    facts.equal(run_tessera("compare --device tiny --random 1,32,16").exit_code, 0);
    const auto marks = [](const std::string& text) { return count_of(" (!)\n", text); };
    facts.equal(marks(run_tessera("compare " + arguments).out), size_t{2});
    // Far beyond: no bound holds, so nothing is within one.
    const std::string far = "compare --device tiny --random 1,32,16 --scale 1e8 --accept-inexact";
    facts.equal(marks(run_tessera(far).out), size_t{3});
}
