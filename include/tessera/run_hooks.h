// SPDX-License-Identifier: MIT
// What a run tells its caller while it goes on.
#pragma once
#include <functional>
#include <string>

namespace tessera {

/// Functions that a run calls, one at a time; empty ones are not called.
struct RunHooks {
    /// A phase has begun, such as "simulating", or so much of it is done, 0 to 1. False ends the
    /// run: it throws an Error with ErrorCode::kCancelled.
    std::function<bool(const std::string& phase, double share)> progress;
    /// Something about the input that the user should know. Fields stand between backticks.
    std::function<void(const std::string& text)> note;
    /// What was chosen where the experiment leaves it open, and why. Fields stand between
    /// backticks.
    std::function<void(const std::string& text)> decision = {};
};

}  // namespace tessera
