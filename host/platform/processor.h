// SPDX-License-Identifier: MIT
// The processor that runs the firmware: native code in a SystemC thread, with the bus firmware
// expects. Time passes only where hardware is touched: register accesses take kCsrAccessCycles,
// a finished descriptor takes the stated costs of planning and writing it.
#pragma once
#include <tlm_utils/simple_initiator_socket.h>

#include <exception>
#include <functional>

#include "firmware/bus.h"
#include "hw_model/config.h"
#include "hw_model/cycle.h"
#include "hw_model/memory/memory_image.h"

namespace tessera::host {

/// Where the processor sees the registers of its device; below is memory.
inline constexpr uint64_t kCsrBase = uint64_t{1} << 48;

class Processor : public sc_core::sc_module, public fw::Bus {
  public:
    SC_HAS_PROCESS(Processor);
    using Program = std::function<void()>;

    Processor(const sc_core::sc_module_name& name, const hw::FirmwareCosts& costs,
              hw::MemoryImage& memory);

    tlm_utils::simple_initiator_socket<Processor> csr_socket;
    sc_core::sc_in<bool> irq;

    /// Descriptors written to [address, address + bytes) cost time.
    void set_ring(uint64_t address, uint64_t bytes);
    /// Run `program` in the thread, from the next start of the simulation on; `done` when it is
    /// over.
    void start(Program program, Program done);
    /// An exception of the last program, if one left it.
    std::exception_ptr failure() const { return failure_; }

    bool read32(uint64_t address, uint32_t& value) override;
    bool write32(uint64_t address, uint32_t value) override;
    void wait_irq() override;

    uint64_t busy_cycles() const { return busy_; }       ///< accesses and descriptors
    uint64_t waiting_cycles() const { return waited_; }  ///< in wait_irq

  private:
    void run();
    bool access(tlm::tlm_command command, uint64_t offset, uint32_t& value);
    void spend(hw::Cycle cycles);

    hw::FirmwareCosts costs_;
    hw::MemoryImage& memory_;
    uint64_t ring_begin_ = 0, ring_end_ = 0;
    Program program_, done_;
    std::exception_ptr failure_;
    sc_core::sc_event start_;
    uint64_t busy_ = 0, waited_ = 0;
};

}  // namespace tessera::host
