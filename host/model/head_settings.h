// SPDX-License-Identifier: MIT
// What the heads of attention layers see, as a user says it:
// layers.PATTERN[.heads.LIST].window=N, .sinks=N or .stride=N.
#pragma once
#include <string>
#include <vector>

#include "host/model/model.h"

namespace tessera::host {

/// What such a setting begins with.
inline constexpr const char* kLayerSetting = "layers.";

/// Changes the attention layers of `model` whose names match PATTERN (`*`, `?`); LIST has heads, as
/// "0,2-4", without it all are meant. A later setting overrides an earlier one. UserError for a key
/// or a number that there is not, a pattern without a match, a head out of range, a stride under a
/// causal mask, and a window or sinks for keys of another graph; `where` begins its message.
void set_seen_keys(Model& model, const std::string& where,
                   const std::vector<std::string>& settings);

/// "heads 0,1 window 64; heads 2,3 stride 4", "all".
std::string seen_text(const AttentionLayer& layer);

}  // namespace tessera::host
