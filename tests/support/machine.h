// SPDX-License-Identifier: MIT
// The machine of host/verify with what only tests need: devices by name, commands written by hand.
#pragma once
#include "host/verify/compare.h"
#include "host/verify/machine.h"

namespace tessera::test {

using namespace verify;

/// Fails the test unless `comparison` compared something and found no difference.
void report(const verify::Comparison& comparison, const std::string& what);

/// The driver's own way: submits every command, then a FENCE.
fw::Status submit_all(fw::Driver& driver, const std::vector<spec::Command>& commands);

/// Presets by name: tiny, small, base; "odd" is M=48, D=24, LANES=3, INTERLEAVE=2, 16 bytes;
/// "broad" is M=16, D=267, LANES=2, INTERLEAVE=4, 16 bytes.
spec::DeviceParams device_params(const std::string& preset);

/// What a register reads as after reset: capabilities are those of the device.
uint32_t reset_value(const spec::RegisterInfo& info, const spec::DeviceParams& params);

/// A LOAD_Q/K/V or STORE with tight rows, for tests that write commands by hand.
spec::Command make_load(spec::Opcode opcode, uint32_t bank, uint64_t address, uint32_t rows,
                        uint32_t d, const spec::DeviceParams& params);
spec::Command make_attend(uint32_t rows, uint32_t keys, uint32_t d_k, uint32_t d_v);
spec::Command make_store(spec::Opcode opcode, uint32_t bank, uint64_t address, uint32_t rows,
                         uint32_t d_v, const spec::DeviceParams& params, uint32_t flags = 0);

}  // namespace tessera::test
