// SPDX-License-Identifier: MIT
#include "hw_model/front/csr.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "hw_model/compute/score_stage.h"
#include "hw_model/front/dispatch.h"
#include "hw_model/front/front_end.h"
#include "hw_model/load/load_engine.h"
#include "hw_model/memory/memory_port.h"
#include "hw_model/store/store_engine.h"

namespace tessera::hw {

using spec::Reg;

Csr::Csr(const sc_core::sc_module_name& name, Core& core)
    : DeviceUnit(name, core, DeviceProcess::Pace::kInTurn), socket("socket"), irq("irq") {
    socket.register_b_transport(this, &Csr::b_transport);
}

void Csr::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const uint64_t offset = payload.get_address();
    const Cycle now = now_cycle() + to_cycle(delay);
    delay += to_time(spec::kCsrAccessCycles);
    if (payload.get_data_length() != 4 || offset % 4 != 0 || offset >= spec::kWindowBytes) {
        payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    uint32_t value = 0;
    bool good = false;
    if (payload.is_read()) {
        good = read(static_cast<uint32_t>(offset), now, value);
        std::memcpy(payload.get_data_ptr(), &value, 4);
    } else {
        std::memcpy(&value, payload.get_data_ptr(), 4);
        good = write(static_cast<uint32_t>(offset), now, value);
    }
    payload.set_response_status(good ? tlm::TLM_OK_RESPONSE : tlm::TLM_COMMAND_ERROR_RESPONSE);
}

bool Csr::read(uint32_t offset, Cycle now, uint32_t& value) {
    if (offset >= spec::kCounterBase) {
        const uint32_t word = (offset - spec::kCounterBase) / 4;
        const uint64_t counter = core_.counters.snapshot(now)[word / 2];
        value = static_cast<uint32_t>(word % 2 == 0 ? counter : counter >> 32);
        return true;
    }
    const spec::RegisterInfo* info = spec::find_register(offset);
    if (info == nullptr) return false;
    value = read_word(info->reg, now);
    return true;
}

bool Csr::write(uint32_t offset, Cycle now, uint32_t value) {
    const spec::RegisterInfo* info = spec::find_register(offset);
    if (info == nullptr || info->access == spec::Access::kReadOnly) return false;
    // A device that resets itself takes no orders.
    if (!resetting(now)) write_word(info->reg, now, value & info->writable);
    return true;
}

uint32_t Csr::read_word(Reg reg, Cycle now) {
    const spec::DeviceParams& p = core_.params;
    switch (reg) {
        case Reg::kCapM: return p.m;
        case Reg::kCapD: return p.d;
        case Reg::kCapLanes: return p.lanes;
        case Reg::kCapInterleave: return p.interleave;
        case Reg::kCapBusBytes: return p.bus_bytes;
        case Reg::kCapProfile: return spec::cap_profile(p);
        case Reg::kControl: return state_.enable.get(now) ? spec::kControlEnable : 0;
        case Reg::kStatus: {
            const bool busy = core_.dispatch->outstanding(now) != 0 || !core_.port->quiet(now);
            return (busy ? spec::kStatusBusy : 0) |
                   (core_.errors.halted(now) ? spec::kStatusHalted : 0) |
                   (resetting(now) ? spec::kStatusResetting : 0);
        }
        case Reg::kRingBaseLo: return static_cast<uint32_t>(state_.ring_base.get(now));
        case Reg::kRingBaseHi: return static_cast<uint32_t>(state_.ring_base.get(now) >> 32);
        case Reg::kRingSize: return state_.ring_size.get(now);
        case Reg::kRingTail: return state_.tail.get(now);
        case Reg::kRingHead: return state_.head.get(now);
        case Reg::kRingNotify: return state_.notify.get(now);
        case Reg::kIrqStatus: update_irq(now); return state_.irq_status;
        case Reg::kIrqEnable: return state_.irq_enable;
        case Reg::kErrorCode: return static_cast<uint32_t>(core_.errors.visible(now).code);
        case Reg::kErrorTag: return core_.errors.visible(now).tag;
        case Reg::kWatchdog: return state_.watchdog.get(now);
        case Reg::kEngineState: return engine_state(now);
        default: return spec::find_register(static_cast<uint32_t>(reg))->reset;
    }
}

uint32_t Csr::engine_state(Cycle now) const {
    const auto nibble = [](uint64_t n) { return static_cast<uint32_t>(std::min<uint64_t>(n, 15)); };
    return nibble(core_.load->queue().size(now)) | nibble(core_.load->active(now)) << 4 |
           nibble(core_.score->queue().size(now)) << 8 | nibble(core_.score->active(now)) << 12 |
           nibble(core_.store->queue().size(now)) << 16 | nibble(core_.store->active(now)) << 20 |
           (core_.dispatch->fence_waiting(now) ? 1u << 24 : 0);
}

void Csr::write_word(Reg reg, Cycle now, uint32_t value) {
    switch (reg) {
        case Reg::kControl: write_control(now, value); break;
        case Reg::kRingBaseLo:
            state_.ring_base.set((state_.ring_base.get(now) >> 32 << 32) | value, now, now + 1);
            break;
        case Reg::kRingBaseHi:
            state_.ring_base.set(
                (state_.ring_base.get(now) & 0xffffffffu) | static_cast<uint64_t>(value) << 32, now,
                now + 1);
            break;
        case Reg::kRingSize: state_.ring_size.set(value, now, now + 1); break;
        case Reg::kRingTail:
            state_.tail.set(value, now, now + 1);
            core_.wake_front_end(now + 1);
            break;
        case Reg::kRingNotify:
            state_.notify.set(value, now, now + 1);
            state_.notify_armed.set(true, now, now + 1);
            state_.notify_written = now;
            wake(now + 1);
            break;
        case Reg::kIrqStatus:
            state_.irq_changes.push_back({now + 1, 0, value});
            wake(now + 1);
            break;
        case Reg::kIrqEnable:
            state_.irq_enable = value;
            wake(now + 1);
            break;
        case Reg::kWatchdog:
            state_.watchdog.set(value, now, now + 1);
            core_.dispatch->wake(now + 1);
            break;
        default: break;
    }
}

void Csr::write_control(Cycle now, uint32_t value) {
    if ((value & spec::kControlSoftReset) != 0) {
        reset_from_ = now + 1;
        reset_until_ = kNever;
        core_.reset_at(now + 1);
        wake(now + 1);
        return;
    }
    // A descriptor fetched would otherwise run before the new window opens.
    const bool idle = core_.dispatch->outstanding(now) == 0 && core_.front_end->idle(now);
    if ((value & spec::kControlClearCounters) != 0 && idle) core_.counters = Counters();
    const bool enable = (value & spec::kControlEnable) != 0;
    if (enable && !state_.enable.get(now)) {
        const uint32_t size = state_.ring_size.get(now);
        const bool size_good = size >= spec::kRingMinDescriptors &&
                               size <= spec::kRingMaxDescriptors && (size & (size - 1)) == 0;
        if (!size_good || state_.ring_base.get(now) % spec::kLineBytes != 0) {
            core_.fail(spec::ErrorCode::kBadRing, 0, now, ErrorSource::kRing);
            return;
        }
    }
    state_.enable.set(enable, now, now + 1);
    core_.wake_front_end(now + 1);
    core_.dispatch->wake(now + 1);  // descriptors may be waiting for this
}

void Csr::raise(uint32_t bits, Cycle visible_from) {
    state_.irq_changes.push_back({visible_from, bits, 0});
    wake(visible_from);
}

void Csr::set_head(uint32_t head, Cycle now) {
    state_.head.set(head, now, now + 1);
    if (state_.notify_armed.latest()) wake(now + 1);
}

/// Compares RING_HEAD and RING_NOTIFY as both are visible; the bit is visible one cycle later.
void Csr::check_notify(Cycle now) {
    if (!state_.notify_armed.get(now) || state_.notify_fired == now) return;
    if (static_cast<int32_t>(state_.head.get(now) - state_.notify.get(now)) < 0) return;
    state_.notify_fired = now;
    if (state_.notify_written != now) state_.notify_armed.set(false, now, now + 1);
    raise(spec::kIrqRing, now + 1);
}

void Csr::update_irq(Cycle now) {
    std::stable_sort(state_.irq_changes.begin(), state_.irq_changes.end(),
                     [](const IrqChange& a, const IrqChange& b) { return a.at < b.at; });
    size_t done = 0;
    while (done < state_.irq_changes.size() && state_.irq_changes[done].at <= now) {
        const Cycle at = state_.irq_changes[done].at;
        uint32_t set = 0, clear = 0;
        for (; done < state_.irq_changes.size() && state_.irq_changes[done].at == at; ++done) {
            set |= state_.irq_changes[done].set;
            clear |= state_.irq_changes[done].clear;
        }
        // Only the first error counts: one that an earlier one overtook changes nothing.
        if ((set & spec::kIrqError) != 0 && std::exchange(state_.error_seen, true))
            set &= ~spec::kIrqError;
        state_.irq_status = (state_.irq_status & ~clear) | set;  // setting wins over clearing
    }
    state_.irq_changes.erase(state_.irq_changes.begin(),
                             state_.irq_changes.begin() + static_cast<ptrdiff_t>(done));
}

void Csr::act(Cycle now) {
    assert(cycles_ahead == 0);
    if (resetting(now) && now != reset_from_ && core_.port->quiet(now)) {
        reset_until_ = now + 1;
    }
    if (resetting(now)) wake(now + 1);
    check_notify(now);
    update_irq(now);
    irq.write((state_.irq_status & state_.irq_enable) != 0);
}

}  // namespace tessera::hw
