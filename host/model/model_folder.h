// SPDX-License-Identifier: MIT
// A model on disk: a folder as scripts/fetch_model makes it, with weights, vocabulary and, unless
// its name is that of a description that is compiled in, model.json.
#pragma once
#include <string>
#include <vector>

#include "host/model/model.h"

namespace tessera::host {

struct ModelFolder {
    std::string path;
    Model model;

    std::string weights() const { return path + "/model.safetensors"; }
    std::string vocabulary() const { return path + "/vocabulary.txt"; }
    std::string description() const { return path + "/model.json"; }
    /// All that it may consist of.
    std::vector<std::string> files() const { return {weights(), vocabulary(), description()}; }
};

/// `name` is a folder, or the name of one below $TESSERA_MODEL_DIR, else below
/// $XDG_DATA_HOME/tessera/models, else ~/.local/share/tessera/models. UserError if there is no such
/// folder, with what gets it, and as read_model().
ModelFolder open_model(const std::string& name, uint32_t repeats = kAllRepeats);

}  // namespace tessera::host
