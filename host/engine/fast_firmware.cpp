// SPDX-License-Identifier: MIT
#include "host/engine/fast_firmware.h"

#include <algorithm>

#include "firmware/driver/driver.h"
#include "spec/command.h"

namespace tessera::host {

uint64_t FastFirmware::awaited() const {
    return head_ + std::min(ring_ / 2, published_ - head_) - 1;
}

Cycle FastFirmware::sleep(Cycle dispatched) {
    // RING_HEAD and RING_NOTIFY are compared when both are visible; the interrupt is one cycle
    // later.
    const Cycle compared = std::max(dispatched, now_) + 1;
    access();
    sleep_until(compared + 1);
    access(fw::Driver::kInterruptAccesses);
    return now_;
}

void FastFirmware::wake(uint64_t head) {
    head_ = head;
    access();
}

void FastFirmware::submit(uint64_t commands) {
    now_ += commands * planning_;
    busy_ += commands * planning_;
    submitted_ += commands;
}

void FastFirmware::publish() {
    visible_ = now_ + 1;
    published_ = submitted_;
    access();
}

void FastFirmware::finish(Cycle raised) {
    sleep_until(raised);
    access(fw::Driver::kInterruptAccesses);
}

bool FastFirmware::SteadyFetches::any_at_once() const {
    return std::any_of(lines.begin(), lines.end(), [](const Fetch& f) { return f.at_once; });
}

bool FastFirmware::SteadyFetches::in_time(uint64_t line, Cycle visible) const {
    const uint64_t behind = line - first;
    const Fetch& fetch = lines[behind % lines.size()];
    const Cycle cycle = fetch.cycle + behind / lines.size() * period;
    return fetch.at_once ? visible == cycle : visible <= cycle;
}

bool FastFirmware::run_ahead(uint64_t commands, const SteadyDispatch& dispatched,
                             const SteadyFetches& fetched, uint64_t last) {
    constexpr uint64_t kLine = spec::kLineDescriptors;
    const uint64_t lines = fetched.lines.size();
    // A line takes the device at least as long as firmware, and exactly as long where it waits for
    // it. So what is in time for the lines of a period is so for all that follow them, until
    // firmware sleeps.
    const Cycle planning = lines * (kLine * planning_ + spec::kCsrAccessCycles);
    if (planning > fetched.period || (fetched.any_at_once() && planning != fetched.period))
        return false;
    const uint64_t end = submitted_ + commands;
    for (uint64_t checked = 0; submitted_ != end;) {
        if (full()) {
            const uint64_t command = awaited();
            if (!dispatched.knows(command) || command >= last) return false;
            const Cycle read = sleep(dispatched.cycle(command));
            const uint64_t head = dispatched.head(read);
            if (head >= last) return false;
            wake(head);
            checked = 0;
        }
        const uint64_t room = std::min(head_ + ring_ - submitted_, end - submitted_);
        const uint64_t to_line = kLine - submitted_ % kLine;
        if (room < to_line) {
            submit(room);
        } else if (checked < lines) {
            submit(to_line);
            publish();
            if (!fetched.in_time(submitted_ / kLine - 1, visible_)) return false;
            ++checked;
        } else {
            const uint64_t whole = room / kLine;  // the tail is at the beginning of a line
            submit((whole - 1) * kLine);
            access(whole - 1);
            submit(kLine);
            publish();
        }
    }
    return true;
}

}  // namespace tessera::host
