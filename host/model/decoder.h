// SPDX-License-Identifier: MIT
// A decoder as a model: its graphs over the tensors of a checkpoint as model hubs have it.
//
// Three graphs share the caches of keys and values; each adds its rows to them.
// - `fill`: rows of a prompt before its last chunk. Only the caches matter, so it ends with those
// of
//   the last layer.
// - `prefill`: the last rows of a prompt; logits and `next` of the last of them.
// - `decode`: the same for a new token.
// `prefill` and `decode` have the same layers. They are two, so that a report tells them apart.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/model/decoder_shape.h"
#include "host/model/model.h"
#include "host/model/weights.h"

namespace tessera::host {

inline constexpr const char* kFillGraph = "fill";
inline constexpr const char* kPrefillGraph = "prefill";
inline constexpr const char* kDecodeGraph = "decode";
inline constexpr const char* kTokensInput = "tokens";
inline constexpr const char* kPositionsInput = "positions";  ///< learned ones: of GPT-2 only
inline constexpr const char* kLogitsOutput = "logits";
inline constexpr const char* kNextOutput = "next";

struct Decoder {
    Model model;
    /// Every tensor that it reads, by name, with its shape: matrices [out][in], of GPT-2 [in][out].
    std::map<std::string, std::vector<uint64_t>> tensors;
    /// Tensors that no checkpoint has: rotary frequencies.
    ComputedRows computed;
};

/// `prefix` stands in front of all tensors of GPT-2: "transformer.", or nothing. `layers`: at most
/// so many, the first ones.
Decoder make_decoder(const DecoderShape& shape, const std::string& prefix,
                     uint32_t layers = kAllRepeats);

/// The decoder of a checkpoint: `weights` is a safetensors file, or the index of one in shards.
/// UserError for a tensor that is missing or has another shape than config.json says.
Decoder decoder_of(const DecoderShape& shape, const std::string& weights,
                   uint32_t layers = kAllRepeats);

}  // namespace tessera::host
