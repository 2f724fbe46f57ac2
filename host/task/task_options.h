// SPDX-License-Identifier: MIT
// Which task, and which model does it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace tessera::host {

/// What is not given has the default of its task. A number that the task does not have must not be
/// given.
struct TaskOptions {
    std::string name;                 ///< "mqar"
    std::string model = "standard";   ///< "standard", "window", "sparse", "linear", "ring"
    std::string code;                 ///< "digits" or "bits"; empty: that of the task
    std::optional<uint64_t> columns;  ///< of a query, key or value, at most; none: as needed
    std::optional<double> gap;        ///< of scores, in powers of two

    std::optional<uint64_t> tokens, pairs, size, chains, hops, symbols;
    std::optional<uint64_t> gram;   ///< symbols by which a text is copied
    std::optional<uint64_t> reach;  ///< letters of a pattern, or how far back a cell looks
    std::optional<uint64_t> depth;  ///< of records, percent
    bool doubling = false;          ///< of pointers
    std::string layout;             ///< "first" or "spread"; empty: first
    uint64_t seed = 1;
    bool token_by_token = false;  ///< the model makes its own tokens, one at a time
};

}  // namespace tessera::host
