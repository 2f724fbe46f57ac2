// SPDX-License-Identifier: MIT
#include "host/run/run_record.h"

#include <algorithm>

#include "host/platform/counters.h"

namespace tessera::host {

RunOutcome combined(const std::vector<RunOutcome>& devices) {
    using spec::Counter;
    const auto at = [](RunOutcome& outcome, Counter counter) -> uint64_t& {
        return outcome.counters[static_cast<size_t>(counter)];
    };
    RunOutcome all;
    all.firmware.status = devices.front().firmware.status;
    uint64_t longest = 0;
    for (const RunOutcome& one : devices) {
        longest = std::max(longest, counter_value(one.counters, Counter::kCycles));
        for (uint32_t c = 0; c < spec::kCounters; ++c) all.counters[c] += one.counters[c];
        all.firmware.calls += one.firmware.calls;
        all.commands_total += one.commands_total;
        all.firmware_cycles += one.firmware_cycles;
        all.firmware_wait_cycles += one.firmware_wait_cycles;
        all.merging.work += one.merging.work;
        all.merging.cycles += one.merging.cycles;
        all.end_cycle = std::max(all.end_cycle, one.end_cycle);
    }
    at(all, Counter::kCycles) = longest;
    for (const RunOutcome& one : devices) {
        const uint64_t over = longest - counter_value(one.counters, Counter::kCycles);
        for (const Counter idle :
             {Counter::kLoadIdle, Counter::kScoreIdle, Counter::kValueIdle, Counter::kStoreIdle})
            at(all, idle) += over;
    }
    return all;
}

bool approximation_withheld(const RunRecord& record) {
    return record.approximation && !record.approximation->verdict.valid() &&
           !record.problem.approximation->accept;
}

bool withheld(const RunRecord& record) {
    return approximation_withheld(record) || record.exactness.withheld();
}

uint64_t commands_traced(const std::vector<RunOutcome>& devices) {
    uint64_t traced = 0;
    for (const RunOutcome& device : devices) traced += device.commands.size();
    return traced;
}

}  // namespace tessera::host
