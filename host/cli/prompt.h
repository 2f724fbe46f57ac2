// SPDX-License-Identifier: MIT
// A prompt of a decoder from the command line.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "host/cli/options.h"
#include "host/cli/progress.h"
#include "host/model/model_folder.h"
#include "host/text/byte_bpe.h"

namespace tessera::host {

using Tokenizer = std::optional<ByteBpeTokenizer>;

/// Of a folder that has one: a prompt of text needs it, and tokens are shown as text with it. One
/// that cannot be read does not matter to a prompt of tokens: `progress` is told. UserError.
Tokenizer tokenizer_of(const ModelFolder& folder, bool needed, Progress& progress);

/// The tokens of --text or --tokens, each below `vocabulary`, at least one. UserError.
std::vector<uint32_t> prompt_of(const GenerateOptions& options, const Tokenizer& tokenizer,
                                uint32_t vocabulary);

}  // namespace tessera::host
