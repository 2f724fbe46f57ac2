// SPDX-License-Identifier: MIT
#include "hw_model/front/front_end.h"

#include <algorithm>
#include <cstring>

#include "hw_model/front/csr.h"
#include "hw_model/front/dispatch.h"
#include "hw_model/memory/memory_port.h"

namespace tessera::hw {

bool FrontEnd::wants_port(Cycle now) const {
    return core_.csr->enabled(now) && !core_.errors.halted(now) && fetch_ != core_.csr->tail(now) &&
           fetched_ - freed_.count(now) < spec::kFifoLines &&
           core_.port->can_read(now, spec::kReadOutstanding);
}

void FrontEnd::step(Cycle now) {
    core_.csr->reset_if_due(now);
    if (!wants_port(now)) {
        // Tail, enable and freed lines wake this unit; a full port has to be waited for.
        port_blocked_ = !core_.port->can_read(now, spec::kReadOutstanding);
        if (port_blocked_) wake(std::max(core_.port->next_read_chance(now), now + 1));
        return;
    }
    Line line;
    line.first = line.next = fetch_;
    const uint32_t aligned = fetch_ - fetch_ % spec::kLineDescriptors;
    const uint32_t left = core_.csr->tail(now) - aligned;
    line.end = aligned + std::min(left, spec::kLineDescriptors);
    fetch_ = line.end;
    ++fetched_;
    lines_.push_back(line);
    core_.counters.open(now + spec::kAcceptCycles);
    core_.counters.add(Counter::kBytesDescriptor, spec::kLineBytes, now);
    const uint64_t slot = aligned & (core_.csr->ring_size(now) - 1);
    core_.port->read(BurstUser::kDescriptor,
                     core_.csr->ring_base(now) + slot * spec::kDescriptorBytes,
                     core_.params.beats(spec::kLineBytes), true, now);
    wake(now + 1);
}

void FrontEnd::on_read(const uint8_t* data, const BurstSchedule& schedule) {
    const auto pending = std::find_if(lines_.begin(), lines_.end(),
                                      [](const Line& line) { return line.ready == kNever; });
    std::memcpy(pending->descriptor, data, spec::kLineBytes);
    if (schedule.failed()) {
        core_.fail(spec::ErrorCode::kDescriptorBus, pending->first & 0xffff,
                   schedule.beat(schedule.error_beat) + spec::kSinkCycles, ErrorSource::kLoad);
        return;
    }
    pending->ready = schedule.last + spec::kSinkCycles + 1;
    core_.dispatch->wake(pending->ready);
}

const spec::Descriptor* FrontEnd::head(Cycle now) const {
    if (lines_.empty() || lines_.front().ready > now) return nullptr;
    const Line& line = lines_.front();
    return &line.descriptor[line.next % spec::kLineDescriptors];
}

void FrontEnd::pop(Cycle now) {
    Line& line = lines_.front();
    if (++line.next != line.end) return;
    lines_.pop_front();
    freed_.post(now + 1);
    freed_.trim(now);
    wake(now + 1);
}

void FrontEnd::clear() {
    fetch_ = 0;
    fetched_ = 0;
    lines_.clear();
    freed_ = Milestones();
}

}  // namespace tessera::hw
