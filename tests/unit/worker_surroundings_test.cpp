// SPDX-License-Identifier: MIT
// A process of its own, whatever its caller does with signals, descriptors and processes.
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "host/run/worker.h"
#include "include/tessera/error.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;

namespace {

/// While it lives, a signal does this.
class Disposition {
  public:
    Disposition(int signal, void (*handler)(int)) : signal_(signal) {
        struct sigaction action {};
        action.sa_handler = handler;  // without SA_RESTART
        ::sigaction(signal, &action, &before_);
    }
    ~Disposition() { ::sigaction(signal_, &before_, nullptr); }
    Disposition(const Disposition&) = delete;
    Disposition& operator=(const Disposition&) = delete;

  private:
    int signal_;
    struct sigaction before_ {};
};

/// While it lives, no signal comes in.
class AllBlocked {
  public:
    AllBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_BLOCK, &all, &before_);
    }
    ~AllBlocked() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
    AllBlocked(const AllBlocked&) = delete;
    AllBlocked& operator=(const AllBlocked&) = delete;

  private:
    sigset_t before_{};
};

/// While it lives, SIGALRM comes every half millisecond.
class Timer {
  public:
    Timer() { set(500); }
    ~Timer() { set(0); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

  private:
    static void set(suseconds_t period) {
        const itimerval value{{0, period}, {0, period}};
        ::setitimer(ITIMER_REAL, &value, nullptr);
    }
};

void nothing(int) {}
void reap_all(int) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
}

/// What `work` came to within so many seconds: its result, or the error's text.
std::string outcome(const std::function<std::string()>& work, unsigned seconds = 60,
                    const RunHooks& hooks = {}) {
    const auto bytes_of = [&work](const RunHooks&) {
        const std::string text = work();
        return host::Bytes(text.begin(), text.end());
    };
    try {
        const host::Bytes bytes = host::Worker(bytes_of, seconds).finish(hooks);
        return std::string(bytes.begin(), bytes.end());
    } catch (const Error& error) {
        return (error.code() == ErrorCode::kUser ? "user: " : "") + error.text();
    }
}

[[noreturn]] std::string die_by(int signal) {
    ::signal(signal, SIG_DFL);
    ::raise(signal);
    ::_exit(0);
}

bool no_children() { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

}  // namespace

TEST_CASE("a timer of the caller neither loses a result nor leaves a child") {
    Compared compared("runs");
    const Disposition alarm(SIGALRM, nothing);
    const Timer timer;
    RunHooks hooks;
    hooks.progress = [](const std::string&, double) { return true; };
    for (int i = 0; i < 100; ++i) {
        const auto work = [] {
            ::usleep(2000);
            return std::string("done");
        };
        compared.equal(outcome(work, 60, i % 2 == 0 ? RunHooks() : hooks), std::string("done"));
        compared.equal(outcome([] { return die_by(SIGKILL); }),
                       std::string("the simulation ended early: killed by signal 9"));
        compared.holds(no_children(), [] { return "a child is left"; });
    }
    const auto hang = [](const RunHooks&) -> host::Bytes {
        while (true) ::pause();
    };
    { const host::Worker unfinished(hang); }
    compared.holds(no_children(), [] { return "a child that nobody waited for is left"; });
}

TEST_CASE("the time of a run ends it, whatever the caller does with SIGALRM") {
    Compared compared("ends");
    const std::string late = "the simulation took longer than 1 s and was stopped";
    const auto check = [&](const char* name, const std::function<std::string()>& work) {
        const auto start = std::chrono::steady_clock::now();
        compared.equal(outcome(work, 1), late, [&] { return name; });
        compared.holds(std::chrono::steady_clock::now() - start < std::chrono::seconds(30),
                       [&] { return name; });
    };
    // Ends by itself after some time: what does not stop it must not hang this test.
    const auto busy = [] {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
        while (std::chrono::steady_clock::now() < end) ::usleep(1000);
        return std::string("was not stopped");
    };
    for (void (*const handler)(int) : {nothing, SIG_IGN}) {
        const Disposition alarm(SIGALRM, handler);
        check("handled or ignored", busy);
    }
    {
        const AllBlocked blocked;
        check("blocked", busy);
    }
    check("stopped", [] {
        const pid_t stopped = ::getpid();
        if (::fork() == 0) {  // ends it, should nobody else do so
            ::closefrom(STDERR_FILENO + 1);
            ::sleep(5);
            if (::getppid() == stopped) ::kill(stopped, SIGKILL);
            ::_exit(0);
        }
        ::raise(SIGSTOP);
        return std::string("was not stopped");
    });
    compared.equal(outcome([] { return die_by(SIGALRM); }),
                   std::string("the simulation ended early: killed by signal 14"));
}

TEST_CASE("a caller that reaps its children itself gets results, and no false ones") {
    Compared compared("ends");
    const std::string lost =
        "the simulation ended early: no result, and the caller's handling of SIGCHLD hides why";
    const std::string killed = "the simulation ended early: killed by signal 9";
    for (void (*const handler)(int) : {SIG_IGN, reap_all}) {
        const Disposition child(SIGCHLD, handler);
        for (int i = 0; i < 20; ++i) {
            compared.equal(outcome([] { return std::string("done"); }), std::string("done"));
            const std::string text = outcome([] { return die_by(SIGKILL); });
            compared.holds(text == lost || text == killed, [&] { return text; });
        }
    }
}

TEST_CASE("signals that the caller handles do not end its process") {
    Compared compared("signals");
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGHUP}) {
        const Disposition handled(signal, [](int) { ::_exit(9); });
        const auto work = [signal] {
            ::raise(signal);
            return std::string("done");
        };
        compared.equal(outcome(work), std::string("done"), [&] { return signal; });
    }
    const Disposition unhandled(SIGUSR1, SIG_DFL);
    compared.equal(outcome([] {
                       ::raise(SIGUSR1);
                       return std::string("done");
                   }),
                   std::string("the simulation ended early: killed by signal 10"));
}

TEST_CASE("a system that gives no pipe or no process is an error of the user") {
    Compared compared("messages");
    const auto done = [] { return std::string("done"); };
    // In a process of its own: a limit that is lowered may not be raised again.
    const auto limited = [&](int resource, rlim_t limit) {
        return outcome([&] {
            const rlimit value{limit, limit};
            ::setrlimit(static_cast<__rlimit_resource>(resource), &value);
            if (resource == RLIMIT_NPROC && ::getuid() == 0) (void)!::setuid(65534);  // no limit
            return outcome(done);
        });
    };
#ifndef __SANITIZE_ADDRESS__  // whose checks open pipes themselves
    compared.equal(limited(RLIMIT_NOFILE, 0),
                   std::string("user: a run needs a process of its own: cannot open a pipe to it: "
                               "Too many open files"));
#endif
    compared.equal(limited(RLIMIT_NPROC, 1),
                   std::string("user: a run needs a process of its own: cannot start it: Resource "
                               "temporarily unavailable"));
}
