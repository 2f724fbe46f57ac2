// SPDX-License-Identifier: MIT
// A device as the prediction of a run sees it: the recurrences of docs/contract/timing.md between
// one burst and the next. Engines go on as far as the memory's answers are known; what is next to
// be taken by the memory goes to it in order of time.
#pragma once
#include <array>
#include <deque>
#include <functional>
#include <vector>

#include "firmware/driver/driver.h"
#include "host/predict/predicted_memory.h"
#include "hw_model/memory/burst_plan.h"
#include "spec/command.h"

namespace tessera::host {

class PredictedDevice {
  public:
    /// `next` gives the commands one by one, false after the last, which is a FENCE.
    PredictedDevice(const hw::PlatformConfig& config, uint64_t ring_address,
                    uint32_t ring_descriptors, std::function<bool(spec::Command&)> next);

    /// Runs all commands.
    void run();
    Cycle cycles() const { return retired_ - opened_; }
    uint64_t bytes() const { return bytes_; }

  private:
    static constexpr Cycle kUnknown = UINT64_MAX;
    /// Firmware initialises the device before its first command. The time only matters to when a
    /// DRAM refreshes.
    static constexpr Cycle kStartUp = fw::Driver::kInitAccesses * spec::kCsrAccessCycles;
    enum Engine { kLoad, kCompute, kStore, kEngines };
    /// How many touches of a bank by each engine there are, and have been released; the latest of
    /// these.
    struct Bank {
        std::array<uint64_t, kEngines> touches{}, released{};
        std::array<Cycle, kEngines> last{};  ///< visible from then on
        std::vector<Cycle> merged;  ///< state: by lane group, first row of the latest ATTEND
    };
    struct Touch {
        Bank* bank = nullptr;
        std::array<uint64_t, kEngines> before{};
    };
    struct Entry {
        spec::Command command;
        Cycle visible = 0;  ///< at the head of its queue, at the earliest
        uint64_t number = 0;
        std::array<Touch, 4> touch;  ///< ATTEND: q, k, v, state; else the first
    };
    struct Line {
        uint32_t commands = 0;
        Cycle usable = kUnknown;
    };

    Cycle released(const Touch& touch, Engine engine) const {
        return touch.bank->released[engine] < touch.before[engine] ? kUnknown
                                                                   : touch.bank->last[engine];
    }
    static void release(const Touch& touch, Engine engine, Cycle cycle) {
        ++touch.bank->released[engine];
        touch.bank->last[engine] = cycle;
    }
    Touch touch(Bank& bank, Engine engine);
    bool drained() const;
    void take_answers();
    bool fetch_more();
    bool dispatch();
    bool begin_load();
    bool load_time();
    bool score();
    bool value();
    bool begin_store();
    bool read_beats();
    Cycle line_time() const;
    void present_line();
    void present_load();
    void present_store();

    const spec::DeviceParams& p_;
    const hw::FirmwareCosts& firmware_;
    const uint64_t ring_address_, ring_bytes_;
    std::function<bool(spec::Command&)> next_;
    std::unique_ptr<PredictedMemory> memory_;
    uint64_t bytes_ = 0;
    Cycle retired_ = 0;  ///< everything so far, visible from then on

    // Front end.
    std::deque<spec::Command> fetched_;  ///< of the lines that follow, in order
    std::deque<Line> lines_;             ///< asked for, and not all dispatched
    uint64_t lines_number_ = 0;
    std::array<Cycle, spec::kFifoLines> line_free_{};
    uint64_t lines_dispatched_ = 0;
    uint32_t line_pending_ = 0;  ///< commands of the next line to be asked for
    Cycle planned_ = kStartUp;   ///< what firmware has planned is in the ring
    Cycle published_ = 0;        ///< and the device sees it
    Cycle opened_ = 0;           ///< the counters' window
    Cycle dispatched_ = 0;
    bool fenced_ = false;  ///< a FENCE is dispatched and not retired
    std::array<std::deque<Entry>, kEngines> queue_;
    std::array<uint64_t, kEngines> number_{};
    std::array<std::array<Cycle, spec::kQueueDepth>, kEngines> left_{};  ///< the queue
    std::array<Bank, spec::kBanks> q_, k_, v_, state_;

    // Load engine. Answers come in order: of lines, and of bursts of loads.
    struct Asked {
        bool line, last, list;
        Touch touch;
    };
    std::deque<Asked> asked_;
    hw::BurstPlan load_;
    bool loading_ = false, list_ = false;
    Cycle load_from_ = 0, load_at_ = kUnknown;
    std::array<Cycle, spec::kLoadOutstanding> load_end_{};
    uint64_t load_bursts_ = 0, load_answers_ = 0;

    // Compute engine: lane groups since the start.
    struct LaneGroup {
        Cycle score_start = 0, admitted = 0, value_start = 0;
        uint32_t keys = 0;
    };
    std::array<LaneGroup, 4> groups_;
    uint64_t scored_ = 2, valued_ = 2;  ///< the groups 0 and 1 never were
    size_t score_entry_ = 0;
    uint32_t score_row_ = 0, value_row_ = 0;

    // Store engine.
    struct Freed {
        uint64_t bytes;
        Cycle visible;
    };
    hw::BurstPlan store_;
    hw::BurstPlan::Burst burst_;
    bool storing_ = false;
    uint32_t row_beats_ = 0, beats_ = 0;  ///< of a row; read of this store
    uint64_t burst_end_ = 0;              ///< beats of this store up to the burst's end
    Cycle next_read_ = 0, store_from_ = 0, store_at_ = kUnknown;
    uint64_t fifo_bytes_ = 0, written_bytes_ = 0;  ///< ever read, ever left
    std::deque<Freed> freed_;
    struct Written {
        bool last, fence;
        uint64_t bytes;
    };
    std::deque<Written> unwritten_;
    std::array<Cycle, spec::kWriteOutstanding> response_{};
    uint64_t writes_ = 0, responses_ = 0;
};

}  // namespace tessera::host
