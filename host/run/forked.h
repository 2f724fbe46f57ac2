// SPDX-License-Identifier: MIT
// A piece of work in a process of its own: SystemC elaborates once per process, and a crash or a
// hang of a simulation is a plain result.
#pragma once
#include <sys/types.h>

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

/// `work` runs in a child process from the constructor on, and is killed after so many seconds.
class ForkedWork {
  public:
    /// Throws std::runtime_error if the system gives no process.
    explicit ForkedWork(const std::function<Bytes()>& work, unsigned timeout_seconds = 60);
    /// Kills it if nobody has waited for it.
    ~ForkedWork();
    ForkedWork(const ForkedWork&) = delete;
    ForkedWork& operator=(const ForkedWork&) = delete;

    /// Readable when there is nothing left to wait for but the reading; until wait().
    int file() const { return file_; }
    /// Its end and what it sent. Once.
    Forked wait();

  private:
    int file_ = -1;
    pid_t pid_ = -1;
};

/// The same at once.
inline Forked run_forked(const std::function<Bytes()>& work, unsigned timeout_seconds = 60) {
    return ForkedWork(work, timeout_seconds).wait();
}

}  // namespace tessera::verify
