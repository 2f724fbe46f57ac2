// SPDX-License-Identifier: MIT
// Many texts on one device: requests come, join the texts under way between two runs of the model,
// and leave with their last token (continuous batching). Keys and values lie in pages of one pool.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "host/model/model_run.h"
#include "host/model/requests.h"

namespace tessera::host {

/// What a run of the model is made of, when prompts wait and texts go on.
enum class ServePolicy {
    kPrefillFirst,  ///< prompts alone, as long as there are some
    kDecodeFirst,   ///< a token of each text alone, as long as there is one
    kMixed          ///< a token of each text and, behind them, rows of prompts
};

struct Request {
    uint64_t arrival = 0;  ///< cycle
    std::vector<uint32_t> prompt;
    uint32_t most = 1;  ///< new tokens

    /// As RequestShape::rows().
    uint64_t rows() const { return prompt.size() + most - 1; }
};

struct ServeWish {
    ServePolicy policy = ServePolicy::kMixed;
    uint32_t texts = 16;               ///< under way at once, at most
    uint32_t chunk = 256;              ///< rows of prompts in a run, at most
    CacheShape cache = CacheShape(0);  ///< in pages
    std::vector<uint32_t> end_tokens;  ///< each ends its text
};

/// How a request went, in cycles.
struct Served {
    uint64_t arrival = 0, admitted = 0, first_token = 0, end = 0;
    std::vector<uint32_t> tokens;  ///< zeros where only time is simulated
};

/// A run of the model.
struct ServeRun {
    uint64_t begin = 0;  ///< cycle
    uint32_t prompt_rows = 0, decode_rows = 0;
    uint32_t pages = 0;  ///< that texts under way have for themselves
    StepCost cost;
};

struct ServeRecord {
    std::vector<Served> requests;  ///< in their order
    std::vector<ServeRun> runs;
};

/// Requests of these shapes: tokens of a vocabulary are drawn, arrivals are cycles of a clock.
std::vector<Request> requests_of(const std::vector<RequestShape>& shapes, uint32_t vocabulary,
                                 double clock_ghz, uint64_t seed);

/// Pages that a request has for itself from its admission to its end: those of all rows that it may
/// come to, so that no text is ever without.
uint64_t pages_of(const RequestShape& request, const CacheShape& cache);

/// Serves requests, which are in the order of their arrival, the first come first. Each has a
/// prompt of at least one token, and its pages fit the caches. A token is the one of the largest
/// logit, the first of equals. `told` hears of each request that has ended.
ServeRecord serve(ModelRun& model, const std::vector<Request>& requests, const ServeWish& wish,
                  const std::function<void(const Served&)>& told);

}  // namespace tessera::host
