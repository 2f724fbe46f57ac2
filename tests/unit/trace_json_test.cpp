// SPDX-License-Identifier: MIT
// trace.json parses, its slices have lengths and do not overlap on a track, and nothing is missing.
#include "host/report/trace_json.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "firmware/attention/sequencer.h"
#include "host/report/page_timeline.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/trace_viewer.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;

namespace {

/// A job of `tokens` tokens on the tiny device with an invented, overlapping timing.
RunRecord traced_run(uint32_t tokens, uint64_t trace_commands) {
    RunRecord r;
    r.problem.nq = r.problem.nk = tokens;
    r.problem.d_k = r.problem.d_v = 16;
    r.problem.scale = 0.25;
    r.config.device_name = "tiny";
    r.config.clock_ghz = 0.5;
    r.config.platform.params = {16, 16, 2, 4, 16, spec::Profile::kStateful};
    r.layout = make_layout(r.problem, r.config.platform);
    const spec::DeviceParams& params = r.config.platform.params;
    fw::Sequencer sequencer(r.layout.job, params, r.layout.driver.record_address);
    spec::Command command;
    uint64_t n = 0, now = 100;
    for (; sequencer.next(command); ++n) {
        const uint64_t start = now + 20;
        now += 60;
        if (n >= trace_commands) continue;
        r.outcome.commands.push_back(
            {command.opcode, static_cast<uint16_t>(n), n, start - 15, start, start + 150});
        if (command.opcode != spec::Opcode::kAttend) continue;
        for (uint32_t g = 0; g < params.groups(command.rows); ++g) {
            const uint64_t score = start + g * 64, value = score + 130;
            const uint64_t merged = value + spec::merge_write_after(params, command.keys) + 7;
            r.outcome.groups.push_back({n, g, command.keys, score, value, merged});
        }
    }
    r.outcome.commands_total = n;
    r.outcome.end_cycle = now + 1000;
    r.devices = {r.outcome};
    return r;
}

nlohmann::json trace_of(const RunRecord& record) {
    std::string text;
    write_trace_json(record, [&](std::string_view piece) { text += piece; });
    return nlohmann::json::parse(text);
}

}  // namespace

TEST_CASE("every command and group is a slice, and slices of a track do not overlap") {
    const RunRecord record = traced_run(200, UINT64_MAX);
    const auto trace = trace_of(record);
    Compared slices("slices"), commands("commands");
    std::map<int, double> free_from;
    std::map<uint64_t, int> seen;
    int group_slices = 0;
    for (const auto& event : trace["traceEvents"]) {
        if (event["ph"] != "X") continue;
        const double start = event["ts"], length = event["dur"];
        double& track = free_from[event["tid"].get<int>()];
        // Lane by lane: a slice begins when the one before has ended.
        slices.holds(length >= 0 && start + 1e-9 >= track, [&] { return event.dump(); });
        track = start + length;
        if (event["args"].contains("group"))
            ++group_slices;
        else
            ++seen[event["args"]["number"].get<uint64_t>()];
    }
    for (const hw::CommandTrace& c : record.devices[0].commands)
        commands.equal(seen[c.number], 1, [&] { return std::to_string(c.number); });
    CHECK(group_slices == 3 * static_cast<int>(record.devices[0].groups.size()));
    CHECK(trace["otherData"]["truncated"] == false);
    CHECK(trace["displayTimeUnit"] == "ns");
}

TEST_CASE("a viewer keeps every slice at every clock, and a nanosecond of it is a cycle") {
    Compared slices("slices");
    for (const double clock_ghz : {0.8, 1.0, 1.2, 1.25, 1.4, 2.5, 3.0}) {
        RunRecord record = traced_run(200, UINT64_MAX);
        record.config.clock_ghz = clock_ghz;
        const auto trace = trace_of(record);
        const auto viewed = test::view(trace);
        const RunOutcome& device = record.devices[0];
        const auto where = [&] {
            return fmt::format("{} GHz, {}", clock_ghz,
                               viewed.dropped.empty() ? "" : viewed.dropped[0].dump());
        };
        slices.equal(viewed.dropped.size(), 0u, where);
        slices.equal(viewed.kept.size(), device.commands.size() + 3 * device.groups.size(), where);
        for (const test::ViewedSlice& slice : viewed.kept) {
            if (slice.args.contains("group")) continue;
            const auto& c = device.commands.at(slice.args["number"].get<size_t>());
            slices.holds(slice.start_ns == static_cast<int64_t>(c.start) &&
                             slice.end_ns == static_cast<int64_t>(c.retire),
                         [&] { return slice.args.dump(); });
        }
        slices.equal(trace["otherData"]["clock_ghz"], clock_ghz);
        slices.equal(trace["otherData"].value("time_unit", ""),
                     "1 ns is one cycle of the device clock");
    }
}

TEST_CASE("commands that overlap have a lane each, however many they are") {
    RunRecord record = traced_run(200, UINT64_MAX);
    for (hw::CommandTrace& c : record.devices[0].commands) c.retire = c.start + 60 * 300;
    Compared slices("slices");
    const auto viewed = test::view(trace_of(record));
    slices.equal(viewed.dropped.size(), 0u);
    slices.holds(viewed.kept.size() > record.devices[0].commands.size(),
                 [&] { return std::to_string(viewed.kept.size()); });
}

TEST_CASE("waits begin and end in pairs, of each device its own") {
    Compared waits("waits");
    RunRecord record = traced_run(200, UINT64_MAX);
    const size_t commands = record.devices[0].commands.size();
    record.devices.push_back(record.devices[0]);
    record.config.platform.devices = record.layout.devices = 2;
    std::map<uint64_t, std::pair<double, double>> wait;
    std::map<uint64_t, int> events;
    const auto trace = trace_of(record);
    for (const auto& event : trace["traceEvents"]) {
        if (event["ph"] == "b") wait[event["id"].get<uint64_t>()].first = event["ts"];
        if (event["ph"] == "e") wait[event["id"].get<uint64_t>()].second = event["ts"];
        if (event["ph"] == "b" || event["ph"] == "e") ++events[event["id"].get<uint64_t>()];
    }
    for (const auto& [id, times] : wait)
        waits.holds(times.first > 0 && times.second > times.first && events[id] == 2,
                    [id = id] { return std::to_string(id); });
    CHECK(wait.size() == 2 * commands);
}

TEST_CASE("each device has its window, or null where it is not known") {
    RunRecord record = traced_run(64, UINT64_MAX);
    record.devices[0].window_start = 7;
    record.devices[0].counters[static_cast<size_t>(spec::Counter::kCycles)] = 20;
    record.devices.push_back(traced_run(64, UINT64_MAX).outcome);
    record.devices.push_back(record.devices[0]);
    record.devices[2].counters = {};  // nothing was counted
    record.config.platform.devices = record.layout.devices = 3;
    Compared windows("windows");
    windows.equal(trace_of(record)["otherData"]["window"].dump(), "[[7,26],null,null]");
}

TEST_CASE("a cut trace says so") {
    const auto trace = trace_of(traced_run(200, 10));
    Compared values("values");
    values.equal(trace["otherData"]["truncated"], true);
    values.equal(trace["otherData"]["commands_traced"], 10);
    const auto none = trace_of(traced_run(200, 0));
    values.equal(none["otherData"]["commands_traced"], 0);
}

TEST_CASE("commands that never started or retired") {
    RunRecord record = traced_run(64, UINT64_MAX);
    record.devices[0].commands[1].retire = hw::kNever;
    record.devices[0].commands[2].start = record.devices[0].commands[2].retire = hw::kNever;
    record.devices[0].groups[0].value_start = record.devices[0].groups[0].merged = hw::kNever;
    Compared slices("slices");
    bool unfinished = false;
    const auto trace = trace_of(record);
    for (const auto& event : trace["traceEvents"]) {
        if (event["ph"] != "X") continue;
        slices.holds(event["dur"] >= 0.0 && event["args"]["number"] != 2,
                     [&] { return event.dump(); });
        if (event["args"]["number"] == 1) unfinished = event["args"]["retire"].is_null();
    }
    CHECK(unfinished);
}

TEST_CASE("what a page keeps of a long trace does not grow with it") {
    // 22,953 commands and 180,000 lane groups with their three slices, more than a page keeps.
    const RunRecord record = traced_run(2400, UINT64_MAX);
    PageTimeline timeline("trace.json");
    write_trace_json(record, [&](std::string_view piece) { timeline.feed(piece); });
    const std::string text = timeline.json();
    const auto json = nlohmann::json::parse(text);
    const size_t shown = json["commands_shown"].get<size_t>();
    Compared pages("pages");
    // A page has 5 MB at most, and 1 MB of it is enough for the program and the report.
    pages.holds(text.size() < 4'000'000, [&] { return std::to_string(text.size()); });
    pages.equal(json["commands_total"].get<size_t>(), record.devices[0].commands.size());
    pages.holds(shown > 1000 && shown <= PageTimeline::kMaxCommands,
                [&] { return std::to_string(shown); });
    // Those that are shown have all their groups.
    size_t groups = 0;
    for (const hw::LaneGroupTrace& group : record.devices[0].groups) groups += group.number < shown;
    for (const char* stage : {"score", "value", "merge"})
        pages.equal(json["devices"][0][stage].size(), 4 * groups, [&] { return stage; });
}
