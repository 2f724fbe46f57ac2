// SPDX-License-Identifier: MIT
// A model on disk. A folder as scripts/fetch_model makes it has weights, vocabulary and, unless its
// name is that of a description that is compiled in, model.json. A decoder as model hubs have it
// has config.json, weights and tokenizer.json.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "host/model/decoder.h"
#include "host/model/model.h"
#include "host/model/weights.h"

namespace tessera::host {

struct ModelFolder {
    std::string path;
    Model model;
    std::optional<DecoderShape> decoder;  ///< of a folder with config.json
    std::string weights;                  ///< file
    ComputedRows computed;                ///< tensors beside those of the file

    /// UserError if the folder has no config.json.
    const DecoderShape& decoder_shape() const;
    ModelWeights open_weights() const { return ModelWeights(weights, computed); }
    std::string configuration() const { return path + "/config.json"; }
    std::string tokenizer() const { return path + "/tokenizer.json"; }
    std::string vocabulary() const { return path + "/vocabulary.txt"; }
    std::string description() const { return path + "/model.json"; }
    /// All that it may consist of.
    std::vector<std::string> files() const;
};

/// `name` is a folder, or the name of one below $TESSERA_MODEL_DIR, else below
/// $XDG_DATA_HOME/tessera/models, else ~/.local/share/tessera/models. UserError if there is no such
/// folder, with what gets it, and as read_model().
ModelFolder open_model(const std::string& name, uint32_t repeats = kAllRepeats);

}  // namespace tessera::host
