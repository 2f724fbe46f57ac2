// SPDX-License-Identifier: MIT
// What the commands that run models take: texts as tokens, and speech.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/cli/options.h"
#include "host/model/model_folder.h"

namespace tessera::host {

struct Text {
    std::string name;  ///< "a.txt", "a.txt:3"
    std::string text;
    std::vector<uint32_t> tokens;
};

/// A whole file. UserError unless it is UTF-8.
std::string read_text(const std::string& path);

/// The texts of the command's files, or of their lines, with at least one token each. UserError for
/// an empty text, and if there is none.
std::vector<Text> tokenized(const ModelFolder& folder, const ModelOptions& options);

/// Samples for graph `encoder`. UserError as read_wav(), and for fewer than its convolutions need.
std::vector<float> read_speech(const Model& model, const std::string& path);

}  // namespace tessera::host
