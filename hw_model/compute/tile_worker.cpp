// SPDX-License-Identifier: MIT
#include "hw_model/compute/tile_worker.h"

#include <immintrin.h>

#include <algorithm>
#include <utility>

#include "hw_model/compute/tile_threads.h"

namespace tessera::hw {

namespace {

constexpr uint32_t kRowsTogether = 8;  // a strip has a multiple, so that the kernel is fast

std::atomic<unsigned> tile_threads{2};

/// Spins for some microseconds, as long as a tile takes.
template <typename Ready>
bool spin_until(Ready ready) {
    constexpr int kSpins = 2000;
    for (int i = 0; i < kSpins; ++i) {
        if (ready()) return true;
        _mm_pause();
    }
    return ready();
}

/// Rows of a strip if `rows` are dealt to `strips`.
uint32_t strip_height(uint32_t rows, uint32_t strips) {
    const uint32_t even = (rows + strips - 1) / strips;
    return (even + kRowsTogether - 1) / kRowsTogether * kRowsTogether;
}

}  // namespace

void set_tile_threads(unsigned threads) { tile_threads = threads; }

TileWorker::TileWorker(const spec::DeviceParams& params, Banks& banks)
    : params_(params),
      banks_(banks),
      helpers_(uint64_t{params.m} * params.d >= kSmall ? tile_threads - 1 : 0) {
    const uint32_t rows = params.group_rows();
    const uint32_t height = strip_height(rows, std::min(rows, helpers_ + 1));
    strips_ = std::vector<Strip>((rows + height - 1) / height);
    uint32_t first = 0;
    for (Strip& strip : strips_) {
        strip.first_row = first;
        strip.rows = std::min(height, rows - first);
        first += height;
    }
}

TileWorker::~TileWorker() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void TileWorker::score(const LaneGroup& group) {
    const spec::Command& c = group.attend->command;
    OperandBank& bank = banks_.k[c.k_bank];
    Operands& q = banks_.q[c.q_bank].now();
    Operands& k = bank.now();
    auto& keys = keys_[c.k_bank][bank.current];
    if (keys.wants_other(bank.version, c.keys, c.d_k)) {
        settle(k.used_by);
        keys.want(bank.version, c.keys, c.d_k);
    }
    q.used_by = k.used_by = submitted_.load(std::memory_order_relaxed) + 1;
    submit({group, &q, &k, &keys, nullptr});
}

void TileWorker::value(const LaneGroup& group) {
    const spec::Command& c = group.attend->command;
    OperandBank& bank = banks_.v[c.v_bank];
    Operands& v = bank.now();
    auto& values = values_[c.v_bank][bank.current];
    if (values.wants_other(bank.version, c.keys, c.d_v)) {
        settle(v.used_by);
        values.want(bank.version, c.keys, c.d_v);
    }
    v.used_by = banks_.state[c.state_bank].used_by = submitted_.load(std::memory_order_relaxed) + 1;
    submit({group, nullptr, &v, nullptr, &values});
}

Operands& TileWorker::writable(OperandBank& bank) {
    Operands& now = bank.now();
    if (done(now.used_by)) return now;
    bank.current = (bank.current + 1) % OperandBank::kCopies;
    Operands& next = bank.now();
    settle(next.used_by);
    next = now;
    next.used_by = 0;
    return next;
}

void TileWorker::submit(Task task) {
    while (threads_.size() < std::min<size_t>(helpers_, strips_.size()))
        threads_.emplace_back([this] { run(); });
    const uint64_t number = submitted_.load(std::memory_order_relaxed) + 1;
    if (number > kTasks) settle(number - kTasks);
    tasks_[number % kTasks] = std::move(task);
    submitted_ = number;
    if (threads_.empty()) {
        work_some();
    } else if (asleep_ != 0) {
        const std::lock_guard<std::mutex> lock(mutex_);
        wake_.notify_one();
    }
}

bool TileWorker::done(uint64_t ticket) const {
    return std::all_of(strips_.begin(), strips_.end(), [&](const Strip& strip) {
        return strip.done.load(std::memory_order_acquire) >= ticket;
    });
}

void TileWorker::settle(uint64_t ticket) {
    while (!done(ticket)) {
        if (work_some()) continue;
        if (!spin_until([&] { return done(ticket) || work_waits(); })) std::this_thread::yield();
    }
}

void TileWorker::run() {
    while (!stop_) {
        if (work_some()) continue;
        const auto there = [&] { return work_waits() || stop_; };
        if (spin_until(there)) continue;
        std::unique_lock<std::mutex> lock(mutex_);
        ++asleep_;
        wake_.wait(lock, there);
        --asleep_;
    }
}

/// On a strip that no thread works on.
bool TileWorker::work_waits() const {
    return std::any_of(strips_.begin(), strips_.end(),
                       [&](const Strip& strip) { return !strip.taken && strip.done < submitted_; });
}

/// Takes the strip that is behind the others, if work waits.
TileWorker::Strip* TileWorker::take_strip() {
    Strip* behind = nullptr;
    uint64_t least = submitted_;
    for (Strip& strip : strips_) {
        const uint64_t done = strip.done.load(std::memory_order_relaxed);
        if (strip.taken.load(std::memory_order_relaxed) || done >= least) continue;
        behind = &strip;
        least = done;
    }
    if (behind == nullptr || behind->taken.exchange(true, std::memory_order_acquire))
        return nullptr;
    return behind;
}

/// A few tasks on one strip; false if there was none to be taken.
bool TileWorker::work_some() {
    Strip* const strip = take_strip();
    if (strip == nullptr) return false;
    const uint64_t before = strip->done.load(std::memory_order_relaxed);
    const uint64_t last = std::min(submitted_.load(std::memory_order_acquire), before + kAtOnce);
    for (uint64_t number = before + 1; number <= last; ++number) {
        execute(tasks_[number % kTasks], *strip);
        strip->done.store(number, std::memory_order_release);
    }
    strip->taken.store(false, std::memory_order_release);
    return true;
}

void TileWorker::execute(const Task& task, Strip& strip) {
    if (task.group.rows <= strip.first_row) return;
    if (task.keys != nullptr) {
        execute_score(task, strip);
    } else {
        execute_value(task, strip);
    }
}

void TileWorker::execute_score(const Task& task, Strip& strip) {
    const LaneGroup& group = task.group;
    const spec::Command& c = group.attend->command;
    const Operands& q = *task.q;
    const Operands& k = *task.tile;
    const PreparedKeys& keys = task.keys->get(
        [&](PreparedKeys& out) { prepare_keys(k.element.data(), k.stride, c.keys, c.d_k, out); });
    ScoreInput in;
    in.first_row = group.index * params_.group_rows() + strip.first_row;
    in.q = &q.element[size_t{in.first_row} * q.stride];
    in.q_stride = q.stride;
    in.rows = std::min(strip.rows, group.rows - strip.first_row);
    in.q_position = &q.position[in.first_row];
    in.k_position = k.position.data();
    in.visited = group.keys;
    in.factor = c.factor;
    in.identity = c.has(spec::kFlagIdentity);
    in.mask = c.mask;
    score_group(in, keys, strip.scores[group.slot]);
}

void TileWorker::execute_value(const Task& task, Strip& strip) {
    const LaneGroup& group = task.group;
    const spec::Command& c = group.attend->command;
    const Operands& v = *task.tile;
    const PreparedValues& values = task.values->get([&](PreparedValues& out) {
        prepare_values(v.element.data(), v.stride, c.keys, c.d_v, out);
    });
    value_group(strip.scores[group.slot], values, strip.result);
    StateBank& state = banks_.state[c.state_bank];
    const size_t row = size_t{group.index} * params_.group_rows() + strip.first_row;
    merge_group(strip.result, !c.has(spec::kFlagContinue), &state.o[row * state.stride],
                state.stride, &state.row[row]);
}

}  // namespace tessera::hw
