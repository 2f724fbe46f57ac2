// SPDX-License-Identifier: MIT
#include "host/run/forked.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace tessera::verify {
namespace {

void write_all(int file, const void* data, size_t bytes) {
    const char* at = static_cast<const char*>(data);
    while (bytes != 0) {
        const ssize_t n = ::write(file, at, bytes);
        if (n <= 0) ::_exit(3);
        at += n;
        bytes -= static_cast<size_t>(n);
    }
}

[[noreturn]] void child(int file, const std::function<Bytes()>& work, unsigned timeout_seconds) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody would listen
    ::alarm(timeout_seconds);
    char good = 1;
    Bytes bytes;
    try {
        bytes = work();
    } catch (const std::exception& e) {
        good = 0;
        const std::string text = e.what();
        bytes.assign(text.begin(), text.end());
    }
    write_all(file, &good, 1);
    write_all(file, bytes.data(), bytes.size());
    ::_exit(0);
}

}  // namespace

ForkedWork::ForkedWork(const std::function<Bytes()>& work, unsigned timeout_seconds) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
        ::close(ends[0]);
        child(ends[1], work, timeout_seconds);
    }
    ::close(ends[1]);
    file_ = ends[0];
    if (pid_ < 0) {
        ::close(file_);
        throw std::runtime_error("no process");
    }
}

ForkedWork::~ForkedWork() {
    if (pid_ < 0) return;
    ::close(file_);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

Forked ForkedWork::wait() {
    Bytes received;
    uint8_t buffer[65536];
    for (ssize_t n = 0; (n = ::read(file_, buffer, sizeof(buffer))) > 0;)
        received.insert(received.end(), buffer, buffer + n);
    ::close(file_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    Forked result;
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        result.failure =
            signal == SIGALRM ? "timeout" : "killed by signal " + std::to_string(signal);
    } else if (WEXITSTATUS(status) != 0 || received.empty()) {
        result.failure = "child ended with " + std::to_string(WEXITSTATUS(status));
    } else if (received[0] == 0) {
        result.failure = "exception: " + std::string(received.begin() + 1, received.end());
    } else {
        result.bytes.assign(received.begin() + 1, received.end());
    }
    return result;
}

}  // namespace tessera::verify
