// SPDX-License-Identifier: MIT
// Short runs of one DRAM channel with its command log, for tests.
#pragma once
#include <string>
#include <vector>

#include "hw_model/memory/dram_channel.h"

namespace tessera::test {

struct DramRequest {
    hw::Clock clock = 0;
    hw::DramRun run;
};

inline DramRequest dram_read(hw::Clock clock, uint32_t group, uint32_t bank, uint32_t row,
                             uint32_t count = 1, uint32_t pseudo_channel = 0) {
    return {clock, {pseudo_channel, group, bank, row, false, count, 0}};
}
inline DramRequest dram_write(hw::Clock clock, uint32_t group, uint32_t bank, uint32_t row,
                              uint32_t count = 1, uint32_t pseudo_channel = 0) {
    return {clock, {pseudo_channel, group, bank, row, true, count, 0}};
}

/// What a channel did.
struct DramLog {
    std::vector<hw::DramCommandRecord> commands;
    std::vector<hw::DramColumns> columns;
    hw::DramStats stats;

    /// Clock of the n-th command of that kind, from 0; kNoClock if there is none.
    hw::Clock clock_of(hw::DramCommand command, uint32_t nth = 0) const;
    /// "A0 R1 P4": kind and clock of all commands. A, P, p (all banks), F (refresh), R, W.
    std::string text() const;
    /// As text(), kinds only.
    std::string kinds() const;
};

/// The requests, in order of clock, on a new channel until `until`.
DramLog run_dram(const hw::DramSpec& spec, const std::vector<DramRequest>& requests,
                 hw::Clock until);

/// 4 groups of 4 banks, one command bus, no refresh, every constraint one clock.
hw::DramSpec quick_dram();

}  // namespace tessera::test
