// SPDX-License-Identifier: MIT
// The processor that runs the firmware: native code in a SystemC thread, with the bus firmware
// expects. Time passes only where hardware is touched: register accesses take kCsrAccessCycles,
// a finished descriptor takes the stated costs of planning and writing it, merging and elementwise
// work their costs per element. What the processor reads and writes in memory does not meet the
// devices' traffic.
#pragma once
#include <tlm_utils/simple_initiator_socket.h>

#include <exception>
#include <functional>
#include <utility>

#include "firmware/driver/bus.h"
#include "host/platform/platform.h"
#include "hw_model/config.h"
#include "hw_model/core/simulated_time.h"
#include "hw_model/memory/memory_image.h"

namespace tessera::host {

class Processor : public sc_core::sc_module, public ProcessorBus, public fw::Accounting {
  public:
    SC_HAS_PROCESS(Processor);
    using Program = std::function<void()>;

    Processor(const sc_core::sc_module_name& name, const hw::FirmwareCosts& costs,
              hw::MemoryImage& memory, bool holds_data);

    tlm_utils::simple_initiator_socket<Processor> csr_socket;
    sc_core::sc_in<bool> irq;

    /// Descriptors written to [address, address + bytes) cost time.
    void set_ring(uint64_t address, uint64_t bytes);
    /// `observer` is told of every other write to memory.
    void observe_writes(std::function<void(uint64_t address, uint64_t bytes)> observer) {
        observer_ = std::move(observer);
    }
    /// Run `program` in the thread, from the next start of the simulation on; `done` when it is
    /// over.
    void start(Program program, Program done);
    /// An exception of the last program, if one left it.
    std::exception_ptr failure() const { return failure_; }

    bool read32(uint64_t address, uint32_t& value) override;
    bool write32(uint64_t address, uint32_t value) override;
    bool read_words(uint64_t address, uint32_t* words, uint32_t count) override;
    bool write_words(uint64_t address, const uint32_t* words, uint32_t count) override;
    void wait_irq() override;
    fw::Accounting& accounting() override { return *this; }

    bool holds_data() const override { return holds_data_; }
    void merged(const fw::MergeWork& work) override;
    void worked(const fw::ElementWork& work) override;
    void retried(uint64_t number) override;

    uint64_t busy_cycles() const { return busy_; }       ///< accesses and descriptors
    uint64_t waiting_cycles() const { return waited_; }  ///< in wait_irq
    /// Merging since the last call of this.
    MergeOutcome take_merging() { return std::exchange(merging_, {}); }
    /// Elementwise work likewise.
    ElementwiseOutcome take_elementwise() { return std::exchange(elementwise_, {}); }

  private:
    void run();
    bool access(tlm::tlm_command command, uint64_t offset, uint32_t& value);
    void spend(hw::Cycle cycles);
    void settle();
    hw::Cycle work_on(hw::Cycle cycles);

    hw::FirmwareCosts costs_;
    hw::MemoryImage& memory_;
    bool holds_data_;
    uint64_t ring_begin_ = 0, ring_end_ = 0;
    Program program_, done_;
    std::exception_ptr failure_;
    sc_core::sc_event start_;
    uint64_t busy_ = 0, waited_ = 0;
    hw::Cycle owed_ = 0;  ///< of busy_ those that are still to pass
    MergeOutcome merging_;
    ElementwiseOutcome elementwise_;
    std::function<void(uint64_t address, uint64_t bytes)> observer_;
};

}  // namespace tessera::host
