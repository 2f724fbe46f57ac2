// SPDX-License-Identifier: MIT
// The device driver: discovery, descriptor ring, interrupts, errors. Sleeps when the ring is full
// or a job is to finish; never polls, except for the end of a soft reset.
#pragma once
#include <stdint.h>

#include "firmware/driver/bus.h"
#include "firmware/driver/driver_config.h"
#include "firmware/driver/status.h"
#include "spec/command.h"
#include "spec/params.h"
#include "spec/registers.h"

namespace tessera::fw {

class Driver {
  public:
    /// Registers that init() accesses on an idle device whose soft reset is over at the first look:
    /// it reads 9 capabilities and 5 settings, writes CONTROL, reads STATUS and writes 6 settings.
    static constexpr uint32_t kInitAccesses = 9 + 5 + 1 + 1 + 6;
    /// The same on a device that goes on: capabilities, settings, RING_TAIL and RING_HEAD are read,
    /// IRQ_ENABLE and WATCHDOG written.
    static constexpr uint32_t kAdoptAccesses = 9 + 5 + 2 + 2;
    /// Registers that a FENCE's interrupt takes: IRQ_STATUS is read and written.
    static constexpr uint32_t kInterruptAccesses = 2;

    explicit Driver(Bus& bus) : bus_(bus) {}

    /// Checks the device, reads its capabilities and enables it. A device that already runs on this
    /// very ring goes on at its tail; one that runs on another or has halted is reset.
    Status init(const DriverConfig& config);
    /// Soft reset, then as after init. Needed after kDeviceError, which every call repeats until
    /// then.
    Status reset();

    /// Puts one command into the ring, with its number as tag. The device may see it only at the
    /// next fence(), since the tail moves by whole lines of four.
    Status submit(const spec::Command& command);
    /// Submits an interrupting FENCE and waits until everything before it is done.
    Status fence();
    /// The two halves of it. The device sees the FENCE at once. An interrupt does not say whose it
    /// is, so each FENCE must be waited for before the next one is submitted.
    Status submit_fence();
    Status await_fence();
    /// Gives the device up after a bus fault with a FENCE under way: what comes next would take
    /// that interrupt for its own, so every call answers kBusFault until a reset.
    Status break_off();

    Bus& bus() const { return bus_; }
    const DriverConfig& config() const { return config_; }
    const spec::DeviceParams& device() const { return device_; }
    /// Ok, or what every call answers until a reset.
    const Status& fault() const { return fault_; }
    uint64_t calls() const { return calls_; }              ///< ATTENDs submitted so far
    uint64_t descriptors() const { return descriptors_; }  ///< commands submitted so far

  private:
    Status discover();
    Status check_config() const;
    Status adopt(bool& adopted);
    Status enable();
    Status read(spec::Reg reg, uint32_t& value);
    Status write(spec::Reg reg, uint32_t value);
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
    uint64_t calls_ = 0;
    uint64_t descriptors_ = 0;
};

}  // namespace tessera::fw
