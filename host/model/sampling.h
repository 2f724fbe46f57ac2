// SPDX-License-Identifier: MIT
// The next token of a text from its logits.
#pragma once
#include <cstdint>
#include <random>
#include <vector>

namespace tessera::host {

/// How the next token is chosen.
struct Sampling {
    double temperature = 0;  ///< 0: the token of the largest logit, the first of equals
    uint32_t top_k = 0;      ///< only so many of the largest logits; 0: all
    double top_p = 1;        ///< only the fewest tokens whose probability together is so much
    uint64_t seed = 1;
};

/// Draws tokens with probabilities softmax(logits / temperature), cut by top_k, then by top_p.
class Sampler {
  public:
    explicit Sampler(const Sampling& sampling) : sampling_(sampling), random_(sampling.seed) {}
    /// A token. `logits` are finite.
    uint32_t choose(const std::vector<float>& logits);

  private:
    const Sampling sampling_;
    std::mt19937_64 random_;
};

}  // namespace tessera::host
