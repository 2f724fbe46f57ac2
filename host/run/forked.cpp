// SPDX-License-Identifier: MIT
#include "host/run/forked.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace tessera::host {
namespace {

/// What the child sends: frames of a kind, a size and so many bytes.
enum class Kind : uint8_t { kMessage, kResult, kException };

constexpr size_t kHeadBytes = 1 + sizeof(uint64_t);

void write_all(int file, const void* data, size_t bytes) {
    const char* at = static_cast<const char*>(data);
    while (bytes != 0) {
        const ssize_t n = ::write(file, at, bytes);
        if (n <= 0) ::_exit(3);
        at += n;
        bytes -= static_cast<size_t>(n);
    }
}

void write_frame(int file, Kind kind, const Bytes& bytes) {
    uint8_t head[kHeadBytes] = {static_cast<uint8_t>(kind)};
    const uint64_t size = bytes.size();
    std::memcpy(head + 1, &size, sizeof size);
    write_all(file, head, sizeof head);
    write_all(file, bytes.data(), bytes.size());
}

[[noreturn]] void child(int file, const std::function<Bytes(const ForkedWork::Send&)>& work,
                        unsigned timeout_seconds) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody would listen
    ::alarm(timeout_seconds);
    Kind kind = Kind::kResult;
    Bytes bytes;
    try {
        bytes = work([file](const Bytes& message) { write_frame(file, Kind::kMessage, message); });
    } catch (const std::exception& e) {
        kind = Kind::kException;
        const std::string text = e.what();
        bytes.assign(text.begin(), text.end());
    }
    write_frame(file, kind, bytes);
    ::_exit(0);
}

/// Is there a whole frame at `at`? Its bytes begin behind the head.
bool has_frame(const Bytes& bytes, size_t at, uint64_t& size) {
    if (bytes.size() - at < kHeadBytes) return false;
    std::memcpy(&size, bytes.data() + at + 1, sizeof size);
    return bytes.size() - at - kHeadBytes >= size;
}

}  // namespace

ForkedWork::ForkedWork(const std::function<Bytes(const Send& send)>& work,
                       unsigned timeout_seconds) {
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

bool ForkedWork::receive(const Take& take) {
    constexpr size_t kStep = size_t{1} << 16;
    const size_t old = received_.size();
    received_.resize(old + kStep);
    ssize_t n;
    do n = ::read(file_, received_.data() + old, kStep);
    while (n < 0 && errno == EINTR);
    received_.resize(old + static_cast<size_t>(n > 0 ? n : 0));
    size_t at = 0;
    for (uint64_t size = 0;
         has_frame(received_, at, size) && static_cast<Kind>(received_[at]) == Kind::kMessage;
         at += kHeadBytes + size) {
        const auto begin = received_.begin() + static_cast<ptrdiff_t>(at + kHeadBytes);
        take(Bytes(begin, begin + static_cast<ptrdiff_t>(size)));
    }
    received_.erase(received_.begin(), received_.begin() + static_cast<ptrdiff_t>(at));
    return n > 0;
}

Forked ForkedWork::wait() {
    while (receive([](const Bytes&) {})) {
    }
    ::close(file_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    Forked result;
    uint64_t size = 0;
    if (WIFSIGNALED(status)) {
        result.signal = WTERMSIG(status);
        result.failure = result.signal == SIGALRM
                             ? "timeout"
                             : "killed by signal " + std::to_string(result.signal);
        return result;
    }
    if (WEXITSTATUS(status) != 0 || !has_frame(received_, 0, size)) {
        result.failure = "child ended with " + std::to_string(WEXITSTATUS(status));
        return result;
    }
    const auto kind = static_cast<Kind>(received_[0]);
    received_.erase(received_.begin(), received_.begin() + kHeadBytes);
    if (kind == Kind::kException)
        result.failure = "exception: " + std::string(received_.begin(), received_.end());
    else
        result.bytes = std::move(received_);
    return result;
}

}  // namespace tessera::host
