// SPDX-License-Identifier: MIT
// Control and status registers behind a TLM-2.0 socket, and the interrupt line. A register is
// sampled or written in the cycle of b_transport; the access occupies kCsrAccessCycles. Holes,
// writes to read-only registers and accesses other than aligned words answer with an error.
#pragma once
#include <tlm_utils/simple_target_socket.h>

#include <functional>
#include <vector>

#include "hw_model/core/core.h"
#include "hw_model/core/unit.h"
#include "spec/registers.h"

namespace tessera::hw {

class Csr : public Unit {
  public:
    Csr(const sc_core::sc_module_name& name, Core& core);

    tlm_utils::simple_target_socket<Csr> socket;
    sc_core::sc_out<bool> irq;

    bool enabled(Cycle now) const { return enable_.get(now); }
    uint32_t tail(Cycle now) const { return tail_.get(now); }
    uint64_t ring_base(Cycle now) const { return ring_base_.get(now); }
    uint32_t ring_size(Cycle now) const { return ring_size_.get(now); }
    uint32_t watchdog(Cycle now) const { return watchdog_.get(now); }

    /// Set interrupt bits, visible from a cycle on.
    void raise(uint32_t bits, Cycle visible_from);
    /// RING_HEAD moves, visible from the next cycle on.
    void set_head(uint32_t head, Cycle now);
    /// An error was latched; visible from cycle `visible_from` on.
    void error_latched(Cycle visible_from) { raise(spec::kIrqError, visible_from); }
    /// Soft reset in this very cycle? Every unit asks before it does anything, for nothing may
    /// happen in the first cycle in which the reset is visible.
    void reset_if_due(Cycle now);
    /// Clears every unit of the device; set by the device.
    std::function<void(Cycle now)> reset_units;

  private:
    struct IrqChange {
        Cycle at;
        uint32_t set, clear;
    };
    void step(Cycle now) override;
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    bool read(uint32_t offset, Cycle now, uint32_t& value);
    bool write(uint32_t offset, Cycle now, uint32_t value);
    void write_control(Cycle now, uint32_t value);
    void write_word(spec::Reg reg, Cycle now, uint32_t value);
    uint32_t read_word(spec::Reg reg, Cycle now);
    uint32_t engine_state(Cycle now) const;
    void check_notify(Cycle now);
    void update_irq(Cycle now);
    void clear_registers();
    bool resetting(Cycle now) const { return now >= reset_from_ && now < reset_until_; }

    Core& core_;
    Register<bool> enable_;
    Register<uint32_t> tail_, head_;
    Register<uint64_t> ring_base_;
    Register<uint32_t> ring_size_, watchdog_;
    Register<uint32_t> notify_;
    Register<bool> notify_armed_;
    Cycle notify_written_ = kNever, notify_fired_ = kNever;
    uint32_t irq_status_ = 0, irq_enable_ = 0;
    std::vector<IrqChange> irq_changes_;
    bool error_seen_ = false, reset_due_ = false;
    Cycle reset_from_ = kNever, reset_until_ = kNever;  // soft reset, visible
};

}  // namespace tessera::hw
