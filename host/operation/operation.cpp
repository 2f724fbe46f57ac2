// SPDX-License-Identifier: MIT
#include "host/operation/operation.h"

namespace tessera::host {

std::vector<RunOutcome> run_on(Platform& platform, const Operation& operation,
                               const MemoryAccess& memory) {
    std::vector<FirmwareOutcome> firmware(operation.devices());
    std::vector<Platform::Program> programs;
    std::vector<fw::DriverConfig> drivers;
    for (uint32_t device = 0; device < operation.devices(); ++device) {
        programs.push_back(operation.program(device, memory, firmware[device]));
        drivers.push_back(operation.driver(device));
    }
    std::vector<RunOutcome> outcomes = platform.run_programs(programs, drivers);
    for (size_t i = 0; i < outcomes.size(); ++i) outcomes[i].firmware = firmware[i];
    return outcomes;
}

}  // namespace tessera::host
