// SPDX-License-Identifier: MIT
// Text by a decoder, token by token: a prompt in chunks, then a run of the graph `decode` for each
// new token (decoder.h).
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/model/model_run.h"
#include "host/model/sampling.h"

namespace tessera::host {

struct GenerationWish {
    uint32_t most = 16;                ///< new tokens
    uint32_t chunk = 0;                ///< rows of a prompt at once; 0: all
    std::vector<uint32_t> end_tokens;  ///< each ends the text
    Sampling sampling;
    std::vector<uint32_t> pages;  ///< of the caches, in the order of the text; empty: 0, 1, ...
    /// Runs the graphs of dense_graphs.h, too, on the same tokens, and compares.
    bool compare_dense = false;
};

enum class GenerationEnd {
    kMost,  ///< so many tokens as wished
    kEndToken,
    kNotFinite  ///< a logit was NaN or Inf: there is no next token
};

/// A run of a graph: its rows, and what they took.
struct RowsCost {
    uint32_t position = 0, rows = 0;  ///< first row, number of rows
    StepCost cost;
};

/// What several runs took together.
StepCost sum_of(const std::vector<RowsCost>& runs);

/// Logits of a step beside those of dense attention on the same tokens.
struct LogitsDifference {
    uint32_t best = 0, dense_best = 0;      ///< tokens with the largest logits
    double largest = 0;                     ///< |logit - dense logit|
    double squares = 0, dense_squares = 0;  ///< sums: of differences, of dense logits
};
LogitsDifference logits_difference(const std::vector<float>& logits,
                                   const std::vector<float>& dense);

struct Generation {
    std::vector<uint32_t> tokens;   ///< new ones; zeros where only time is simulated
    std::vector<RowsCost> prompt;   ///< its chunks; the last gives the first token
    std::vector<RowsCost> decoded;  ///< a run for each token but the first
    /// Likewise of dense attention, if it is compared; then there is a difference for each token.
    std::vector<RowsCost> dense_prompt, dense_decoded;
    std::vector<LogitsDifference> differences;
    GenerationEnd end = GenerationEnd::kMost;
};

/// Runs a graph of a decoder on rows of texts, one text behind the other. Returns what it took.
/// UserError as ModelRun::run().
StepCost run_texts(ModelRun& model, const std::string& graph, std::vector<uint32_t> tokens,
                   const std::vector<TextRows>& texts);

/// Rows of the caches that this needs: the last token is in none.
uint64_t cache_rows(uint64_t prompt, const GenerationWish& wish);

/// Appends tokens to a prompt of at least one token. `told` hears of each as it comes. UserError as
/// ModelRun::run().
Generation generate(ModelRun& model, const std::vector<uint32_t>& prompt,
                    const GenerationWish& wish, const std::function<void(uint32_t)>& told);

}  // namespace tessera::host
