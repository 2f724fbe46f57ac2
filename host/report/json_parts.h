// SPDX-License-Identifier: MIT
// Parts that all reports in JSON have in common.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "host/config/config.h"
#include "host/operation/device_memory.h"
#include "host/platform/counters.h"
#include "host/report/figures.h"

namespace tessera::host {

inline constexpr int kReportSchemaVersion = 2;

/// A number with its unit and what it is.
nlohmann::ordered_json quantity(const nlohmann::ordered_json& value, const char* unit,
                                const std::string& definition);
/// Null, a number, a flag or a text.
nlohmann::ordered_json figure_value(const FigureValue& value);
/// Name, version and commit of this program.
nlohmann::ordered_json tool_json();
/// Device, memory, every key, and what lies where.
nlohmann::ordered_json configuration_json(const ResolvedConfig& config,
                                          const std::vector<Region>& regions);
/// Every counter of the device.
nlohmann::ordered_json counters_json(const CounterValues& counters);
/// key -> value, unit and formula.
nlohmann::ordered_json figures_json(const std::vector<Figure>& figures);

}  // namespace tessera::host
