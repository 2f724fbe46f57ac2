// SPDX-License-Identifier: MIT
#include "host/report/run_record.h"

#include <algorithm>

#include "host/report/counters.h"

namespace tessera::host {

RunOutcome combined(const std::vector<RunOutcome>& devices) {
    using spec::Counter;
    const auto at = [](RunOutcome& outcome, Counter counter) -> uint64_t& {
        return outcome.counters[static_cast<size_t>(counter)];
    };
    RunOutcome all = devices.front();
    for (size_t i = 1; i < devices.size(); ++i) {
        const RunOutcome& one = devices[i];
        const uint64_t longest =
            std::max(at(all, Counter::kCycles), counter_value(one.counters, Counter::kCycles));
        for (uint32_t c = 0; c < spec::kCounters; ++c) all.counters[c] += one.counters[c];
        at(all, Counter::kCycles) = longest;
        all.calls += one.calls;
        all.firmware_cycles += one.firmware_cycles;
        all.firmware_wait_cycles += one.firmware_wait_cycles;
        all.end_cycle = std::max(all.end_cycle, one.end_cycle);
    }
    const uint64_t cycles = at(all, Counter::kCycles);
    for (const RunOutcome& one : devices) {
        const uint64_t over = cycles - counter_value(one.counters, Counter::kCycles);
        for (const Counter idle :
             {Counter::kLoadIdle, Counter::kScoreIdle, Counter::kValueIdle, Counter::kStoreIdle})
            at(all, idle) += over;
    }
    return all;
}

}  // namespace tessera::host
