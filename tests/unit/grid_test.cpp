// SPDX-License-Identifier: MIT
// Grids of a sweep: which points there are, conditions against arithmetic in C++, and what is no
// grid.
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "host/error.h"
#include "host/sweep/grid.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using host::Condition;
using host::Grid;
using host::UserError;
using test::Compared;

namespace {

/// `text` is refused, with a message that has all `parts`.
void refused(Compared& messages, const std::string& text, const std::vector<std::string>& parts) {
    std::string message = "nothing was wrong";
    try {
        const Grid grid("grid.json", text);
    } catch (const UserError& error) {
        message = error.what();
    }
    for (const std::string& part : parts)
        messages.holds(message.find(part) != std::string::npos,
                       [&] { return text + ": " + message; });
}

}  // namespace

TEST_CASE("a grid is every combination that holds its conditions, then the named points") {
    const Grid grid("grid.json", R"({
        "base": {"machine": {"device": "tiny"}, "workload": {"random": {"heads": 3}}},
        "fields": {
            "workload.random.tokens": {"from": 16, "to": 100, "times": 2},
            "workload.mask.window": {"from": 0, "to": 40, "step": 20},
            "machine.settings.device.LANES": [2, 4]},
        "where": ["workload.mask.window < workload.random.tokens",
                  "workload.mask.window == 0 or machine.settings.device.LANES == 4"],
        "points": {"small": {"workload.random.tokens": 5, "workload.scale": 0.5}}})");
    Compared values("values");
    size_t at = 0;
    for (const uint64_t lanes : {2, 4})  // paths in the order of the alphabet
        for (const uint64_t window : {0, 20, 40})
            for (const uint64_t tokens : {16, 32, 64}) {
                if (!(window < tokens) || !(window == 0 || lanes == 4)) continue;
                REQUIRE(at < grid.size());
                const host::GridPoint point = grid.point(at++);
                const Experiment& e = point.experiment;
                values.equal(point.name, "LANES=" + std::to_string(lanes) +
                                             ",window=" + std::to_string(window) +
                                             ",tokens=" + std::to_string(tokens));
                values.equal(e.workload.random.tokens, tokens);
                values.equal(e.workload.mask.window, window);
                values.equal(e.machine.settings.at("device.LANES"), std::to_string(lanes));
                values.equal(e.machine.device, "tiny");
                values.equal(e.workload.random.heads, uint64_t{3});
            }
    REQUIRE(grid.size() == at + 1);
    const host::GridPoint named = grid.point(at);
    values.equal(named.name, "small");
    values.equal(named.experiment.workload.random.tokens, uint64_t{5});
    values.equal(named.experiment.workload.scale == 0.5, true);
    values.equal(named.experiment.machine.settings.empty(), true);
    values.equal(grid.fields().size(), size_t{4});
    values.equal(grid.neighbours(at, 0).has_value(), false);
}

TEST_CASE("no two points have the same name, whatever their values") {
    Compared names("names");
    const Grid grid("grid.json", R"({"fields": {
        "workload.tensor_names.q": ["a", "a,tensor_names.k=b", "1", "null", "", "a b"],
        "workload.tensor_names.k": ["b,q=a", "b", "c\"d"],
        "machine.settings.device.LANES": [2, "2"]}})");
    std::set<std::string> seen;
    for (size_t i = 0; i < grid.size(); ++i)
        names.equal(seen.insert(grid.point(i).name).second, true,
                    [&] { return grid.point(i).name; });
    names.equal(grid.size(), size_t{36});
}

TEST_CASE("neighbours on an axis are the points that differ there alone") {
    const Grid grid("grid.json", R"({"fields": {
        "workload.random.tokens": [8, 16, 24], "workload.random.heads": [1, 2],
        "workload.random.seed": [1, 2, 3]},
        "where": ["workload.random.tokens != 16 or workload.random.seed < 3"]})");
    Compared pairs("pairs");
    const auto shape = [&](size_t i) {
        const Experiment::Random r = grid.point(i).experiment.workload.random;
        return std::vector<uint64_t>{r.heads, r.seed, r.tokens};  // in the order of the axes
    };
    for (size_t i = 0; i < grid.size(); ++i)
        for (size_t j = 0; j < grid.size(); ++j)
            for (size_t axis = 0; axis < grid.axes(); ++axis) {
                std::vector<uint64_t> a = shape(i), b = shape(j);
                a[axis] = b[axis] = 0;
                pairs.equal(grid.neighbours(i, axis) == grid.neighbours(j, axis), a == b);
            }
}

TEST_CASE("conditions are what their arithmetic says") {
    Compared conditions("conditions");
    const auto holds = [](const std::string& text, const Experiment& e) {
        return Condition("grid.json", text).holds(e);
    };
    auto random = test::test_random();
    const std::string t = "workload.random.tokens", w = "workload.mask.window",
                      h = "workload.random.heads";
    const std::vector<std::pair<std::string, std::function<bool(double, double, double)>>> cases = {
        {t + " < " + w + " or " + h + " > 4",
         [](double x, double y, double z) { return x < y || z > 4; }},
        {t + " - " + w + " - " + h + " >= 10",
         [](double x, double y, double z) { return x - y - z >= 10; }},
        {t + " / 2 * 3 <= " + w + " + " + h + "*5",
         [](double x, double y, double z) { return x / 2 * 3 <= y + z * 5; }},
        {t + "-(" + w + "-" + h + ") == 20",
         [](double x, double y, double z) { return x - (y - z) == 20; }},
        {t + " % " + h + " == 0 or " + w + " != 7",
         [](double x, double y, double z) { return std::fmod(x, z) == 0 || y != 7; }},
        {t + " % 7 > 4", [](double x, double, double) { return std::fmod(x, 7) > 4; }},
        {w + " == 0 or " + t + " % " + w + " == 0",  // the second is not reached for 0
         [](double x, double y, double) { return y == 0 || std::fmod(x, y) == 0; }}};
    for (int i = 0; i < 200; ++i) {
        Experiment e;
        e.workload.random.tokens = 1 + random() % 40;
        e.workload.mask.window = random() % 12;
        e.workload.random.heads = 1 + random() % 8;
        for (const auto& [text, expected] : cases)
            conditions.equal(holds(text, e),
                             expected(static_cast<double>(e.workload.random.tokens),
                                      static_cast<double>(e.workload.mask.window),
                                      static_cast<double>(e.workload.random.heads)),
                             [&text = text] { return text; });
    }
    Experiment e;
    e.machine.settings["device.LANES"] = "8";
    conditions.equal(holds("machine.device == 'base'", e), true);
    conditions.equal(holds("machine.memory == null", e), true);
    conditions.equal(holds("machine.device != 'base' or outputs.timing_only == false", e), true);
    conditions.equal(holds("machine.settings.device.LANES * 2 == 16", e), true);
    conditions.equal(holds("machine.settings.device.INTERLEAVE == null", e), true);
}

TEST_CASE("what is no grid says what is wrong") {
    Compared messages("messages");
    refused(messages, "[]", {"grid.json", "the grid", "a JSON object"});
    refused(messages, "{}", {"points", "missing", "fields, points, or both"});
    refused(messages, R"({"field": {}})", {"key field is unknown", "base, fields, where, points"});
    refused(messages, R"({"base": {"machine": {"devices": 65}}, "points": {"a": {}}})",
            {"grid.json: base", "machine.devices", "65", "1 to 64"});
    refused(messages, R"({"base": {"outputs": {"folder": "x"}}, "points": {"a": {}}})",
            {"outputs.folder is x"});
    refused(messages, R"({"fields": {"outputs.folder": ["x"]}})", {"field is outputs.folder"});
    refused(messages, R"({"fields": {"workload.token": [1]}})", {"field is workload.token"});
    refused(messages, R"({"fields": {"machine.settings.device.LINES": [1]}})", {"device.LINES"});
    refused(messages, R"({"fields": {"workload.random.tokens": [16, -3]}})",
            {"fields.workload.random.tokens[1] is -3", "a whole number, 1 to"});
    refused(messages, R"({"fields": {"workload.random.tokens": []}})", {"a list of"});
    refused(messages, R"({"fields": {"workload.random.tokens": [16, 16.0]}})",
            {"is 16.0", "each value once"});
    for (const char* range :
         {R"({"from": 2, "to": 1})", R"({"from": 1})", R"({"from": 0, "to": 8, "times": 2})",
          R"({"from": 1, "to": 8, "times": 1})", R"({"from": 1, "to": 8, "step": 0})",
          R"({"from": 1, "to": 8, "step": 1, "times": 2})", R"({"from": 1, "to": 8, "by": 2})",
          R"({"from": 1, "to": 1e9})"})
        refused(messages, std::string(R"({"fields": {"workload.random.tokens": )") + range + "}}",
                {"fields.workload.random.tokens", "\"from\": A"});
    refused(messages, R"({"points": {"a=b": {}}})", {"a name is a=b"});
    refused(messages, R"({"points": {"a": {"workload.scale": "x"}}})",
            {"points.a.workload.scale", "a finite number"});
    const auto where = [&](const std::string& condition, const std::vector<std::string>& parts) {
        refused(messages,
                R"({"fields": {"workload.random.tokens": [8]}, "where": [")" + condition + "\"]}",
                parts);
    };
    where("workload.random.tokens", {"it ends too early"});
    where("workload.random.tokens <", {"it ends too early"});
    where("workload.random.tokens < 3 4", {"4", "does not belong"});
    where("workload.tokens < 3", {"is no field"});
    where("(1 < 2", {"stands where ) is wanted"});
    where("1 < 'x", {"no closing '"});
    where("machine.device < 3", {"base", "is no number"});
    where("workload.random.tokens / 0 == 1", {"divided by zero"});
    where("1 == 2", {"false for every combination"});
    refused(messages,
            R"({"fields": {"workload.random.tokens": {"from": 1, "to": 4000},
                           "workload.random.seed": {"from": 1, "to": 4000}}})",
            {"at most 10000000"});
}
