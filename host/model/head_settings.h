// SPDX-License-Identifier: MIT
// What the heads of attention layers see, and in which order their tiles come, as a user says it:
// layers.PATTERN[.heads.LIST].KEY=VALUE, or the same in the description of a model.
#pragma once
#include <string>
#include <vector>

#include "host/model/model.h"

namespace tessera::host {

/// What such a setting begins with.
inline constexpr const char* kLayerSetting = "layers.";

/// A setting of a layer.
struct HeadSetting {
    std::string where, path;  ///< for messages: "--set", "layers.*.heads.0,2.window"
    std::string scope;        ///< settings of the same scope must not contradict each other
    std::string heads;        ///< "0,2-4"; empty: all
    std::string key, value;   ///< head_keys.h
};

/// Changes the attention layer `layer` of `graph`. A later setting overrides an earlier one, also
/// where the two exclude each other. UserError for a key or a value that there is not, a head out
/// of range, and for settings that do not go together or with what the layer is.
void set_heads(const ModelGraph& graph, ModelLayer& layer,
               const std::vector<HeadSetting>& settings);

/// The same by texts, for all attention layers whose names match PATTERN (`*`, `?`). A text may
/// have further KEY=VALUE behind commas, with the same heads. UserError, too, for a pattern without
/// a match; `where` begins its message.
void set_heads(Model& model, const std::string& where, const std::vector<std::string>& settings);

/// Has any attention layer settings of heads?
bool has_settings(const Model& model);
/// The first layer with an approximation; empty if there is none.
std::string first_approximate_layer(const Model& model);

/// "heads 0,1: window 64; heads 2,3: stride 4", "all".
std::string heads_text(const AttentionLayer& layer);

}  // namespace tessera::host
