// SPDX-License-Identifier: MIT
// A piece of work in a process of its own: SystemC elaborates once per process, and a crash or a
// hang of a simulation is a plain result.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tessera::host {

using Bytes = std::vector<uint8_t>;

/// How a forked piece of work ended, and what it returned.
struct Forked {
    std::string failure;  ///< empty: the work returned; else exception, signal or timeout
    int signal = 0;       ///< that killed it, SIGALRM where it took too long; 0: none did
    Bytes bytes;
};

/// `work` runs in a child process from the constructor on, and is killed after so many seconds.
class ForkedWork {
  public:
    /// Sends a message to the parent, ahead of the result. Not from several threads at once.
    using Send = std::function<void(const Bytes& message)>;
    /// Takes a message.
    using Take = std::function<void(const Bytes& message)>;

    /// Throws std::runtime_error if the system gives no process.
    explicit ForkedWork(const std::function<Bytes(const Send& send)>& work,
                        unsigned timeout_seconds = 60);
    /// Kills it if nobody has waited for it.
    ~ForkedWork();
    ForkedWork(const ForkedWork&) = delete;
    ForkedWork& operator=(const ForkedWork&) = delete;

    /// Readable when a message has arrived, or the end; until wait().
    int file() const { return file_; }
    /// Reads what has arrived, or waits for it, and hands over the messages that are complete.
    /// False: the work has ended, and wait() has nothing to wait for.
    bool receive(const Take& take);
    /// Its end and what it returned; messages that nobody has taken are lost. Once.
    Forked wait();

  private:
    int file_ = -1;
    pid_t pid_ = -1;
    Bytes received_;  ///< not yet handed over
};

/// The same at once, without messages.
inline Forked run_forked(const std::function<Bytes()>& work, unsigned timeout_seconds = 60) {
    return ForkedWork([&](const ForkedWork::Send&) { return work(); }, timeout_seconds).wait();
}

}  // namespace tessera::host
