// SPDX-License-Identifier: MIT
#include "rtl/sim/rtl_device.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "hw_model/core/simulated_time.h"
#include "spec/registers.h"

namespace tessera::rtl {

namespace {

/// The adapters check the protocol in every build.
void require(bool good, const char* what) {
    if (!good) throw std::logic_error(what);
}

}  // namespace

RtlDevice::RtlDevice(const sc_core::sc_module_name& name, const spec::DeviceParams& params,
                     uint32_t index, uint64_t trace_commands, const std::string& wave)
    : hw::DeviceBase(name),
      csr_socket_("csr_socket"),
      memory_socket_("memory_socket"),
      irq_("irq"),
      params_(params),
      top_(make_verilated_top(params, wave)),
      trace_(params, trace_commands),
      slots_(index) {
    csr_socket_.register_b_transport(this, &RtlDevice::b_transport);
    memory_socket_.register_nb_transport_bw(this, &RtlDevice::on_response);
    SC_METHOD(tick);
    sensitive << wake_;
}

RtlDevice::~RtlDevice() = default;

void RtlDevice::tick() {
    advance(hw::now_cycle());
    irq_.write(top_->irq());
    if (!top_->idle() || accessed_ || !reads_.empty() || !writes_.empty())
        wake_.notify(hw::to_time(1));
}

/// Brings the RTL to cycle `now`, whose inputs are then still open.
void RtlDevice::advance(Cycle now) {
    if (started_ && cycle_ == now) return;
    started_ = true;
    // Only the last of several cycles may speak: the others were slept through.
    const bool slept = cycle_ + 1 < now;
    while (cycle_ < now) {
        finish_cycle();
        ++cycle_;
    }
    require(!slept || top_->idle(), "the RTL slept although it was not idle");
    present();
}

void RtlDevice::finish_cycle() {
    drive_read();
    drive_write();
    top_->settle();
    if (check_answer_) {
        uint32_t data = 0;
        require(top_->answer(was_write_, data) == was_ok_, "AXI4-Lite response is late or wrong");
        require(was_write_ || !was_ok_ || data == was_data_, "AXI4-Lite read data is wrong");
    }
    check_answer_ = accessed_;
    was_write_ = access_write_;
    was_ok_ = access_ok_;
    was_data_ = access_data_;
    accessed_ = false;
    if (top_->in.wready) {
        uint8_t beat[kMaxBusBytes];
        bool last = false;
        require(top_->write_beat(beat, last), "write data is not valid in its cycle");
        require(std::memcmp(beat, announced_, params_.bus_bytes) == 0, "write data has changed");
        require(last == announced_last_, "WLAST is wrong");
        ++beats_checked_;
    }
    record(top_->trace());
    if (top_->in.awvalid && top_->in.awaddr == static_cast<uint32_t>(spec::Reg::kControl) &&
        (top_->in.wdata & spec::kControlSoftReset) != 0 && access_ok_)
        trace_.reset(cycle_ + 1);
    top_->clock();
    ++clocked_;
}

/// Addresses that the RTL presents in cycle_.
void RtlDevice::present() {
    if (const VerilatedTop::Address a = top_->read_address(); a.valid) {
        Slot& slot = slots_.take();
        slot.id = a.id;
        reads_.push_back(&slot);
        send(slot, tlm::TLM_READ_COMMAND, a.address, a.beats);
    }
    if (const VerilatedTop::Address a = top_->write_address(); a.valid) {
        Slot& slot = slots_.take();
        for (uint32_t i = 0; i < a.beats; ++i)
            top_->peek_write_data(i, slot.data.data() + size_t{i} * params_.bus_bytes);
        writes_.push_back(&slot);
        send(slot, tlm::TLM_WRITE_COMMAND, a.address, a.beats);
    }
}

void RtlDevice::send(Slot& slot, tlm::tlm_command command, uint64_t address, uint32_t beats) {
    slot.scheduled = slot.data_done = false;
    slot.next_beat = 0;
    slot.payload.set_data_ptr(slot.data.data());
    hw::present(memory_socket_, slot, command, address, beats, params_.bus_bytes);
}

tlm::tlm_sync_enum RtlDevice::on_response(tlm::tlm_generic_payload& payload, tlm::tlm_phase&,
                                          sc_core::sc_time&) {
    slots_.of(payload).scheduled = true;
    return tlm::TLM_COMPLETED;
}

/// The read beat of cycle_, if one crosses the bus.
void RtlDevice::drive_read() {
    if (reads_.empty() || !reads_.front()->scheduled) return;
    Slot& slot = *reads_.front();
    const hw::BurstSchedule& schedule = slot.extension.schedule;
    const Cycle at = schedule.beat(slot.next_beat);
    require(at >= cycle_, "a read beat was missed");
    if (at != cycle_) return;
    Inputs& in = top_->in;
    in.rvalid = true;
    in.rid = slot.id;
    in.rdata = slot.data.data() + size_t{slot.next_beat} * params_.bus_bytes;
    in.rerror = schedule.failed() && slot.next_beat >= schedule.error_beat;
    in.rlast = ++slot.next_beat == slot.extension.beats;
    if (in.rlast) {
        reads_.pop_front();
        slots_.give_back(slot);  // not reused before the beat is clocked in
    }
}

/// The write beat and the response of cycle_.
void RtlDevice::drive_write() {
    Inputs& in = top_->in;
    const auto sending =
        std::find_if(writes_.begin(), writes_.end(), [](const Slot* s) { return !s->data_done; });
    if (sending != writes_.end() && (*sending)->scheduled) {
        Slot& slot = **sending;
        const Cycle at = slot.extension.schedule.beat(slot.next_beat);
        require(at >= cycle_, "a write beat was missed");
        if (at == cycle_) {
            in.wready = true;
            announced_ = slot.data.data() + size_t{slot.next_beat} * params_.bus_bytes;
            slot.data_done = ++slot.next_beat == slot.extension.beats;
            announced_last_ = slot.data_done;
        }
    }
    if (writes_.empty() || !writes_.front()->data_done) return;
    Slot& slot = *writes_.front();
    const hw::BurstSchedule& schedule = slot.extension.schedule;
    require(schedule.response >= cycle_, "a write response was missed");
    if (schedule.response != cycle_) return;
    in.bvalid = true;
    in.berror = schedule.failed();
    writes_.pop_front();
    slots_.give_back(slot);
}

void RtlDevice::record(const Trace& t) {
    if (t.dispatch.valid) {
        spec::Command command;
        command.opcode = static_cast<spec::Opcode>(t.dispatch_opcode);
        command.tag = t.dispatch_tag;
        trace_.dispatched(command, t.dispatch.number, cycle_);
    }
    for (const TraceEvent& start : t.start)
        if (start.valid) trace_.started(start.number, cycle_);
    for (const TraceEvent& retire : t.retire)
        if (retire.valid) trace_.retired(retire.number, cycle_);
    if (t.lane_group.valid)
        trace_.group({t.lane_group.number, t.lane_group_index, t.lane_group_keys, t.score_start,
                      t.value_start, cycle_});
}

void RtlDevice::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const uint64_t offset = payload.get_address();
    require(delay == sc_core::SC_ZERO_TIME, "register accesses come in their own cycle");
    delay += hw::to_time(spec::kCsrAccessCycles);
    if (payload.get_data_length() != 4 || offset % 4 != 0 || offset >= spec::kWindowBytes) {
        payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    advance(hw::now_cycle());
    require(!accessed_, "two register accesses in one cycle");
    accessed_ = true;
    access_write_ = payload.is_write();
    Inputs& in = top_->in;
    if (access_write_) {
        in.awvalid = true;
        in.awaddr = static_cast<uint32_t>(offset);
        std::memcpy(&in.wdata, payload.get_data_ptr(), 4);
    } else {
        in.arvalid = true;
        in.araddr = static_cast<uint32_t>(offset);
    }
    top_->settle();
    access_ok_ = access_write_ ? top_->write_ok() : top_->read_ok();
    access_data_ = top_->read_data();
    if (!access_write_) std::memcpy(payload.get_data_ptr(), &access_data_, 4);
    payload.set_response_status(access_ok_ ? tlm::TLM_OK_RESPONSE
                                           : tlm::TLM_COMMAND_ERROR_RESPONSE);
    wake_.notify(hw::to_time(1));
}

hw::DeviceFactory rtl_factory(const std::string& wave) {
    return [wave](const sc_core::sc_module_name& name, const hw::PlatformConfig& config,
                  uint32_t index) {
        return std::make_unique<RtlDevice>(name, config.params, index, config.trace_commands,
                                           index == 0 ? wave : std::string());
    };
}

std::unique_ptr<hw::DeviceBase> make_rtl_device(const sc_core::sc_module_name& name,
                                                const hw::PlatformConfig& config, uint32_t index) {
    return std::make_unique<RtlDevice>(name, config.params, index, config.trace_commands);
}

}  // namespace tessera::rtl
