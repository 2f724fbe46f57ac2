// SPDX-License-Identifier: MIT
// The Verilated RTL as a device of the platform: the sockets of the model, pin adapters AXI4-Lite
// and AXI4 behind them. A register access is the handshake of the cycle it comes in; an address the
// RTL presents is a BEGIN_REQ in the same cycle; the schedule in the answer drives ready and valid
// in exactly its cycles. Stops ticking while the device is idle and catches up at the next access.
#pragma once
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "hw_model/config.h"
#include "hw_model/device_base.h"
#include "hw_model/memory/burst_slots.h"
#include "rtl/sim/verilated_top.h"

namespace tessera::rtl {

using hw::Cycle;

class RtlDevice : public hw::DeviceBase {
  public:
    SC_HAS_PROCESS(RtlDevice);
    /// Throws std::invalid_argument if no RTL was built with these parameters.
    RtlDevice(const sc_core::sc_module_name& name, const spec::DeviceParams& params, uint32_t index,
              uint64_t trace_commands, const std::string& wave = "");
    ~RtlDevice() override;

    tlm::tlm_target_socket<>& csr_socket() override { return csr_socket_; }
    tlm::tlm_initiator_socket<>& memory_socket() override { return memory_socket_; }
    sc_core::sc_out<bool>& irq() override { return irq_; }
    hw::TraceLog& trace() override { return trace_; }

    uint64_t clocked() const { return clocked_; }              ///< cycles simulated
    uint64_t beats_checked() const { return beats_checked_; }  ///< write beats as announced

  private:
    struct Slot : hw::BurstSlot {
        bool scheduled = false, id = false;
        uint32_t next_beat = 0;
        bool data_done = false;
    };
    void tick();
    void advance(Cycle now);
    void finish_cycle();
    void present();
    void send(Slot& slot, tlm::tlm_command command, uint64_t address, uint32_t beats);
    void drive_read();
    void drive_write();
    void record(const Trace& trace);
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    tlm::tlm_sync_enum on_response(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                   sc_core::sc_time& delay);

    tlm_utils::simple_target_socket<RtlDevice> csr_socket_;
    tlm_utils::simple_initiator_socket<RtlDevice> memory_socket_;
    sc_core::sc_out<bool> irq_;

    const spec::DeviceParams params_;
    std::unique_ptr<VerilatedTop> top_;
    hw::TraceLog trace_;
    Cycle cycle_ = 0;  // the RTL's current cycle: it is not over yet
    sc_core::sc_event wake_;
    bool started_ = false;
    bool accessed_ = false, access_write_ = false, access_ok_ = false;  // in cycle_
    uint32_t access_data_ = 0;
    bool check_answer_ = false, was_write_ = false, was_ok_ = false;
    uint32_t was_data_ = 0;
    hw::BurstSlots<Slot> slots_;
    std::deque<Slot*> reads_, writes_;    // in flight, oldest first
    const uint8_t* announced_ = nullptr;  // the write beat of this cycle
    bool announced_last_ = false;
    uint64_t clocked_ = 0, beats_checked_ = 0;
};

/// For PlatformConfig::make_device. With `wave`, device 0 writes its signals to that FST file.
hw::DeviceFactory rtl_factory(const std::string& wave);
/// The same without a waveform.
std::unique_ptr<hw::DeviceBase> make_rtl_device(const sc_core::sc_module_name& name,
                                                const hw::PlatformConfig& config, uint32_t index);

}  // namespace tessera::rtl
