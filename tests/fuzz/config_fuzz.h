// SPDX-License-Identifier: MIT
// What must hold of every configuration that resolves.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/config/keys.h"
#include "host/config/presets.h"
#include "spec/params.h"
#include "tests/fuzz/fuzz.h"

namespace tessera::fuzz {

inline const char* preset_text(const std::vector<host::EmbeddedPreset>& presets,
                               const std::string& name) {
    for (const host::EmbeddedPreset& preset : presets) {
        if (name == preset.name) return preset.text;
    }
    std::abort();
}

/// Resolves the two texts with the overrides and checks the result.
inline void resolve_and_check(const std::string& device, const std::string& memory,
                              const std::vector<std::string>& sets) {
    expect_user_error_at_most([&] {
        const host::ResolvedConfig config =
            host::resolve_config_text("device", device, "memory", memory, sets);
        require(spec::params_error(config.platform.params) == nullptr, "a legal device");
        require(config.platform.memory.size_bytes % 4096 == 0, "a memory of whole pages");
        for (const host::ConfigKey& key : host::config_keys())
            require(key.violation(key.get(config)).empty(), key.path.c_str());
        require(resolved_json(config).at("device").at("M") == config.platform.params.m,
                "M as resolved");
    });
}

}  // namespace tessera::fuzz
