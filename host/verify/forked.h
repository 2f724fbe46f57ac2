// SPDX-License-Identifier: MIT
// A piece of work in a process of its own: SystemC elaborates once per process, and a crash or a
// hang of a simulation is a plain result.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tessera::verify {

using Bytes = std::vector<uint8_t>;

/// What a forked piece of work sent back.
struct Forked {
    std::string failure;  ///< empty: the work returned; else exception, signal or timeout
    Bytes bytes;
};
/// Runs `work` in a child process, which is killed after so many seconds. Throws
/// std::runtime_error if the system gives no process.
Forked run_forked(const std::function<Bytes()>& work, unsigned timeout_seconds = 60);

}  // namespace tessera::verify
