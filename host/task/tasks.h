// SPDX-License-Identifier: MIT
// The tasks, by their shapes. docs/use/tasks.md defines each, with its generator.
#pragma once
#include <cstdint>
#include <memory>

#include "host/task/task.h"

namespace tessera::host {

enum class Layout { kFirst, kSpread };

/// How a chain names what it fetches.
enum class Addressing {
    kPosition,  ///< by its position
    kWindow,    ///< by its position modulo 256, where no more can be seen
    kStored,    ///< by its number among what has to be stored
    kRing       ///< by a place that later records take over
};
/// Positions modulo so many name what a window of at most so many tokens shows.
inline constexpr uint64_t kWindowAddresses = 256;

/// Of `kv` and `mqar`.
struct KeyValueShape {
    uint64_t tokens = 0, pairs = 0;
    Layout layout = Layout::kFirst;
    uint64_t depth = 0;  ///< of `kv`: percent of the room in front of the records
};
std::unique_ptr<Task> key_value_task(const KeyValueShape& shape, uint64_t seed);
std::unique_ptr<Task> recall_task(const KeyValueShape& shape, uint64_t seed);

/// Regular dynamic programming of `size` cells. With `reach`, cells need only the last so many, and
/// inputs and cells take turns.
std::unique_ptr<Task> regular_task(uint64_t size, uint64_t seed);
std::unique_ptr<Task> local_regular_task(uint64_t size, uint64_t reach, Addressing addressing,
                                         uint64_t seed);

/// Edit distance of two texts of `size` letters, and of a pattern sought in a text of `size`.
std::unique_ptr<Task> edit_task(uint64_t size, Addressing addressing, uint64_t seed);
std::unique_ptr<Task> local_edit_task(uint64_t size, uint64_t pattern, Addressing addressing,
                                      uint64_t seed);

/// Of `vartrack`.
struct PointerShape {
    uint64_t tokens = 0, chains = 0;
    uint64_t hops = 0;      ///< from the last variable of a chain to the first
    bool doubling = false;  ///< every assignment follows its pointer, too
};
std::unique_ptr<Task> pointer_task(const PointerShape& shape, uint64_t seed);

/// A text of half the tokens, twice; copied by the last `gram` symbols (at most kMostGram), or by
/// position.
inline constexpr uint32_t kMostGram = kFields - 1;
std::unique_ptr<Task> induction_task(uint64_t tokens, uint64_t symbols, uint32_t gram,
                                     uint64_t seed);
std::unique_ptr<Task> copy_task(uint64_t tokens, uint64_t symbols, uint64_t seed);

/// Longest increasing subsequences of a list of `size` numbers. kStored: by a set of tails.
std::unique_ptr<Task> lis_task(uint64_t size, Addressing addressing, uint64_t seed);
inline constexpr uint64_t kMostLis = 2047;  ///< whose scores a device can tell apart

/// Nested lists of digits with operators, of a quarter of `most_tokens` to all of them.
std::unique_ptr<Task> listops_task(uint64_t most_tokens, uint64_t seed);

/// Arithmetic modulo 11, step by step; and how many of the last tokens it needs.
std::unique_ptr<Task> arithmetic_task(uint64_t operators, Addressing addressing, uint64_t seed);
uint64_t arithmetic_kept(uint64_t operators);

}  // namespace tessera::host
