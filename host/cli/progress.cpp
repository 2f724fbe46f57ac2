// SPDX-License-Identifier: MIT
#include "host/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "host/cli/field_options.h"
#include "host/error.h"

namespace tessera::host {
namespace {

constexpr std::chrono::milliseconds kPeriod{200};
constexpr const char* kEraseLine = "\r\033[K";

}  // namespace

Progress::Progress(bool silent) : terminal_(!silent && isatty(STDERR_FILENO) == 1) {
    if (terminal_) ticker_ = std::thread([this] { tick(); });
}

Progress::~Progress() { finish(); }

void Progress::phase(const std::string& name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    phase_ = name;
    share_ = 0;
    begun_ = std::chrono::steady_clock::now();
}

void Progress::share(double done) {
    if (!terminal_) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    share_ = done;
}

void Progress::finish() {
    if (!ticker_.joinable()) return;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        stopping_ = true;
    }
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
            [this](const std::string& text) { note(text); }};
}

void Progress::note(const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    fmt::print(stderr, "{}tessera: note: {}\n", terminal_ ? kEraseLine : "",
               one_line(message_text(text)));
}

/// How long the phase will go on if it goes on like this; nothing while too little is known.
std::string Progress::left() const {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begun_;
    if (share_ <= 0 || share_ >= 1 || elapsed.count() < 1) return "";
    return fmt::format(", {:.0f} s left", elapsed.count() * (1 - share_) / share_);
}

void Progress::tick() {
    const auto start = std::chrono::steady_clock::now();
    std::unique_lock<std::mutex> lock(mutex_);
    while (!stop_.wait_for(lock, kPeriod, [this] { return stopping_; })) {
        const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
        const std::string done = share_ > 0 ? fmt::format(" {:.0f} %", 100 * share_) : "";
        fmt::print(stderr, "{}{}{}, {:.1f} s{}", kEraseLine, phase_, done, elapsed.count(), left());
        std::fflush(stderr);
    }
}

}  // namespace tessera::host
