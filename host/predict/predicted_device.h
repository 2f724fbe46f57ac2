// SPDX-License-Identifier: MIT
// A device as the prediction of a run sees it: the recurrences of the device model
// (hw_model/*/*_timing.h), without SystemC, between one burst and the next. Units go on as far as
// the memory's answers are known; what is next to be taken by the memory goes to it in order of
// time.
#pragma once
#include <deque>
#include <functional>
#include <vector>

#include "firmware/driver/driver.h"
#include "host/predict/predicted_memory.h"
#include "hw_model/compute/compute_timing.h"
#include "hw_model/front/dispatch_timing.h"
#include "hw_model/load/load_timing.h"
#include "hw_model/memory/port_timing.h"
#include "hw_model/store/store_timing.h"

namespace tessera::host {

/// Where the driver writes descriptors, and when it begins to (JobStart).
struct PredictedRing {
    uint64_t address = 0;
    uint32_t descriptors = 0;
    uint64_t submitted = 0;
    Cycle begin = 0;
    bool open = false;
};

class PredictedDevice {
  public:
    /// `next` gives the commands one by one, false after the last, which is a FENCE. `merging`:
    /// cycles that firmware takes to merge each batch of partial results. With each FENCE that
    /// interrupts it ends a batch and merges the one before, with the last one both.
    PredictedDevice(const hw::PlatformConfig& config, const PredictedRing& ring,
                    std::function<bool(spec::Command&)> next, std::vector<Cycle> merging);

    /// Runs all commands.
    void run();
    /// Counter `cycles`: up to the retirement of the last FENCE.
    Cycle cycles() const { return store_.retired.last() - 1 - opened_; }
    uint64_t bytes() const { return bytes_; }
    uint64_t calls() const { return calls_; }
    uint64_t commands() const { return submitted_ - before_; }
    /// From when the driver begins until the retirement of the last FENCE is visible.
    Cycle retired() const { return store_.retired.last() - begin_; }

  private:
    /// So long before its first command firmware has been at the ring, if that is still open.
    static constexpr Cycle kOpenBefore = 300;
    struct Line {
        uint32_t commands = 0;
        Cycle usable = hw::kNever;
    };
    /// A read burst whose answer is to come.
    struct Asked {
        bool line = false;
        bool list_end = false;  ///< the last of an index list
        bool load_end = false;  ///< the last of a load
    };
    /// A write burst whose answer is to come.
    struct Written {
        uint32_t beats = 0;
        bool store_end = false;  ///< the last of a store
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
    // What goes on without the memory. False: nothing.
    bool fetch_more();
    bool merge();
    bool dispatch();
    bool score();
    bool value();
    bool read_beats();
    // When the next burst of each kind is presented; kNever if not known yet.
    Cycle line_time() const;
    Cycle load_time() const;
    Cycle store_time() const;
    /// Notes what firmware merges when it has submitted `command`.
    void end_batch(const spec::Command& command);
    void present_line(Cycle at);
    void present_load(Cycle at);
    void present_store(Cycle at);
    /// Gives a read burst to the memory.
    void read(uint64_t address, uint64_t bytes, Cycle at, Asked asked);

    const spec::DeviceParams& p_;
    const hw::FirmwareCosts& firmware_;
    const uint64_t ring_address_, ring_bytes_;
    std::function<bool(spec::Command&)> next_;
    std::unique_ptr<PredictedMemory> memory_;
    uint64_t bytes_ = 0;
    /// A command came, left or ended, so that units may go on; a store's burst ended, and its beats
    /// are free.
    bool stirred_ = true, store_stirred_ = false;
    Cycle now_ = 0;     ///< of the latest burst presented: all that is still to come is not earlier
    Cycle opened_ = 0;  ///< the counters' window

    // Firmware, which writes a line of commands as soon as the one before is fetched.
    std::deque<spec::Command> fetched_;  ///< of the lines that follow, in order
    const uint64_t before_;              ///< commands that the ring has had
    uint64_t submitted_;                 ///< commands, those before too
    uint64_t calls_ = 0;                 ///< ATTENDs of them
    uint64_t stores_ = 0;                ///< of these the store engine's
    uint32_t line_pending_ = 0;          ///< commands of the next line to be asked for
    const Cycle begin_;                  ///< of planning
    Cycle planned_;                      ///< what firmware has planned is in the ring
    Cycle published_ = 0;                ///< and the device sees it
    const std::vector<Cycle> merging_;
    size_t batches_ = 0;  ///< ended
    std::deque<Cycle>
        to_merge_;              ///< cycles of the batches that firmware merges before it plans more
    std::deque<Fence> fences_;  ///< of the batches that are not merged

    // The device.
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

    // Answers come in order.
    std::deque<Asked> asked_;
    std::deque<hw::BankId> loads_;  ///< the banks of those started and not retired
    std::deque<Written> written_;
};

}  // namespace tessera::host
