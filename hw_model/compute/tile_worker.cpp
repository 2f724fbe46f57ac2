// SPDX-License-Identifier: MIT
#include "hw_model/compute/tile_worker.h"

#include <immintrin.h>

#include "hw_model/compute/tile_threads.h"

namespace tessera::hw {

namespace {

std::atomic<bool> in_place{false};

/// Spins for some microseconds, as long as a tile takes, then gives the processor away.
template <typename Ready>
bool spin_until(Ready ready) {
    constexpr int kSpins = 2000;
    for (int i = 0; i < kSpins; ++i) {
        if (ready()) return true;
        _mm_pause();
    }
    return ready();
}

}  // namespace

void compute_in_place() { in_place = true; }

TileWorker::TileWorker(const spec::DeviceParams& params, Banks& banks)
    : params_(params),
      banks_(banks),
      threaded_(uint64_t{params.m} * params.d >= kSmall && !in_place) {}

TileWorker::~TileWorker() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void TileWorker::score(const LaneGroup& group) {
    const spec::Command& c = group.attend->command;
    Operands& q = banks_.q[c.q_bank].now();
    Operands& k = banks_.k[c.k_bank].now();
    q.used_by = k.used_by = submitted_.load(std::memory_order_relaxed) + 1;
    submit({Part::kScore, group, &q, &k, banks_.k[c.k_bank].version});
}

void TileWorker::value(const LaneGroup& group) {
    const spec::Command& c = group.attend->command;
    Operands& v = banks_.v[c.v_bank].now();
    v.used_by = banks_.state[c.state_bank].used_by = submitted_.load(std::memory_order_relaxed) + 1;
    submit({Part::kValue, group, nullptr, &v, banks_.v[c.v_bank].version});
}

Operands& TileWorker::writable(OperandBank& bank) {
    Operands& now = bank.now();
    if (done_.load(std::memory_order_acquire) >= now.used_by) return now;
    bank.current = (bank.current + 1) % OperandBank::kCopies;
    Operands& next = bank.now();
    settle(next.used_by);
    next = now;
    next.used_by = 0;
    return next;
}

void TileWorker::submit(Task task) {
    const uint64_t number = submitted_.load(std::memory_order_relaxed) + 1;
    if (!threaded_) {
        execute(task);
        submitted_ = done_ = number;
        return;
    }
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    if (number > kTasks) settle(number - kTasks);
    tasks_[number % kTasks] = std::move(task);
    submitted_ = number;
    if (asleep_) {
        const std::lock_guard<std::mutex> lock(mutex_);
        wake_.notify_one();
    }
}

void TileWorker::settle(uint64_t ticket) {
    const auto over = [&] { return done_.load(std::memory_order_acquire) >= ticket; };
    while (!spin_until(over)) std::this_thread::yield();
}

void TileWorker::run() {
    for (;;) {
        const uint64_t number = done_.load(std::memory_order_relaxed) + 1;
        const auto there = [&] { return submitted_ >= number || stop_; };
        if (!spin_until(there)) {
            std::unique_lock<std::mutex> lock(mutex_);
            asleep_ = true;
            wake_.wait(lock, there);
            asleep_ = false;
        }
        if (submitted_ < number) return;  // stopped
        Task& task = tasks_[number % kTasks];
        execute(task);
        task.group.attend.reset();
        done_.store(number, std::memory_order_release);
    }
}

void TileWorker::execute(const Task& task) {
    if (task.part == Part::kScore) {
        execute_score(task);
    } else {
        execute_value(task);
    }
}

void TileWorker::execute_score(const Task& task) {
    const LaneGroup& group = task.group;
    const spec::Command& c = group.attend->command;
    const Operands& q = *task.q;
    const Operands& k = *task.tile;
    PreparedKeys& keys = keys_[c.k_bank];
    if (keys_version_[c.k_bank] != task.version || keys.keys != c.keys || keys.d_k != c.d_k) {
        prepare_keys(k.element.data(), k.stride, c.keys, c.d_k, keys);
        keys_version_[c.k_bank] = task.version;
    }
    ScoreInput in;
    in.first_row = group.index * params_.group_rows();
    in.q = &q.element[size_t{in.first_row} * q.stride];
    in.q_stride = q.stride;
    in.rows = group.rows;
    in.q_position = &q.position[in.first_row];
    in.k_position = k.position.data();
    in.visited = group.keys;
    in.factor = c.factor;
    in.identity = c.has(spec::kFlagIdentity);
    in.mask = c.mask;
    score_group(in, keys, scores_[group.slot]);
}

void TileWorker::execute_value(const Task& task) {
    const LaneGroup& group = task.group;
    const spec::Command& c = group.attend->command;
    const Operands& v = *task.tile;
    PreparedValues& values = values_[c.v_bank];
    if (values_version_[c.v_bank] != task.version || values.keys != c.keys || values.d_v != c.d_v) {
        prepare_values(v.element.data(), v.stride, c.keys, c.d_v, values);
        values_version_[c.v_bank] = task.version;
    }
    value_group(scores_[group.slot], values, rows_);
    StateBank& state = banks_.state[c.state_bank];
    const size_t row = size_t{group.index} * params_.group_rows();
    merge_group(rows_, !c.has(spec::kFlagContinue), &state.o[row * state.stride], state.stride,
                &state.row[row]);
}

}  // namespace tessera::hw
