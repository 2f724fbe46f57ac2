// SPDX-License-Identifier: MIT
// What the platform sees of a device, whether it is the model or the Verilated RTL.
#pragma once
#include <tlm>

#include "hw_model/core/cycle.h"
#include "hw_model/core/trace_log.h"

namespace tessera::hw {

class DeviceBase : public sc_core::sc_module {
  public:
    virtual tlm::tlm_target_socket<>& csr_socket() = 0;
    virtual tlm::tlm_initiator_socket<>& memory_socket() = 0;
    virtual sc_core::sc_out<bool>& irq() = 0;
    virtual TraceLog& trace() = 0;
    /// First cycle of the counters' window; kNever if it is not open, or not known.
    virtual Cycle window_start() const { return kNever; }

  protected:
    explicit DeviceBase(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {}
};

}  // namespace tessera::hw
