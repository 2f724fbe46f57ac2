// SPDX-License-Identifier: MIT
#include "host/report/json_parts.h"

#include <nlohmann/json.hpp>

#include "host/report/dram.h"
#include "host/version.h"

namespace tessera::host {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

Json figure_value(const FigureValue& value) {
    return std::visit(
        [](const auto& x) -> Json {
            if constexpr (std::is_same_v<std::decay_t<decltype(x)>, std::monostate>)
                return nullptr;
            else
                return x;
        },
        value);
}

Json quantity(const Json& value, const char* unit, const std::string& definition) {
    return {{"value", value}, {"unit", unit}, {"definition", definition}};
}

Json tool_json() {
    return {{"name", "tessera"},
            {"version", kVersion},
            {"git_hash", kGitHash},
            {"git_dirty", kGitDirty}};
}

Json configuration_json(const ResolvedConfig& config, const std::vector<Region>& regions) {
    Json memory_map = Json::array();
    for (const Region& region : regions)
        memory_map.push_back(
            {{"name", region.name}, {"address", region.address}, {"bytes", region.bytes}});
    return {{"device", config.device_name},
            {"memory", config.platform.memory.name},
            {"memory_title", memory_title(config.platform.memory)},
            {"clock_ghz", config.clock_ghz},
            {"resolved", resolved_json(config)},
            {"memory_map", memory_map}};
}

Json counters_json(const CounterValues& counters) {
    Json result = Json::object();
    for (uint32_t i = 0; i < spec::kCounters; ++i) {
        const spec::CounterInfo& info = spec::kCounterTable[i];
        result[info.name] = quantity(counters[i], info.unit, info.definition);
    }
    return result;
}

Json figures_json(const std::vector<Figure>& figures) {
    Json result = Json::object();
    for (const Figure& figure : figures)
        result[figure.key] = {{"value", figure_value(figure.value)},
                              {"unit", figure.unit},
                              {"formula", figure.formula}};
    return result;
}

}  // namespace tessera::host
