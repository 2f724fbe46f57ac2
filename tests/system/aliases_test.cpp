// SPDX-License-Identifier: MIT
// Names that options and presets had before stay usable, and the report says the present ones.
#include "tests/support/comparison.h"
#include "tests/support/run_json.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::run_json;
using test::run_tessera;
using Json = nlohmann::json;

namespace {

/// What a report says of the run, but for the command line and the seconds that it took.
void compare_reports(Compared& compared, const Json& before, const Json& now) {
    for (const char* member : {"problem", "configuration", "counters", "derived", "error"})
        compared.equal(before.at(member), now.at(member), [&] { return member; });
}

}  // namespace

TEST_CASE("segments are documents") {
    Compared reports("members of reports");
    const std::string job = "--device tiny --random 2,40,16 --mask causal ";
    const Json dense = run_json(job), now = run_json(job + "--documents 0,7,30");
    reports.holds(now["derived"]["pairs_allowed"] != dense["derived"]["pairs_allowed"],
                  [] { return "documents change nothing"; });
    compare_reports(reports, run_json(job + "--segments 0,7,30"), now);
    reports.equal(run_json(job + "--segments=0,7,30")["problem"], now["problem"]);
}

TEST_CASE("segments of --masks are documents") {
    Compared rows("rows");
    const std::string job = "--device tiny --random 1,40,16 --masks ";
    const Json before = test::comparison(job + "causal,segments=0:7"),
               now = test::comparison(job + "causal,documents=0:7");
    rows.equal(before["rows"], now["rows"]);
    rows.equal(now["rows"][0]["mask"].get<std::string>(), std::string("causal, 2 documents"));
    test::expect_refusal(rows, "compare " + job + "segments=0:7,documents=0:7", "each once");
}

TEST_CASE("devices oracle and oracle-wide are blackbox-64 and blackbox-128") {
    const std::pair<const char*, const char*> kNames[] = {{"oracle", "blackbox-64"},
                                                          {"oracle-wide", "blackbox-128"}};
    Compared reports("members of reports");
    for (const auto& [before, now] : kNames) {
        const auto job = [](const char* device) {
            return std::string("--random 1,70,64 --device ") + device;
        };
        const Json report = run_json(job(before));
        reports.equal(report["configuration"]["device"].get<std::string>(), std::string(now));
        compare_reports(reports, report, run_json(job(now)));
        const std::string table = run_tessera("run " + job(before)).out;
        reports.holds(contains(table, std::string(" on device ") + now + " ("),
                      [&] { return table; });
    }
    const std::string devices = run_tessera("devices").out;
    reports.holds(contains(devices, "blackbox-128") && !contains(devices, "oracle"),
                  [&] { return devices; });
}
