// SPDX-License-Identifier: MIT
// A run as Chrome trace events, for Perfetto or chrome://tracing: a track per engine and stage.
// Time 0 is the release of reset; a cycle of the device clock is drawn as 1 ns, whatever its
// period.
#pragma once
#include <functional>
#include <string_view>

#include "host/run/run_record.h"

namespace tessera::host {

/// Takes the text piece by piece.
using TextSink = std::function<void(std::string_view)>;

/// Writes the JSON of all traced commands of `record`; says so if there were more.
void write_trace_json(const RunRecord& record, const TextSink& sink);

}  // namespace tessera::host
