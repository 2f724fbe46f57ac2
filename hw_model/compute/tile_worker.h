// SPDX-License-Identifier: MIT
// Does the compute engine's arithmetic while simulated time goes on. The rows of every lane group
// are dealt to strips. Threads take strips, and the work on a strip is done in the order in which
// it was submitted. Strips have nothing in common but operands that they read, so results do not
// depend on the threads. The simulating thread helps where it would have to wait. Whoever changes a
// bank's contents asks here first, so the threads cannot be observed except by their speed. Small
// devices, whose tiles cost less than handing them over, compute in place.
#pragma once
#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "hw_model/arith/tile_kernel.h"
#include "hw_model/compute/banks.h"
#include "hw_model/compute/lane_group.h"
#include "hw_model/compute/prepared_tile.h"

namespace tessera::hw {

class TileWorker {
  public:
    TileWorker(const spec::DeviceParams& params, Banks& banks);
    ~TileWorker();

    /// Scores of a group, from the Q and K banks as they are now.
    void score(const LaneGroup& group);
    /// Values of a group and their merge, from the V and into the state bank.
    void value(const LaneGroup& group);
    /// The bank's contents, to be changed: no work submitted so far sees the change.
    Operands& writable(OperandBank& bank);
    /// Returns when work number `ticket` (a state bank's used_by) is done.
    void settle(uint64_t ticket);

  private:
    struct Task {
        LaneGroup group;
        const Operands* q = nullptr;                     // scores only
        const Operands* tile = nullptr;                  // K or V
        PreparedTile<PreparedKeys>* keys = nullptr;      // scores
        PreparedTile<PreparedValues>* values = nullptr;  // or values
    };
    /// Some rows of each lane group. On cache lines of its own.
    struct alignas(64) Strip {
        std::atomic<bool> taken{false};  // by a thread that works on it
        std::atomic<uint64_t> done{0};   // the last task whose part of these rows is done
        uint32_t first_row = 0, rows = 0;
        std::array<LaneGroupScores, spec::kScoreLaneGroups> scores;
        TileRows result;
    };
    static constexpr uint64_t kTasks = 64;    // submitted and not done, at most
    static constexpr uint64_t kAtOnce = 4;    // tasks a thread does before it looks around
    static constexpr uint64_t kSmall = 4096;  // M * D below which threads do not pay

    void submit(Task task);
    void run();
    bool done(uint64_t ticket) const;
    bool work_waits() const;
    bool work_some();
    Strip* take_strip();
    void execute(const Task& task, Strip& strip);
    void execute_score(const Task& task, Strip& strip);
    void execute_value(const Task& task, Strip& strip);

    const spec::DeviceParams params_;
    Banks& banks_;
    const unsigned helpers_;  // threads beside the one that simulates time

    std::array<Task, kTasks> tasks_;
    std::vector<Strip> strips_;
    std::array<std::array<PreparedTile<PreparedKeys>, OperandBank::kCopies>, spec::kBanks> keys_;
    std::array<std::array<PreparedTile<PreparedValues>, OperandBank::kCopies>, spec::kBanks>
        values_;
    alignas(64) std::atomic<uint64_t> submitted_{0};
    std::atomic<uint32_t> asleep_{0};
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<std::thread> threads_;
};

}  // namespace tessera::hw
