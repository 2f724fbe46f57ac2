// SPDX-License-Identifier: MIT
// What does not depend on the operation: program, machine, memory, energy constants, counters.
#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/error.h"
#include "host/report/document_json.h"
#include "host/report/dram.h"
#include "host/report/energy.h"
#include "host/report/sections.h"
#include "host/version.h"

namespace tessera::host {
namespace {

Table channels_table(const std::vector<hw::DramStats>& channels) {
    Table table{"channels",
                {{"reads"},
                 {"writes"},
                 {"row_hits"},
                 {"row_misses"},
                 {"row_conflicts"},
                 {"activates"},
                 {"precharges"},
                 {"refreshes"},
                 {"refresh_clocks"},
                 {"turnarounds"},
                 {"forwarded"}},
                {}};
    for (const hw::DramStats& c : channels)
        table.rows.push_back({c.reads, c.writes, c.hits, c.misses, c.conflicts, c.activates,
                              c.precharges, c.refreshes, c.refresh_clocks, c.turnarounds,
                              c.forwarded});
    return table;
}

/// Without `devices` the streams are of all devices together.
Table streams_table(const char* key, const std::vector<hw::MemoryStream>& streams, bool devices) {
    Table table{key,
                {{"name"},
                 {"direction"},
                 {"bursts", "burst"},
                 {"bytes", "byte"},
                 {"latency.mean", "cycle"},
                 {"latency.p50", "cycle"},
                 {"latency.p90", "cycle"},
                 {"latency.p99", "cycle"},
                 {"latency.max", "cycle"},
                 {"latency.unit"},
                 {"latency.definition"}},
                {}};
    if (devices) table.columns.insert(table.columns.begin(), {"device"});
    for (const hw::MemoryStream& s : streams) {
        const hw::LatencyHistogram& l = s.latency;
        std::vector<FigureValue> row = {
            s.name,
            s.write ? "write" : "read",
            value_of(l.count()),
            value_of(s.bytes),
            value_of(l.mean()),
            value_of(l.percentile(50)),
            value_of(l.percentile(90)),
            value_of(l.percentile(99)),
            value_of(l.max()),
            "cycle",
            "read: address taken to first beat; write: to the response"};
        if (devices) row.insert(row.begin(), value_of(s.device));
        table.rows.push_back(std::move(row));
    }
    return table;
}

/// Steps of a histogram in a report: so many from one power of two to the next.
constexpr uint64_t kStepsPerOctave = 8;

/// The end of the step in which `latency` is: the report's steps are wider than those counted.
uint64_t end_of_step(uint64_t latency) {
    uint64_t width = 1;
    while (latency / width >= 2 * kStepsPerOctave) width *= 2;
    return (latency / width + 1) * width;
}

/// How many bursts of each stream, by its row in `streams`, took how long.
Table latencies_table(const std::vector<hw::MemoryStream>& streams) {
    Table table{
        "latencies", {{"stream"}, {"from", "cycle"}, {"below", "cycle"}, {"bursts", "burst"}}, {}};
    for (size_t stream = 0; stream < streams.size(); ++stream) {
        const size_t begin = table.rows.size();
        streams[stream].latency.for_each_step([&](uint64_t first, uint64_t last, uint64_t count) {
            const uint64_t below = end_of_step(last);
            if (table.rows.size() > begin && table.count(table.rows.size() - 1, "below") >= below)
                std::get<uint64_t>(table.rows.back().back()) += count;
            else
                table.rows.push_back({value_of(stream), first, below, count});
        });
    }
    return table;
}

/// A value of JSON that is neither object nor array.
FigureValue value_from(const nlohmann::json& json) {
    if (json.is_boolean()) return json.get<bool>();
    if (json.is_number_unsigned()) return json.get<uint64_t>();
    if (json.is_number_integer()) return value_of(json.get<int64_t>());
    if (json.is_number_float()) return json.get<double>();
    return json.is_string() ? FigureValue{json.get<std::string>()} : FigureValue{};
}

/// Every value below `json` by its path, as "memory.timing.nCL".
void flatten(const nlohmann::json& json, const std::string& path,
             std::vector<std::pair<std::string, nlohmann::json>>& values) {
    for (const auto& [key, value] : json.items())
        if (value.is_object())
            flatten(value, path + key + ".", values);
        else
            values.emplace_back(path + key, value);
}

/// Keys whose values are not those of the presets; nothing if device or memory is none.
Entry changed_entry(const ResolvedConfig& config) {
    Table changed{"changed", {{"key"}, {"preset"}, {"value"}}, {}};
    try {
        const std::string& memory = config.platform.memory.name;
        const std::string usual =
            resolve_config(config.device_name, std::nullopt, {}).platform.memory.name;
        if (usual != memory) changed.rows.push_back({"device.memory", usual, memory});
        std::vector<std::pair<std::string, nlohmann::json>> presets, values;
        flatten(resolved_json(resolve_config(config.device_name, memory, {})), "", presets);
        flatten(resolved_json(config), "", values);
        for (const auto& own : values) {
            const auto preset = std::find_if(presets.begin(), presets.end(), [&](const auto& one) {
                return one.first == own.first;
            });
            const nlohmann::json usually = preset == presets.end() ? nullptr : preset->second;
            if (usually != own.second)
                changed.rows.push_back({own.first, value_from(usually), value_from(own.second)});
        }
    } catch (const UserError&) {
        return fact("changed", nullptr);
    }
    return changed;
}

}  // namespace

Section tool_section() {
    return {"tool",
            {fact("name", "tessera"), fact("version", kVersion), fact("git_hash", kGitHash),
             fact("git_dirty", kGitDirty)}};
}

Section configuration_section(const ResolvedConfig& config, const std::vector<Region>& regions) {
    Table memory_map{"memory_map", {{"name"}, {"address"}, {"bytes", "byte"}}, {}};
    for (const Region& region : regions)
        memory_map.rows.push_back({region.name, region.address, region.bytes});
    return {"configuration",
            {fact("device", config.device_name), fact("memory", config.platform.memory.name),
             fact("memory_title", memory_title(config.platform.memory)),
             fact("clock_ghz", config.clock_ghz), section_of("resolved", resolved_json(config)),
             changed_entry(config), memory_map}};
}

Entry memory_entry(const RunRecord& record) {
    const hw::MemoryOutcome& memory = record.memory;
    if (memory.channels.empty()) return fact("memory", nullptr);
    const hw::DramController& controller = record.config.platform.memory.dram.controller;
    Section section{
        "memory",
        {fact("policy", controller.policy_name()), fact("forwarding", controller.forwarding),
         defined("clocks", memory.clocks, "clock", "of tCK, simulated"),
         channels_table(memory.channels), streams_table("streams", memory.streams, true),
         latencies_table(memory.streams)}};
    if (record.config.platform.devices > 1)
        section.entries.emplace_back(
            streams_table("streams_of_all_devices", streams_of_all_devices(memory.streams), false));
    return section;
}

/// What is known of the defaults goes with them alone.
Section energy_model_section(const ResolvedConfig& config) {
    Table constants{"constants",
                    {{"name"}, {"value", "pJ"}, {"unit"}, {"extrapolated"}, {"note"}, {"source"}},
                    {},
                    true};
    std::string sources;
    for (const EnergyConstant& constant : kEnergyConstants) {
        const std::string source = energy_source(constant, config);
        const bool own = source == constant.source;
        constants.rows.push_back({constant.name, config.energy.*constant.picojoules, "pJ",
                                  own ? value_of(constant.extrapolated) : FigureValue{},
                                  own ? value_of(constant.note) : FigureValue{}, source});
        if (sources.find(source) == std::string::npos)
            sources += (sources.empty() ? "" : "; ") + source;
    }
    return {"energy_model",
            {fact("validated", false), fact("node", config.energy.node),
             fact("origin", energy_origin(config)), fact("source", sources), constants}};
}

Section host_section(double simulation_seconds, double check_seconds) {
    return {"host",
            {fact("simulation_seconds", simulation_seconds), fact("check_seconds", check_seconds),
             fact("date", fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr))))}};
}

Section counters_section(const CounterValues& counters) {
    Section section{"counters", {}};
    for (uint32_t i = 0; i < spec::kCounters; ++i) {
        const spec::CounterInfo& info = spec::kCounterTable[i];
        section.entries.emplace_back(defined(info.name, counters[i], info.unit, info.definition));
    }
    return section;
}

Table counters_of_devices_table(const std::vector<RunOutcome>& devices) {
    Table table{"counters_of_devices", {{"device"}}, {}};
    for (const spec::CounterInfo& info : spec::kCounterTable)
        table.columns.push_back({info.name, info.unit});
    if (devices.size() == 1) return table;
    for (const RunOutcome& device : devices) {
        std::vector<FigureValue> row = {value_of(table.rows.size())};
        for (uint32_t i = 0; i < spec::kCounters; ++i) row.emplace_back(device.counters[i]);
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace tessera::host
