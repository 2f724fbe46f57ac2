// SPDX-License-Identifier: MIT
// Configuration in two layers: what the user says (a device and a memory, by preset name or JSON
// file, and --set overrides) becomes one resolved, checked struct. Every key is a row of
// config_keys() (host/config/keys.h); docs/use/configuration.md lists them.
#pragma once
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/config/energy_table.h"
#include "hw_model/config.h"

namespace tessera::host {

/// A whole machine, checked. Cycles are device cycles.
struct ResolvedConfig {
    std::string device_name;  ///< preset, or the file's name without folder and .json
    std::string device_description;
    std::string memory_description, memory_source;
    std::string memory_name = "ideal";  ///< as the device file says; platform.memory.name is used
    hw::PlatformConfig platform;
    double clock_ghz = 1.0;
    EnergyTable energy;
    std::map<std::string, std::string> given;  ///< by key path: file, preset or option that gave it
};

struct PresetInfo {
    std::string name;
    std::string description;
};

/// `device` and `memory` are a preset's name, or a file if they hold a '/' or end in ".json";
/// without `memory` the device's own default is taken. `sets` are "key=value", each key once.
/// UserError names file (or --set), key, value and what is allowed.
ResolvedConfig resolve_config(const std::string& device, const std::optional<std::string>& memory,
                              const std::vector<std::string>& sets);

/// As above with the JSON texts given; `device_file` and `memory_file` are their names in messages.
ResolvedConfig resolve_config_text(const std::string& device_file, const std::string& device_text,
                                   const std::string& memory_file, const std::string& memory_text,
                                   const std::vector<std::string>& sets);

/// Every key and its value, nested as in the --set paths.
nlohmann::json resolved_json(const ResolvedConfig& config);

/// The presets built into the binary, by name.
std::vector<PresetInfo> device_presets();
std::vector<PresetInfo> memory_presets();

}  // namespace tessera::host
