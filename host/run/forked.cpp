// SPDX-License-Identifier: MIT
#include "host/run/forked.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "host/error.h"

namespace tessera::host {
namespace {

/// What the child sends: frames of a kind, a size and so many bytes.
enum class Kind : uint8_t { kMessage, kResult, kException };

constexpr size_t kHeadBytes = 1 + sizeof(uint64_t);

void write_all(int file, const void* data, size_t bytes) {
    const char* at = static_cast<const char*>(data);
    while (bytes != 0) {
        const ssize_t n = ::write(file, at, bytes);
        if (n < 0 && errno == EINTR) continue;
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

/// No signal comes in while it lives.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_{};
};

/// In the child: a signal that the caller handles is the caller's affair, who then ends the child
/// or lives on. The handlers of a crash stay; who has them wants to hear of ours.
void drop_callers_handlers() {
    for (int signal = 1; signal < NSIG; ++signal) {
        const bool crash =
            signal == SIGSEGV || signal == SIGILL || signal == SIGFPE || signal == SIGABRT;
        struct sigaction now {};
        if (crash || ::sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_DFL) continue;
        ::signal(signal, SIG_IGN);
    }
    ::signal(SIGXFSZ, SIG_IGN);  // an error where it is written
    ::signal(SIGBUS, SIG_DFL);   // the parent says what it means
    ::signal(SIGCHLD, SIG_DFL);  // the child may have children of its own
}

[[noreturn]] void child(int file, pid_t parent,
                        const std::function<Bytes(const ForkedWork::Send&)>& work) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody would listen
    if (::getppid() != parent) ::_exit(3);
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

/// How the child ended; nothing if the caller's own handling of SIGCHLD has taken that away.
std::optional<int> status_of(pid_t process) {
    int status = 0;
    pid_t ended;
    do ended = ::waitpid(process, &status, 0);
    while (ended < 0 && errno == EINTR);
    return ended == process ? std::optional(status) : std::nullopt;
}

UserError no_process(const char* lacking) {
    return system_error("a run needs a process of its own", lacking, errno);
}

}  // namespace

ForkedWork::ForkedWork(const std::function<Bytes(const Send& send)>& work,
                       unsigned timeout_seconds) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw no_process("cannot open a pipe to it");
    const pid_t parent = ::getpid();
    {
        const SignalsBlocked blocked;
        process_ = ::fork();
        if (process_ == 0) drop_callers_handlers();
    }
    if (process_ == 0) {
        ::close(ends[0]);
        child(ends[1], parent, work);
    }
    const int fork_error = errno;
    ::close(ends[1]);
    file_ = ends[0];
    if (process_ < 0) {
        ::close(file_);
        errno = fork_error;
        throw no_process("cannot start it");
    }
    if (timeout_seconds != 0) deadline_ = Clock::now() + std::chrono::seconds(timeout_seconds);
}

ForkedWork::~ForkedWork() {
    if (waited_) return;
    ::close(file_);
    kill();
    status_of(process_);
}

void ForkedWork::kill() const { ::kill(process_, SIGKILL); }

/// Waits until there is something to read, at most so long. At the deadline kills the work, whose
/// end is then readable.
bool ForkedWork::readable(Milliseconds patience) {
    const Clock::time_point until = Clock::now() + patience;
    while (true) {
        const Clock::time_point now = Clock::now();
        if (now >= deadline_ && !late_) {
            late_ = true;
            kill();
        }
        const Clock::time_point next = late_ ? until : std::min(until, deadline_);
        const auto pause = std::chrono::ceil<Milliseconds>(std::max(next - now, Clock::duration{}));
        pollfd file{file_, POLLIN, 0};
        if (::poll(&file, 1, static_cast<int>(pause.count())) > 0) return true;
        if (Clock::now() >= until) return false;  // else interrupted, or late
    }
}

bool ForkedWork::receive(const Take& take, Milliseconds patience) {
    constexpr size_t kStep = size_t{1} << 16;
    if (!readable(patience)) return true;
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
    return n > 0 && !has_result();
}

/// What is not handed over begins with the end, if that is complete.
bool ForkedWork::has_result() const {
    uint64_t size = 0;
    return has_frame(received_, 0, size) && static_cast<Kind>(received_[0]) != Kind::kMessage;
}

Forked ForkedWork::wait() {
    while (receive([](const Bytes&) {})) {
    }
    ::close(file_);
    waited_ = true;
    if (has_result()) {
        kill();  // it has nothing more to do, and might have been stopped
        status_of(process_);
        return result();
    }
    Forked forked;
    forked.late = late_;
    const std::optional<int> status = status_of(process_);
    if (late_)
        forked.failure = "timeout";
    else if (!status)
        forked.failure = "no result, and the caller's handling of SIGCHLD hides why";
    else if (WIFSIGNALED(*status))
        forked.failure = "killed by signal " + std::to_string(forked.signal = WTERMSIG(*status));
    else
        forked.failure = "child ended with " + std::to_string(WEXITSTATUS(*status));
    return forked;
}

/// What the end says.
Forked ForkedWork::result() {
    Forked forked;
    const auto kind = static_cast<Kind>(received_[0]);
    received_.erase(received_.begin(), received_.begin() + kHeadBytes);
    if (kind == Kind::kException)
        forked.failure = "exception: " + std::string(received_.begin(), received_.end());
    else
        forked.bytes = std::move(received_);
    return forked;
}

}  // namespace tessera::host
