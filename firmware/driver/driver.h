// SPDX-License-Identifier: MIT
// The device driver: discovery, descriptor ring, interrupts, errors. Sleeps when the ring is full
// or a job is to finish; never polls, except for the end of a soft reset.
#pragma once
#include <stdint.h>

#include "firmware/cover/cover_job.h"
#include "firmware/driver/bus.h"
#include "firmware/driver/status.h"
#include "firmware/gemm/gemm_job.h"
#include "firmware/linear/linear_job.h"
#include "firmware/merge/merger.h"
#include "firmware/runner/job.h"
#include "spec/command.h"
#include "spec/params.h"
#include "spec/registers.h"

namespace tessera::fw {

class Driver {
  public:
    explicit Driver(Bus& bus) : bus_(bus) {}

    /// Checks the device, reads its capabilities and enables it. A device that already runs on this
    /// very ring goes on at its tail; one that runs on another or has halted is reset.
    Status init(const DriverConfig& config);
    /// Runs a job to its end. Refuses it (kBadJob) before the device sees any of it.
    Status run(const AttentionJob& job) { return run(&job, 1); }
    /// Runs jobs one after the other, without waiting between them. They may have `state`,
    /// `partial` and, if it is the same, the sentinel in common, but nothing else that is written.
    /// Refuses all of them if it would refuse one, or if there is none.
    Status run(const AttentionJob* jobs, uint32_t count);
    /// The same for a job by a cover.
    Status run(const CoverJob& job);
    /// And for jobs of other kinds, in which firmware merges nothing.
    Status run(const GemmJob& job);
    Status run(const LinearJob& job);
    /// Soft reset, then as after init. Needed after kDeviceError, which every call repeats until
    /// then.
    Status reset();

    /// Puts one command into the ring, with its number as tag. The device may see it only at the
    /// next fence(), since the tail moves by whole lines of four.
    Status submit(const spec::Command& command);
    /// Submits an interrupting FENCE and waits until everything before it is done.
    Status fence();

    const spec::DeviceParams& device() const { return device_; }
    uint64_t calls() const { return calls_; }              ///< ATTENDs submitted so far
    uint64_t descriptors() const { return descriptors_; }  ///< commands submitted so far
    /// After kUnresolved: which rows. Heads are counted over all jobs, which then need to have as
    /// many each.
    const Unresolved& unresolved() const { return unresolved_; }

  private:
    Status discover();
    Status check_config() const;
    Status adopt(bool& adopted);
    Status enable();
    Status read(spec::Reg reg, uint32_t& value);
    Status write(spec::Reg reg, uint32_t value);
    /// Partial results are stored and merged in batches: while firmware merges one, the device
    /// stores the next.
    struct MergeBatches {
        bool stored = false;   ///< a batch is, or will be when its FENCE retires
        bool pending = false;  ///< and that FENCE has not been waited for
    };
    template <typename Work>
    Status run_work(Work& work);
    template <typename Work>
    Status run_batches(Work& work);
    template <typename Work>
    Status end_merge_batch(Work& work, MergeBatches& batches);
    Status await_merge_batch(MergeBatches& batches);
    template <typename Work>
    Status merge_batch(Work& work, MergeBatches& batches);
    template <typename Work>
    Status retry(Work& work, MergeBatches& batches);
    Status submit_fence();
    Status broken();
    Status write_descriptor(const spec::Descriptor& descriptor);
    Status publish();
    Status make_room();
    Status wait_for(uint32_t event);
    Status device_error();

    Bus& bus_;
    DriverConfig config_;
    spec::DeviceParams device_;
    Status fault_;            ///< the device error that a reset has to clear
    uint32_t tail_ = 0;       ///< descriptors written; the next one's number
    uint32_t published_ = 0;  ///< last value of RING_TAIL
    uint32_t head_ = 0;       ///< last known value of RING_HEAD
    uint32_t events_ = 0;     ///< interrupts taken from IRQ_STATUS and not yet waited for
    Unresolved unresolved_;
    uint64_t calls_ = 0;
    uint64_t descriptors_ = 0;
};

}  // namespace tessera::fw
