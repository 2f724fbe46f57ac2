// SPDX-License-Identifier: MIT
// Small models with random weights: a decoder with caches, an encoder of audio.
#pragma once
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "host/model/model_run.h"
#include "tests/support/model_weights.h"

namespace tessera::test {

inline constexpr size_t kModelHeads = 2, kModelColumns = 24;  ///< of a residual
inline constexpr size_t kModelHidden = 20, kModelVocabulary = 40, kModelLayers = 2;

/// Graph `decoder`, input `tokens`, outputs `logits` and `next`.
extern const char* const kDecoderModel;
RandomWeights decoder_weights(std::mt19937_64& random);
/// Graph `encoder`, input `audio`, output `mean`.
extern const char* const kEncoderModel;
RandomWeights encoder_weights(std::mt19937_64& random);

/// What a run of a model leaves.
struct ModelEnd {
    std::vector<float> output;  ///< of all runs, one behind the other
    std::vector<float> next;    ///< likewise, of a decoder
    /// Of each layer cycles, calls, bytes, and cycles of firmware and of elementwise work.
    std::vector<uint64_t> costs;
    uint64_t checked = 0, outside = 0;
    uint64_t pairs = 0, pairs_seen = 0;  ///< of all attention layers
    uint64_t audited = 0;                ///< runs of sets of heads that were audited
};

/// Inputs, one for each run.
using ModelInputs = std::vector<std::pair<std::string, host::Value>>;
/// All tokens, or the first ones and then one by one.
ModelInputs in_parts(const std::vector<uint32_t>& tokens, size_t first);

/// What to run on which machine.
struct ModelCase {
    const char* description;
    std::string graph, output;
    std::string weights;  ///< file
    hw::PlatformConfig platform;
    Precision precision = Precision::kExact;
    bool step_times = true;                  ///< where only time is simulated: steps alike once
    std::vector<std::string> settings = {};  ///< host/model/head_settings.h
};
/// Runs the graph once for each input, the rows of each at their positions, in a process of its
/// own. Each step is held against double precision, unless only time is simulated.
ModelEnd run_model(const ModelCase& model, const ModelInputs& inputs);

}  // namespace tessera::test
