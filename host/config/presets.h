// SPDX-License-Identifier: MIT
// The files of configs/, compiled in (embed.cmake writes presets.cpp), so that the installed
// program needs no other file.
#pragma once
#include <vector>

namespace tessera::host {

struct EmbeddedPreset {
    const char* name;
    const char* text;  ///< JSON
};

/// By name.
const std::vector<EmbeddedPreset>& embedded_devices();
const std::vector<EmbeddedPreset>& embedded_memories();

}  // namespace tessera::host
