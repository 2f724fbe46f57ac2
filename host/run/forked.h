// SPDX-License-Identifier: MIT
// A piece of work in a process of its own: SystemC elaborates once per process, and a crash or a
// hang of a simulation is a plain result.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tessera::host {

using Bytes = std::vector<uint8_t>;

/// How a forked piece of work ended, and what it returned.
struct Forked {
    std::string failure;  ///< empty: the work returned; else exception, signal or timeout
    bool late = false;    ///< it took too long
    int signal = 0;       ///< that killed it otherwise; 0: none did
    Bytes bytes;
};

/// `work` runs in a child process from the constructor on. What the caller does with signals does
/// not matter to it: the parent keeps the time, and the child ignores what the caller handles.
class ForkedWork {
  public:
    /// Sends a message to the parent, ahead of the result. Not from several threads at once.
    using Send = std::function<void(const Bytes& message)>;
    /// Takes a message.
    using Take = std::function<void(const Bytes& message)>;
    using Milliseconds = std::chrono::milliseconds;

    /// The work is killed after so many seconds, by receive() or wait(); 0: never. UserError if the
    /// system gives no process.
    explicit ForkedWork(const std::function<Bytes(const Send& send)>& work,
                        unsigned timeout_seconds = 60);
    /// Kills it if nobody has waited for it.
    ~ForkedWork();
    ForkedWork(const ForkedWork&) = delete;
    ForkedWork& operator=(const ForkedWork&) = delete;

    pid_t process() const { return process_; }
    /// Readable when a message has arrived, or the end; until wait().
    int file() const { return file_; }
    /// Waits so long for something to arrive, and hands over the messages that are complete. False:
    /// the work has ended, and wait() has nothing to wait for.
    bool receive(const Take& take, Milliseconds patience = kForever);
    /// Its end and what it returned; messages that nobody has taken are lost. Once.
    Forked wait();

    static constexpr Milliseconds kForever{std::chrono::hours(24)};  ///< there is a next time

  private:
    bool readable(Milliseconds patience);
    bool has_result() const;
    void kill() const;
    Forked result();

    using Clock = std::chrono::steady_clock;

    int file_ = -1;
    pid_t process_ = -1;
    bool waited_ = false;
    Clock::time_point deadline_ = Clock::time_point::max();
    bool late_ = false;  ///< killed at the deadline
    Bytes received_;     ///< not yet handed over
};

/// The same at once, without messages.
inline Forked run_forked(const std::function<Bytes()>& work, unsigned timeout_seconds = 60) {
    return ForkedWork([&](const ForkedWork::Send&) { return work(); }, timeout_seconds).wait();
}

}  // namespace tessera::host
