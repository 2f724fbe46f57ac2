// SPDX-License-Identifier: MIT
// The time of the processor that submits a job (firmware/driver): it plans commands line by line,
// and sleeps where the ring is full until half of it is free. What it needs to know of the device
// is when commands were dispatched.
#pragma once
#include <cstdint>
#include <vector>

#include "host/engine/dispatch_log.h"
#include "hw_model/config.h"
#include "hw_model/core/cycle.h"
#include "spec/latency.h"

namespace tessera::host {

class FastFirmware {
  public:
    /// Begins to plan in cycle `begin`, with `submitted` commands in the ring before, all of which
    /// the device has dispatched.
    FastFirmware(const hw::FirmwareCosts& costs, uint32_t ring_descriptors, Cycle begin,
                 uint64_t submitted)
        : planning_(Cycle{costs.plan_cycles} + costs.descriptor_cycles),
          ring_(ring_descriptors),
          now_(begin),
          submitted_(submitted),
          published_(submitted),
          head_(submitted) {}

    Cycle now() const { return now_; }
    /// From when on the device sees what was published last.
    Cycle published() const { return visible_; }
    uint64_t busy() const { return busy_; }
    uint64_t waited() const { return waited_; }
    /// Does other work until then, which is not the driver's.
    void work_until(Cycle cycle) { now_ = cycle; }

    bool full() const { return submitted_ - head_ == ring_; }
    /// Of a full ring: the command that the device has to dispatch for half of it to be free.
    uint64_t awaited() const;
    /// Asks to be woken when that was dispatched, in cycle `dispatched`, and sleeps. Returns the
    /// cycle in which RING_HEAD is read then.
    Cycle sleep(Cycle dispatched);
    /// RING_HEAD said so.
    void wake(uint64_t head);
    /// Plans a command and writes it into the ring, which has room.
    void submit() { submit(1); }
    /// Shows the device what was submitted.
    void publish();
    /// The interrupt of the last FENCE is there in cycle `raised`: takes it.
    void finish(Cycle raised);

    /// A line of the ring that the device fetches.
    struct Fetch {
        Cycle cycle = 0;
        bool at_once = false;  ///< as soon as it sees it, perhaps because it has waited for it
    };
    /// Those of steady work, the same again and again.
    struct SteadyFetches {
        uint64_t first = 0;        ///< line since reset, that lines[0] is
        std::vector<Fetch> lines;  ///< of a period
        Cycle period = 0;

        bool any_at_once() const;
        /// Does the device do as it did in its period if it sees this line from a cycle on?
        bool in_time(uint64_t line, Cycle visible) const;
    };
    /// Plans `commands` more, whole lines, while the device goes on like that. It dispatches up to
    /// command `last` - 1. False, and good for nothing any more, if the device would have to wait
    /// for firmware, or not as long, or firmware wants to know more of it.
    bool run_ahead(uint64_t commands, const SteadyDispatch& dispatched,
                   const SteadyFetches& fetched, uint64_t last);

  private:
    void submit(uint64_t commands);
    void access(uint64_t registers = 1) {
        now_ += registers * spec::kCsrAccessCycles;
        busy_ += registers * spec::kCsrAccessCycles;
    }
    void sleep_until(Cycle raised) {
        if (raised <= now_) return;
        waited_ += raised - now_;
        now_ = raised;
    }

    Cycle planning_;  ///< of a command
    uint64_t ring_;
    Cycle now_, visible_ = 0;
    uint64_t submitted_;  ///< commands submitted
    uint64_t published_;  ///< that the device sees
    uint64_t head_;       ///< that are known to be dispatched
    uint64_t busy_ = 0, waited_ = 0;
};

}  // namespace tessera::host
