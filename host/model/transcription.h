// SPDX-License-Identifier: MIT
// Speech to text by an encoder and a decoder that takes its own last token: graphs `encoder`
// (input `audio`) and `decoder` (input `token`, output `next`).
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "host/model/model_run.h"
#include "host/text/token_text.h"

namespace tessera::host {

/// New tokens for so many samples, as the model's authors bound them against endless loops: six for
/// a second; at least one.
uint32_t most_tokens(uint64_t samples);

/// The tokens of speech, the first best at each step, kBeginToken first; without data so many as
/// may come. `token` is told of each new one. UserError if the audio is too short for the encoder.
std::vector<uint32_t> transcribe(ModelRun& model, const std::vector<float>& samples, uint32_t most,
                                 const std::function<void(uint32_t)>& token);

}  // namespace tessera::host
