// SPDX-License-Identifier: MIT
// Draws that are the same on every machine: the standard fixes its generators, but not its
// distributions.
#pragma once
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace tessera::host {

/// What draws are for: each has a generator of its own, so that audited rows do not depend on what
/// was selected.
enum class DrawStream : uint32_t { kSelection, kAudit };

inline std::mt19937_64 draw_generator(uint64_t seed, DrawStream stream) {
    std::seed_seq words{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32),
                        static_cast<uint32_t>(stream)};
    return std::mt19937_64(words);
}

/// Moves `count` elements, drawn without replacement, to the front of `list`. The remainder of a
/// 64-bit draw prefers small indices by less than 2^-32 of their probability.
template <typename T>
void draw_to_front(std::mt19937_64& random, std::vector<T>& list, size_t count) {
    for (size_t i = 0; i < count; ++i) std::swap(list[i], list[i + random() % (list.size() - i)]);
}

}  // namespace tessera::host
