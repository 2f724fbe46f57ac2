// SPDX-License-Identifier: MIT
#include "hw_model/front/front_end.h"

#include <algorithm>
#include <cstring>

#include "hw_model/front/csr.h"
#include "hw_model/front/dispatch.h"
#include "hw_model/memory/memory_port.h"

namespace tessera::hw {

bool FrontEnd::wants_port(Cycle now) const {
    return core_.csr->enabled(now) && !core_.errors.halted(now) &&
           state_.fetch != core_.csr->tail(now) && state_.buffers.room_from() <= now &&
           core_.port->reads().next(spec::kReadOutstanding) <= now;
}

void FrontEnd::act(Cycle now) {
    if (!wants_port(now)) {
        // Tail, enable and freed lines wake this unit; a full port has to be waited for.
        const Cycle port = core_.port->reads().next(spec::kReadOutstanding);
        state_.port_blocked = port == kNever;
        if (port > now) wake(port);
        return;
    }
    Line line;
    line.first = line.next = state_.fetch;
    const uint32_t aligned = state_.fetch - state_.fetch % spec::kLineDescriptors;
    const uint32_t left = core_.csr->tail(now) - aligned;
    line.end = aligned + std::min(left, spec::kLineDescriptors);
    state_.fetch = line.end;
    ++state_.buffers.fetched;
    state_.lines.push_back(line);
    core_.counters.open(now + spec::kAcceptCycles);
    core_.counters.add(Counter::kBytesDescriptor, spec::kLineBytes, now);
    const uint64_t slot = aligned & (core_.csr->ring_size(now) - 1);
    core_.port->read(BurstUser::kDescriptor,
                     core_.csr->ring_base(now) + slot * spec::kDescriptorBytes,
                     core_.params.beats(spec::kLineBytes), true, now);
    wake(now + 1);
}

void FrontEnd::on_read(const uint8_t* data, const BurstSchedule& schedule) {
    const auto pending = std::find_if(state_.lines.begin(), state_.lines.end(),
                                      [](const Line& line) { return line.ready == kNever; });
    std::memcpy(pending->descriptor, data, spec::kLineBytes);
    if (schedule.failed()) {
        core_.fail(spec::ErrorCode::kDescriptorBus, pending->first & 0xffff,
                   schedule.beat(schedule.error_beat) + spec::kSinkCycles, ErrorSource::kLoad);
        return;
    }
    pending->ready = LineTiming::usable(schedule.last);
    core_.dispatch->wake(pending->ready);
}

const spec::Descriptor* FrontEnd::head(Cycle now) const {
    if (state_.lines.empty() || state_.lines.front().ready > now) return nullptr;
    const Line& line = state_.lines.front();
    return &line.descriptor[line.next % spec::kLineDescriptors];
}

void FrontEnd::pop(Cycle now) {
    Line& line = state_.lines.front();
    if (++line.next != line.end) return;
    state_.lines.pop_front();
    state_.buffers.free(now);
    wake(now + 1);
}

}  // namespace tessera::hw
