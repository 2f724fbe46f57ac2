// SPDX-License-Identifier: MIT
// The shape of a decoder, from the config.json that model hubs keep beside the weights. Families:
// GPT-2, Llama, Mistral, Qwen2. What would change the result and is not built is refused.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/elementwise/activation.h"

namespace tessera::host {

enum class DecoderFamily { kGpt2, kLlama, kMistral, kQwen2 };

/// How rotary frequencies are stretched for contexts longer than those of the training.
enum class RotaryScaling { kNone, kLinear, kLlama3 };

struct DecoderShape {
    std::string file;  ///< for messages
    DecoderFamily family = DecoderFamily::kLlama;
    uint32_t layers = 0, width = 0, hidden = 0, vocabulary = 0;
    uint32_t heads = 0, kv_heads = 0, head_width = 0;
    uint32_t positions = 0;         ///< of the training
    std::vector<uint32_t> windows;  ///< of each layer, in tokens; 0: sees all
    fw::Activation activation = fw::Activation::kSilu;
    float norm_epsilon = 0;
    bool tied = false;  ///< logits by the table of the embedding
    bool qkv_bias = false, output_bias = false, mlp_bias = false;
    double rotary_base = 10000;  ///< unused by GPT-2
    RotaryScaling rotary_scaling = RotaryScaling::kNone;
    double rotary_factor = 1;                                    ///< of both scalings
    double low_frequency_factor = 1, high_frequency_factor = 4;  ///< kLlama3
    uint32_t original_positions = 0;                             ///< kLlama3
    std::vector<uint32_t> end_tokens;                            ///< each ends a text; may be empty

    bool gpt2() const { return family == DecoderFamily::kGpt2; }
    /// Bytes of keys and values that a token leaves in the caches of all layers, in bf16.
    uint64_t cache_bytes_per_token() const {
        return uint64_t{layers} * kv_heads * head_width * 2 * sizeof(uint16_t);
    }
};

/// Parses a config.json; `file` names it in messages. UserError with key, value and what is
/// allowed, for what is missing, too.
DecoderShape read_decoder_shape(const std::string& file, std::string_view text);
DecoderShape read_decoder_shape_file(const std::string& path);

/// UserError unless a text may have so many rows: learned positions end, others go on where
/// `beyond` says so, but nobody trained them.
void require_positions(const DecoderShape& shape, uint64_t rows, bool beyond);

/// theta^(-2 i / head_width) of each pair i of a head's columns, scaled as the shape says.
std::vector<float> rotary_frequencies(const DecoderShape& shape);

}  // namespace tessera::host
