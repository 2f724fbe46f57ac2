// SPDX-License-Identifier: MIT
// Shapes that a device cannot run or that do not go together, and which field of the experiment
// they are from.
#pragma once
#include <cstdint>
#include <string>

namespace tessera::host {

struct Problem;

/// Paths of fields. By default those of random tensors of which only heads, tokens and dimension
/// are given.
struct ShapeFields {
    std::string dimension = "workload.random.dimension";  ///< of q and k
    std::string value_dimension = dimension;
    std::string key_heads = "workload.random.key_value_heads";
    std::string tokens = "workload.random.tokens";  ///< of q
    std::string key_tokens = tokens;
};

/// UserError, naming the field, unless kv heads divide query heads, dimensions are at most `most`,
/// the D of `device`, and positions suffice for all tokens.
void check_shapes(const Problem& problem, const ShapeFields& fields, uint32_t most,
                  const std::string& device);

}  // namespace tessera::host
