// SPDX-License-Identifier: MIT
// One line on stderr that says what is going on; nothing if stderr is no terminal, or with --quiet.
// With --verbose a line of each phase that is over, and of each decision.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "include/tessera/run_hooks.h"

namespace tessera::host {

class Progress {
  public:
    /// `silent`: no phase is ever shown.
    explicit Progress(bool silent = false);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// A new phase begins: "simulating".
    void phase(const std::string& name);
    /// So much of it is done, 0 to 1; from any thread.
    void share(double done);
    /// Removes the line.
    void finish();
    /// These functions as hooks of a run, which must outlive it.
    RunHooks hooks();
    /// A line for the user on stderr, terminal or not: "tessera: note: TEXT".
    void note(const std::string& text);

  private:
    using Clock = std::chrono::steady_clock;

    void tick();
    void end_phase();
    void line(const char* kind, const std::string& text) const;

    bool terminal_;
    std::mutex mutex_;
    std::condition_variable stop_;
    bool stopping_ = false;
    std::string phase_;
    double share_ = 0;
    Clock::time_point begun_ = Clock::now();  ///< of the phase
    std::thread ticker_;
};

}  // namespace tessera::host
