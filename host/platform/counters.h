// SPDX-License-Identifier: MIT
// The device's counters by name, and their sums that the report needs.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "spec/counters.h"

namespace tessera::host {

using CounterValues = std::array<uint64_t, spec::kCounters>;

inline uint64_t counter_value(const CounterValues& values, spec::Counter counter) {
    return values[static_cast<size_t>(counter)];
}

/// Everything that crossed the memory port, bytes.
inline uint64_t total_bytes(const CounterValues& values) {
    using spec::Counter;
    uint64_t sum = 0;
    for (const Counter counter :
         {Counter::kBytesQ, Counter::kBytesK, Counter::kBytesV, Counter::kBytesStateRead,
          Counter::kBytesIndex, Counter::kBytesDescriptor, Counter::kBytesO,
          Counter::kBytesStateWrite, Counter::kBytesRecord})
        sum += counter_value(values, counter);
    return sum;
}

/// The engine whose busy, stalled and idle cycles, on all `devices` together, do not add up to
/// their `cycles`, or nullptr.
inline const char* broken_identity(const CounterValues& values, uint32_t devices = 1) {
    using spec::Counter;
    static constexpr struct {
        const char* engine;
        Counter first, last;
    } kEngines[] = {{"the load engine", Counter::kLoadBusy, Counter::kLoadIdle},
                    {"the score stage", Counter::kScoreBusy, Counter::kScoreIdle},
                    {"the value stage", Counter::kValueBusy, Counter::kValueIdle},
                    {"the store engine", Counter::kStoreBusy, Counter::kStoreIdle}};
    for (const auto& engine : kEngines) {
        uint64_t sum = 0;
        for (size_t i = static_cast<size_t>(engine.first); i <= static_cast<size_t>(engine.last);
             ++i)
            sum += values[i];
        if (sum != devices * counter_value(values, Counter::kCycles)) return engine.engine;
    }
    return nullptr;
}

}  // namespace tessera::host
