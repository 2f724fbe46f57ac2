// SPDX-License-Identifier: MIT
// What differs between two reports, on small ones made by hand.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "host/error.h"
#include "host/report/difference.h"
#include "host/report/render.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera::host;
using tessera::test::Compared;
using Json = nlohmann::json;

namespace {

Json report(uint64_t cycles, double utilisation, uint64_t stalls) {
    return {{"schema", "tessera.report"},
            {"command_line", {"tessera", std::to_string(cycles)}},
            {"experiment", {{"machine", {{"device", stalls > 5 ? "wide" : "base"}}}}},
            {"configuration", {{"memory_map", {1, 2}}, {"changed", {{"x", stalls}}}}},
            {"derived",
             {{"cycles", {{"value", cycles}, {"unit", "cycle"}}},
              {"mac_utilisation", {{"value", utilisation}, {"unit", "1"}, {"formula", "a/b"}}}}},
            {"counters", {{"stalls", {{"value", stalls}, {"unit", "cycle"}}}}},
            {"layers", {{{"layer", "a"}, {"cycles", 7}}, {{"layer", "b"}, {"cycles", cycles}}}},
            {"exactness", {{"exact", stalls < 9}}},
            {"host", {{"simulation_seconds", utilisation * 3}}}};
}

ReportDifference difference(const Json& a, const Json& b,
                            const std::vector<std::string>& figures = {}) {
    return difference_of(flat_report("a", a), flat_report("b", b), figures);
}

}  // namespace

TEST_CASE("what moved is sorted by its relative size, to the last bit") {
    Compared items("items");
    const Json before = report(1000, 0.5, 4);
    const double next = std::nextafter(0.5, 1);
    const ReportDifference same = difference(before, before);
    items.equal(same.results.size() + same.configuration.size(), size_t{0});
    items.equal(same.compared, uint64_t{8});  // 3 figures, 2 rows of 2, exactness

    const ReportDifference d = difference(before, report(1100, next, 2));
    REQUIRE(d.results.size() == 4);
    items.equal(d.results[0].path, "counters.stalls");
    items.equal(d.results[0].change, -0.5);
    items.equal(d.results[1].path, "derived.cycles");
    items.equal(d.results[1].change, 0.1);
    items.equal(d.results[2].path, "layers[b].cycles");
    items.equal(d.results[3].path, "derived.mac_utilisation");
    items.equal(d.results[3].after == next, true);
    items.equal(d.configuration.size(), size_t{0});
    items.equal(count_above(d, 0), uint64_t{4});
    items.equal(count_above(d, 0.1), uint64_t{1});  // more than, not as much as
    items.equal(count_above(d, 0.5), uint64_t{0});
}

TEST_CASE("what is no number, or on one side alone, or from zero, comes first") {
    Compared items("items");
    Json after = report(1000, 0.5, 40);
    after["derived"]["new"] = {{"value", nullptr}, {"unit", "1"}};
    const ReportDifference d = difference(report(1000, 0.5, 0), after);
    REQUIRE(d.results.size() == 3);
    items.equal(d.results[0].path, "counters.stalls");
    items.equal(d.results[1].path, "derived.new");  // null is not the same as nothing
    items.equal(d.results[2].path, "exactness.exact");
    items.equal(count_above(d, 1e9), uint64_t{3});
    REQUIRE(d.configuration.size() == 1);
    items.equal(d.configuration[0].path, "experiment.machine.device");
    items.equal(d.configuration[0].after, "wide");
}

TEST_CASE("figures are chosen by name, and what is no report is refused") {
    Compared items("items");
    const Json before = report(1000, 0.5, 4), after = report(1100, 0.6, 2);
    items.equal(difference(before, after, {"cycles"}).compared, uint64_t{3});
    items.equal(difference(before, after, {"derived.cycles"}).results.size(), size_t{1});
    CHECK_THROWS_AS(difference(before, after, {"cycle"}), UserError);
    CHECK_THROWS_AS(flat_report("a", Json::array()), UserError);
    CHECK_THROWS_AS(flat_report("a", {{"schema", "other"}}), UserError);
    FlatReport sweep;
    CHECK_THROWS_AS(add_point("a", {{"point", "x"}}, sweep), UserError);
    add_point("a",
              {{"point", "x"},
               {"state", "ok"},
               {"version", "1"},
               {"fields", {{"f.g", 1}}},
               {"figures", {{"derived.cycles", 5}}}},
              sweep);
    items.equal(sweep.results.at("x: derived.cycles"), 5);
    items.equal(sweep.configuration.at("x: f.g"), 1);
}

TEST_CASE("the table for people is cut, the JSON is not") {
    Compared items("items");
    Json before = {{"schema", "tessera.report"}}, after = before;
    for (int i = 0; i < 100; ++i) {
        before["derived"]["f" + std::to_string(i)] = i;
        after["derived"]["f" + std::to_string(i)] = 2 * i + 1;
    }
    const Document document = difference_document(difference(before, after), "a", "b");
    const std::string text = render(document, Format::kTable);
    items.equal(std::count(text.begin(), text.end(), '\n'), 44);  // title, blank, heading, 40, note
    items.holds(text.find("and 60 more") != std::string::npos, [&] { return text; });
    items.equal(Json::parse(render(document, Format::kJson)).at("results").size(), size_t{100});
}

TEST_CASE("rows of a comparison are told apart by their names") {
    Compared items("items");
    const auto row = [](const char* schedule, int cycles) {
        return Json{{"schedule", schedule},
                    {"mask", "dense"},
                    {"configuration", {{"device", "base"}}},
                    {"counters", {{"cycles", {{"value", cycles}, {"unit", "cycle"}}}}}};
    };
    const Json before = {{"schema", "tessera.compare"}, {"rows", {row("x", 1), row("y", 2)}}};
    const Json after = {{"schema", "tessera.compare"}, {"rows", {row("y", 2), row("x", 3)}}};
    const ReportDifference d = difference(before, after);
    REQUIRE(d.results.size() == 1);
    items.equal(d.results[0].path, "dense x: counters.cycles");
    items.equal(d.results[0].change, 2.0);
}
