// SPDX-License-Identifier: MIT
#include "host/run/worker.h"

#include <signal.h>

#include <chrono>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

#include "host/run/bytes.h"
#include "include/tessera/error.h"

namespace tessera::host {
namespace {

enum class Message : uint8_t { kProgress, kNote, kDecision };
enum class End : uint8_t { kResult, kError };

/// Hooks of the work, whose words go to the other process: of those about one phase, at most one in
/// so much time.
class Sender {
  public:
    explicit Sender(ForkedWork::Send send) : send_(std::move(send)) {}

    RunHooks hooks() {
        return {[this](const std::string& phase, double share) {
                    progress(phase, share);
                    return true;
                },
                [this](const std::string& text) { say(Message::kNote, text); },
                [this](const std::string& text) { say(Message::kDecision, text); }};
    }

  private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds kPeriod{50};

    void progress(const std::string& phase, double share) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const Clock::time_point now = Clock::now();
        if (phase == phase_ && now - sent_ < kPeriod) return;
        phase_ = phase;
        sent_ = now;
        send(Message::kProgress, share, phase);
    }

    void say(Message kind, const std::string& text) {
        const std::lock_guard<std::mutex> lock(mutex_);
        send(kind, 0, text);
    }

    void send(Message kind, double share, const std::string& text) const {
        Packer packer;
        packer.value(kind);
        packer.value(share);
        packer.text(text);
        send_(packer.bytes);
    }

    ForkedWork::Send send_;
    std::mutex mutex_;
    std::string phase_;
    Clock::time_point sent_;
};

Bytes bytes_of(const Error& error) {
    Packer packer;
    packer.value(End::kError);
    packer.value(error.code());
    for (const std::string* text :
         {&error.text(), &error.field(), &error.value(), &error.allowed()})
        packer.text(*text);
    return std::move(packer.bytes);
}

Error error_of(Unpacker& unpacker) {
    ErrorCode code = ErrorCode::kInternal;
    unpacker.value(code);
    std::string text;
    Error::Value about;
    for (std::string* to : {&text, &about.field, &about.value, &about.allowed}) unpacker.text(*to);
    return Error(code, text, about);
}

/// In the process of its own.
Bytes run(const Worker::Work& work, const ForkedWork::Send& send) {
    Sender sender(send);
    try {
        Bytes result = work(sender.hooks());
        result.insert(result.begin(), static_cast<uint8_t>(End::kResult));
        return result;
    } catch (const Error& error) {
        return bytes_of(error);
    } catch (const std::bad_alloc&) {
        return bytes_of(Error(ErrorCode::kUser,
                              "out of host memory; try a smaller problem, or "
                              "`outputs.timing_only`"));
    }
}

Error failure_of(const Forked& forked, unsigned seconds) {
    if (forked.signal == SIGBUS)
        return Error(ErrorCode::kUser,
                     "a mapped file has lost its bytes: an input was cut short while it was read");
    if (forked.late)
        return Error(ErrorCode::kInternal, "the simulation took longer than " +
                                               std::to_string(seconds) + " s and was stopped");
    return Error(ErrorCode::kInternal, "the simulation ended early: " + forked.failure);
}

}  // namespace

Worker::Worker(const Work& work, unsigned seconds)
    : seconds_(seconds),
      forked_([&work](const ForkedWork::Send& send) { return run(work, send); }, seconds) {}

void Worker::tell(const RunHooks& hooks) {
    told_ = Clock::now();
    if (phase_.empty() || !hooks.progress || hooks.progress(phase_, share_)) return;
    throw Error(ErrorCode::kCancelled, "the run was cancelled");
}

bool Worker::receive(const RunHooks& hooks, ForkedWork::Milliseconds patience) {
    const auto take = [&](const Bytes& message) {
        Unpacker unpacker(message);
        Message kind = Message::kProgress;
        double share = 0;
        std::string text;
        unpacker.value(kind);
        unpacker.value(share);
        unpacker.text(text);
        if (kind != Message::kProgress) {
            const auto& hear = kind == Message::kNote ? hooks.note : hooks.decision;
            if (hear) hear(text);
            return;
        }
        share_ = share;
        phase_ = text;
        tell(hooks);
    };
    return forked_.receive(take, patience);
}

Bytes Worker::finish(const RunHooks& hooks) {
    constexpr ForkedWork::Milliseconds kPeriod{100};
    while (receive(hooks, hooks.progress ? kPeriod : ForkedWork::kForever))
        if (Clock::now() - told_ >= kPeriod) tell(hooks);
    Forked forked = forked_.wait();
    if (!forked.failure.empty()) throw failure_of(forked, seconds_);
    Unpacker unpacker(forked.bytes);
    End end = End::kResult;
    unpacker.value(end);
    if (end == End::kError) throw error_of(unpacker);
    forked.bytes.erase(forked.bytes.begin());
    return std::move(forked.bytes);
}

}  // namespace tessera::host
