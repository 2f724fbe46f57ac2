// SPDX-License-Identifier: MIT
// A simulation in a process of its own. Whatever ends it there, an exception, a crash, a hang, is
// an Error for the caller; what its hooks say reaches the caller's.
#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "host/run/forked.h"
#include "include/tessera/run_hooks.h"

namespace tessera::host {

/// Longest that a simulation in a process of its own may take.
inline constexpr unsigned kSimulationSeconds = 24 * 3600;

class Worker {
  public:
    /// What is done there. The result is what finish() returns.
    using Work = std::function<Bytes(const RunHooks& hooks)>;

    /// Begins, and ends it after so many seconds, 0: never. UserError if the system gives no
    /// process.
    explicit Worker(const Work& work, unsigned seconds = kSimulationSeconds);

    pid_t process() const { return forked_.process(); }
    /// Readable when there is something to receive.
    int file() const { return forked_.file(); }
    /// Waits so long for what comes next and tells `hooks`. False: there is nothing more, finish()
    /// returns at once. Error kCancelled if the hooks end the run.
    bool receive(const RunHooks& hooks, ForkedWork::Milliseconds patience = ForkedWork::kForever);
    /// Waits for the end, and asks the hooks ten times a second whether to go on; the result.
    /// Error: the one that the work threw (kUser if it ran out of memory), or one that says how the
    /// process ended; kCancelled if the hooks end the run. Once.
    Bytes finish(const RunHooks& hooks = {});

  private:
    using Clock = std::chrono::steady_clock;

    void tell(const RunHooks& hooks);

    unsigned seconds_;
    ForkedWork forked_;
    std::string phase_;  ///< last heard of
    double share_ = 0;
    Clock::time_point told_;  ///< the hooks, last
};

}  // namespace tessera::host
