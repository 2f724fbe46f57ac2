// SPDX-License-Identifier: MIT
// The accelerator: CSR and memory sockets, interrupt, and inside one unit per box of
// docs/contract/device.md, section 2.
#pragma once
#include <memory>

#include "hw_model/compute/score_stage.h"
#include "hw_model/compute/value_stage.h"
#include "hw_model/device_base.h"
#include "hw_model/device_core.h"
#include "hw_model/front/csr.h"
#include "hw_model/front/dispatch.h"
#include "hw_model/front/front_end.h"
#include "hw_model/load/load_engine.h"
#include "hw_model/memory/memory_port.h"
#include "hw_model/store/store_engine.h"

namespace tessera::hw {

class Device : public DeviceBase {
  public:
    /// `index` is the device's port at the memory. Parameters must be legal (spec::params_error).
    Device(const sc_core::sc_module_name& name, const spec::DeviceParams& params, uint32_t index,
           bool timing_only, uint64_t trace_commands);

    tlm::tlm_target_socket<>& csr_socket() override { return csr_.socket; }
    tlm::tlm_initiator_socket<>& memory_socket() override { return port_.socket; }
    sc_core::sc_out<bool>& irq() override { return csr_.irq; }

    TraceLog& trace() override { return core_.trace; }
    Cycle window_start() const override { return core_.counters.window_start(); }
    /// Counters as the CSR shows them in cycle `now`.
    const CounterValues& counters(Cycle now) const { return core_.counters.snapshot(now); }

  private:
    Core core_;
    MemoryPort port_;
    Csr csr_;
    FrontEnd front_end_;
    Dispatch dispatch_;
    LoadEngine load_;
    ScoreStage score_;
    ValueStage value_;
    StoreEngine store_;
};

}  // namespace tessera::hw
