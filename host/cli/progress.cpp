// SPDX-License-Identifier: MIT
#include "host/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "host/cli/field_options.h"
#include "host/cli/terminal.h"
#include "host/error.h"
#include "host/predict/host_time.h"

namespace tessera::host {
namespace {

constexpr std::chrono::milliseconds kPeriod{200};
constexpr const char* kEraseLine = "\r\033[K";
constexpr double kSecondsToTell = 2;  ///< a phase that has taken so long foretells its rest

/// " 40 %, 12 s left": of a phase that has taken so long; nothing while nothing is done.
std::string share_text(double share, std::chrono::duration<double> taken) {
    if (share <= 0) return "";
    const std::string done = fmt::format(" {:.0f} %", 100 * share);
    if (taken.count() < kSecondsToTell || share >= 1) return done;
    return done + fmt::format(", {} left", duration_text(taken.count() * (1 - share) / share));
}

}  // namespace

Progress::Progress(bool silent)
    : terminal_(!silent && verbosity() != Verbosity::kQuiet && isatty(STDERR_FILENO) == 1) {
    if (terminal_) ticker_ = std::thread([this] { tick(); });
}

Progress::~Progress() { finish(); }

void Progress::phase(const std::string& name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    end_phase();
    phase_ = name;
    share_ = 0;
    begun_ = Clock::now();
}

void Progress::end_phase() {
    const std::chrono::duration<double> took = Clock::now() - begun_;
    if (verbosity() == Verbosity::kVerbose && !phase_.empty())
        line("phase", fmt::format("{}, {:.2f} s", phase_, took.count()));
    phase_.clear();
}

void Progress::share(double done) {
    if (!terminal_) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    share_ = done;
}

void Progress::finish() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        end_phase();
        stopping_ = true;
    }
    if (!ticker_.joinable()) return;
    stop_.notify_one();
    ticker_.join();
    fmt::print(stderr, "{}", kEraseLine);
}

RunHooks Progress::hooks() {
    return {[this](const std::string& name, double done) {
                if (name != phase_) phase(name);
                share(done);
                return true;
            },
            [this](const std::string& text) { note(text); },
            [this](const std::string& text) {
                const std::lock_guard<std::mutex> lock(mutex_);
                if (verbosity() == Verbosity::kVerbose) line("decided", text);
            }};
}

void Progress::note(const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (verbosity() != Verbosity::kQuiet) line("note", text);
}

void Progress::line(const char* kind, const std::string& text) const {
    fmt::print(stderr, "{}tessera: {}: {}\n", terminal_ ? kEraseLine : "",
               coloured(kind, Colour::kYellow, stderr), one_line(message_text(text)));
}

void Progress::tick() {
    const Clock::time_point start = Clock::now();
    std::unique_lock<std::mutex> lock(mutex_);
    while (!stop_.wait_for(lock, kPeriod, [this] { return stopping_; })) {
        const Clock::time_point now = Clock::now();
        const std::chrono::duration<double> elapsed = now - start;
        fmt::print(stderr, "{}{}{}, {:.1f} s", kEraseLine, phase_, share_text(share_, now - begun_),
                   elapsed.count());
        std::fflush(stderr);
    }
}

}  // namespace tessera::host
