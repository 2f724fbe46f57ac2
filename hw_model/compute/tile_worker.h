// SPDX-License-Identifier: MIT
// Does the compute engine's arithmetic while simulated time goes on: a second host thread takes the
// score and value parts of lane groups in the order in which they were submitted. Whoever changes a
// bank's contents asks here first, so the thread cannot be observed except by its speed. Small
// devices, whose tiles cost less than handing them over, compute in place.
#pragma once
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "hw_model/arith/tile_kernel.h"
#include "hw_model/compute/banks.h"
#include "hw_model/compute/lane_group.h"

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
    enum class Part { kScore, kValue };
    struct Task {
        Part part = Part::kScore;
        LaneGroup group;
        const Operands* q = nullptr;     // score
        const Operands* tile = nullptr;  // K or V
        uint64_t version = 0;            // of the K or V bank's contents
    };
    static constexpr uint64_t kTasks = 64;    // submitted and not done, at most
    static constexpr uint64_t kSmall = 4096;  // M * D below which a thread does not pay

    void submit(Task task);
    void run();
    void execute(const Task& task);
    void execute_score(const Task& task);
    void execute_value(const Task& task);

    const spec::DeviceParams params_;
    Banks& banks_;
    const bool threaded_;

    std::array<Task, kTasks> tasks_;
    // On cache lines of their own: written by different threads.
    alignas(64) std::atomic<uint64_t> submitted_{0};
    alignas(64) std::atomic<uint64_t> done_{0};
    alignas(64) std::atomic<bool> asleep_{false};
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::thread thread_;

    // Used only where execute() runs.
    std::array<LaneGroupScores, spec::kScoreLaneGroups> scores_;
    std::array<PreparedKeys, spec::kBanks> keys_;
    std::array<PreparedValues, spec::kBanks> values_;
    std::array<uint64_t, spec::kBanks> keys_version_{}, values_version_{};
    TileRows rows_;
};

}  // namespace tessera::hw
