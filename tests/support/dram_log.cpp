// SPDX-License-Identifier: MIT
#include "tests/support/dram_log.h"

namespace tessera::test {

namespace {

char letter(hw::DramCommand command) { return "APpFRW"[static_cast<size_t>(command)]; }

}  // namespace

hw::Clock DramLog::clock_of(hw::DramCommand command, uint32_t nth) const {
    for (const hw::DramCommandRecord& record : commands)
        if (record.command == command && nth-- == 0) return record.clock;
    return hw::kNoClock;
}

std::string DramLog::text() const {
    std::string text;
    for (const hw::DramCommandRecord& record : commands) {
        if (!text.empty()) text += ' ';
        text += letter(record.command) + std::to_string(record.clock);
    }
    return text;
}

std::string DramLog::kinds() const {
    std::string text;
    for (const hw::DramCommandRecord& record : commands) text += letter(record.command);
    return text;
}

DramLog run_dram(const hw::DramSpec& spec, const std::vector<DramRequest>& requests,
                 hw::Clock until) {
    DramLog log;
    hw::DramChannel channel(spec);
    channel.record(&log.commands);
    for (const DramRequest& request : requests) channel.arrive(request.run, request.clock);
    channel.run(until, log.columns);
    log.stats = channel.stats();
    return log;
}

hw::DramSpec quick_dram() {
    hw::DramSpec spec;
    spec.timing.nBL = spec.timing.nCL = spec.timing.nCWL = 1;
    spec.timing.nRCDRD = spec.timing.nRCDWR = spec.timing.nRP = 1;
    spec.timing.nRAS = spec.timing.nRC = spec.timing.nRTP = spec.timing.nWR = 1;
    spec.timing.nCCDS = spec.timing.nCCDL = spec.timing.nRRDS = spec.timing.nRRDL = 1;
    spec.timing.nWTRS = spec.timing.nWTRL = spec.timing.nFAW = spec.timing.nRFC = 1;
    spec.timing.nREFI = 0;
    return spec;
}

}  // namespace tessera::test
