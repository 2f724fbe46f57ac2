// SPDX-License-Identifier: MIT
// Control and status registers behind a TLM-2.0 socket, and the interrupt line. A register is
// sampled or written in the cycle of b_transport; the access occupies kCsrAccessCycles. Holes,
// writes to read-only registers and accesses other than aligned words answer with an error.
#pragma once
#include <tlm_utils/simple_target_socket.h>

#include <vector>

#include "hw_model/device_unit.h"
#include "spec/registers.h"

namespace tessera::hw {

class Csr : public DeviceUnit {
  public:
    Csr(const sc_core::sc_module_name& name, Core& core);

    tlm_utils::simple_target_socket<Csr> socket;
    sc_core::sc_out<bool> irq;

    bool enabled(Cycle now) const { return state_.enable.get(now); }
    uint32_t tail(Cycle now) const { return state_.tail.get(now); }
    uint64_t ring_base(Cycle now) const { return state_.ring_base.get(now); }
    uint32_t ring_size(Cycle now) const { return state_.ring_size.get(now); }
    uint32_t watchdog(Cycle now) const { return state_.watchdog.get(now); }

    /// Set interrupt bits, visible from a cycle on.
    void raise(uint32_t bits, Cycle visible_from);
    /// RING_HEAD moves, visible from the next cycle on.
    void set_head(uint32_t head, Cycle now);
    /// An error was latched; visible from cycle `visible_from` on.
    void error_latched(Cycle visible_from) { raise(spec::kIrqError, visible_from); }
    void clear() override { state_ = State(); }

  private:
    struct IrqChange {
        Cycle at;
        uint32_t set, clear;
    };
    void act(Cycle now) override;
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    bool read(uint32_t offset, Cycle now, uint32_t& value);
    bool write(uint32_t offset, Cycle now, uint32_t value);
    void write_control(Cycle now, uint32_t value);
    void write_word(spec::Reg reg, Cycle now, uint32_t value);
    uint32_t read_word(spec::Reg reg, Cycle now);
    uint32_t engine_state(Cycle now) const;
    void check_notify(Cycle now);
    void update_irq(Cycle now);
    bool resetting(Cycle now) const { return now >= reset_from_ && now < reset_until_; }

    struct State {
        Register<bool> enable;
        Register<uint32_t> tail, head;
        Register<uint64_t> ring_base;
        Register<uint32_t> ring_size, watchdog;
        Register<uint32_t> notify;
        Register<bool> notify_armed;
        Cycle notify_written = kNever, notify_fired = kNever;
        uint32_t irq_status = 0, irq_enable = 0;
        std::vector<IrqChange> irq_changes;
        bool error_seen = false;
    };
    State state_;
    Cycle reset_from_ = kNever, reset_until_ = kNever;  // soft reset, visible
};

}  // namespace tessera::hw
