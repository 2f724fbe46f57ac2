// SPDX-License-Identifier: MIT
#include "host/io/cleanup.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace tessera::host {
namespace {

// A signal handler may neither allocate nor lock: fixed slots, each published by one store.
constexpr int kSlots = 32;
constexpr int kUserError = 2;
std::atomic<char*> paths[kSlots];
const char* lost_bytes = "";

void remove_all() {
    for (int i = kSlots - 1; i >= 0; --i) {
        const char* path = paths[i].load();
        if (path != nullptr && ::unlink(path) != 0) ::rmdir(path);
    }
}

void on_end(int signal) {
    remove_all();
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

void on_lost_bytes(int) {
    remove_all();
    (void)!::write(STDERR_FILENO, lost_bytes, std::strlen(lost_bytes));
    ::_exit(kUserError);
}

}  // namespace

Cleanup::Cleanup(const std::string& path) : slot_(0) {
    char* const copy = ::strdup(path.c_str());
    for (char* empty = nullptr; slot_ < kSlots; ++slot_, empty = nullptr)
        if (paths[slot_].compare_exchange_strong(empty, copy)) return;
    std::free(copy);
    throw std::logic_error("more files at once than Cleanup has slots");
}

Cleanup::~Cleanup() { std::free(paths[slot_].exchange(nullptr)); }

void handle_signals(const char* lost_bytes_message) {
    lost_bytes = lost_bytes_message;
    // What was ignored stays ignored: nohup.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGXFSZ})
        if (::signal(signal, on_end) == SIG_IGN) ::signal(signal, SIG_IGN);
    ::signal(SIGBUS, on_lost_bytes);
}

}  // namespace tessera::host
