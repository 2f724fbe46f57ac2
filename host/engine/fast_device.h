// SPDX-License-Identifier: MIT
// A device without SystemC and without data: the recurrences of the device model
// (hw_model/*/*_timing.h), with its counters and its trace, from one burst to the next. Units go on
// as far as the memory's answers are known; what is next to be taken by the memory goes to it in
// order of time.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "firmware/driver/driver.h"
#include "host/engine/command_source.h"
#include "host/engine/fast_firmware.h"
#include "host/engine/fast_memory.h"
#include "host/engine/steady_state.h"
#include "hw_model/compute/compute_timing.h"
#include "hw_model/front/counters.h"
#include "hw_model/front/dispatch_timing.h"
#include "hw_model/load/load_timing.h"
#include "hw_model/memory/port_timing.h"
#include "hw_model/store/store_timing.h"

namespace tessera::host {

/// Where the driver writes descriptors, and when it begins to.
struct FastRing {
    uint64_t address = 0;
    uint32_t descriptors = 0;
    uint64_t submitted = 0;  ///< commands before
    Cycle begin = 0;         ///< of planning
    bool open = false;       ///< a DRAM has its rows open
};

class FastForward;

class FastDevice {
  public:
    /// `merging`: cycles that firmware takes to merge each batch of partial results. With each
    /// FENCE that interrupts it ends a batch and merges the one before, with the last one both.
    FastDevice(const hw::PlatformConfig& config, const FastRing& ring,
               std::unique_ptr<CommandSource> source, std::vector<Cycle> merging);
    ~FastDevice();

    /// Moves steady work on by whole periods, where that is exact: from now on, before run().
    void fast_forward();
    /// `observer` hears now and then how many calls have begun.
    void observe_calls(std::function<void(uint64_t calls)> observer) {
        observer_ = std::move(observer);
    }
    /// Runs all commands.
    void run();

    /// Counter `cycles`: up to the retirement of the last FENCE.
    Cycle cycles() const { return store_.retired.last() - 1 - counters_.window_start(); }
    uint64_t bytes() const { return bytes_; }
    uint64_t calls() const { return calls_; }
    uint64_t commands() const { return submitted_ - before_; }
    /// From when the driver begins until the retirement of the last FENCE is visible.
    Cycle retired() const { return store_.retired.last() - begin_; }
    /// Those of the last FENCE.
    const hw::CounterValues& counters() const { return counters_.snapshot(hw::kNever); }
    Cycle window_start() const { return counters_.window_start(); }
    const hw::TraceLog& trace() const { return trace_; }
    /// The driver has been told of the last FENCE.
    const FastFirmware& firmware() const { return firmware_; }
    /// Periods of steady work that were passed over.
    uint64_t periods_passed() const;
    /// Beats at the port, read and written.
    const hw::WindowSeries& port(bool write) const { return port_[write ? 1 : 0]; }

  private:
    friend class FastForward;

    /// So long before its first command firmware has been at the ring, if that is still open.
    static constexpr Cycle kOpenBefore = 300;
    struct Line {
        uint32_t commands = 0;
        Cycle usable = hw::kNever;
    };
    /// A read burst whose answer is to come.
    struct Asked {
        uint32_t beats = 0;
        bool line = false;
        bool list_end = false;  ///< the last of an index list
        bool load_end = false;  ///< the last of a load
    };
    /// A write burst whose answer is to come.
    struct Written {
        uint32_t beats = 0;
        bool store_end = false;  ///< the last of a store
    };
    /// A load or store that has started and not retired.
    struct Started {
        uint64_t number = 0;
        spec::Opcode opcode = spec::Opcode::kFence;
        uint32_t rows = 0;
        hw::BankId bank;
        Cycle head = 0, start = 0;
    };
    /// The FENCE that ends a batch.
    struct Fence {
        uint64_t number = 0;  ///< among the store engine's commands, from 1
        Cycle retired = hw::kNever;
    };

    void open_ring();
    void go_on();
    void take_answers();
    void take_read(Cycle last_beat);
    void take_write(Cycle last_beat);
    void retire_load(Cycle last_beat);
    void retire_store(Cycle response);
    // What goes on without the memory. False: nothing.
    bool plan_line();
    bool merge();
    bool dispatch();
    bool score();
    bool value();
    bool read_beats();
    // When the next burst of each kind is presented; kNever if not known yet.
    Cycle line_time() const;
    Cycle load_time() const;
    Cycle store_time() const;
    /// Firmware, which sleeps, reads RING_HEAD; kNever if it is awake.
    bool wake_firmware(Cycle before);
    /// Notes what firmware merges when it has submitted `command`.
    void end_batch(const spec::Command& command);
    void present_line(Cycle at);
    void present_load(Cycle at);
    void present_store(Cycle at);
    /// Gives a read burst to the memory.
    void read(uint64_t address, Cycle at, Asked asked);
    void count_load(const hw::LoadTiming::Address& address);
    void count_score_gap(Cycle at);
    void count_value_gap(const hw::ValueTiming::Admission& admission, Cycle value_granted,
                         Cycle state_granted);
    /// All that the device remembers, as StateWalk says; false if it cannot be moved on.
    bool walk(hw::StateWalk& walk);

    const spec::DeviceParams& p_;
    const uint64_t ring_address_, ring_bytes_;
    std::unique_ptr<CommandSource> source_;
    bool source_ended_ = false;
    std::unique_ptr<FastMemory> memory_;
    std::function<void(uint64_t)> observer_;
    uint64_t bytes_ = 0;
    /// A command came, left or ended, so that units may go on; a store's burst ended, and its beats
    /// are free.
    bool stirred_ = true, store_stirred_ = false;
    Cycle now_ = 0;  ///< of the latest burst presented: all that is still to come is not earlier

    // Firmware, which writes a line of commands as soon as the one before is fetched.
    FastFirmware firmware_;
    Cycle head_read_ = hw::kNever;       ///< when a firmware that sleeps reads RING_HEAD
    spec::Command planned_;              ///< the last
    bool held_back_ = false;             ///< until the ring has room for it
    std::deque<spec::Command> fetched_;  ///< of the lines that follow, in order
    const uint64_t before_;              ///< commands that the ring has had
    uint64_t submitted_;                 ///< commands, those before too
    uint64_t calls_ = 0;                 ///< ATTENDs of them
    uint64_t stores_ = 0;                ///< of these the store engine's
    uint32_t line_pending_ = 0;          ///< commands of the next line to be asked for
    bool line_published_ = false;        ///< and it is whole
    const Cycle begin_;                  ///< of planning
    const std::vector<Cycle> merging_;
    size_t batches_ = 0;  ///< ended
    std::deque<Cycle>
        to_merge_;              ///< cycles of the batches that firmware merges before it plans more
    std::deque<Fence> fences_;  ///< of the batches that are not merged

    // The device.
    hw::Counters counters_;
    hw::TraceLog trace_;
    hw::WindowSeries port_[2];
    uint64_t dispatched_ = 0;
    DispatchLog dispatches_;
    std::deque<Line> lines_;  ///< asked for, and not all dispatched
    hw::LineTiming buffers_;
    hw::DispatchTiming dispatch_;
    hw::Scoreboard scoreboard_;
    hw::LoadTiming load_;
    Cycle load_from_ = hw::kNever;  ///< load_.next() since its last change
    hw::ScoreTiming score_;
    hw::ValueTiming value_;
    hw::StoreTiming store_;
    hw::PortTiming reads_, writes_;
    std::deque<Started> loads_, stores_started_;

    // Answers come in order.
    std::deque<Asked> asked_;
    std::deque<Written> written_;

    std::unique_ptr<FastForward> forward_;
};

}  // namespace tessera::host
