// SPDX-License-Identifier: MIT
// What two runs of the same program left behind, held against each other item by item.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "host/verify/machine.h"

namespace tessera::verify {

/// One item that differs. `cycle` is the earlier of the two cycles, hw::kNever if it has none.
struct Difference {
    uint64_t cycle = hw::kNever;
    std::string text;
};

/// The running result of comparisons.
struct Comparison {
    uint64_t elements = 0;          ///< items compared
    uint64_t differences = 0;       ///< of these, different
    std::vector<Difference> first;  ///< the first of them, in the order they were found
    /// Why the result was not held against its reference: it is known not to be exact, and how.
    std::string inexact;

    /// Counts one item; `text` says what is wrong with it if it is not `good`.
    template <typename Text>
    void holds(bool good, Text&& text, uint64_t cycle = hw::kNever) {
        ++elements;
        if (!good) different(cycle, text());
    }
    void different(uint64_t cycle, std::string text);
    /// The difference that happened first; null if there is none.
    const Difference* earliest() const;
};

/// Status, calls, dispatch, start and retire cycle of every command, every lane group, register
/// writes with their cycles, ends and results of steps, what the program noted, every counter,
/// memory word by word. Predictions for cycles after the end of the run are no part of it.
void compare_outcomes(Outcome model, Outcome rtl, Comparison& comparison);

/// A command of a device in words, by its number since the last reset. `retried`: what that
/// device's Outcome says.
using CommandWords = std::function<std::string(uint32_t device, uint64_t number,
                                               const std::vector<host::CommandRange>& retried)>;

/// What model and RTL did around the first event that only one of them has, side by side, one line
/// an event, such lines marked; below it the commands in words. Of several devices, that of the
/// first to differ. Empty if all events are equal.
std::string events_around_divergence(const Outcome& model, const Outcome& rtl,
                                     const CommandWords& words);

}  // namespace tessera::verify
