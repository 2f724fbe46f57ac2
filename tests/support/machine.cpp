// SPDX-License-Identifier: MIT
#include "tests/support/machine.h"

#include <cstdio>
#include <stdexcept>

#include "tests/support/compared.h"

namespace tessera::test {

void report(const verify::Comparison& comparison, const std::string& what) {
    std::string texts;
    for (const verify::Difference& d : comparison.first) texts += d.text + "\n";
    INFO(texts);
    std::printf("compared %llu %s, %llu different\n",
                static_cast<unsigned long long>(comparison.elements), what.c_str(),
                static_cast<unsigned long long>(comparison.differences));
    CHECK(comparison.elements > 0);
    CHECK(comparison.differences == 0);
}

fw::Status submit_all(fw::Driver& driver, const std::vector<spec::Command>& commands) {
    for (const spec::Command& c : commands)
        if (fw::Status s = driver.submit(c); !s.ok()) return s;
    return driver.fence();
}

spec::DeviceParams device_params(const std::string& preset) {
    using spec::DeviceParams;
    constexpr auto kFull = spec::Profile::kStateful;
    if (preset == "tiny") return DeviceParams{16, 16, 2, 4, 16, kFull};
    if (preset == "small") return DeviceParams{64, 64, 4, 4, 32, kFull};
    if (preset == "base") return DeviceParams{128, 64, 16, 4, 64, kFull};
    if (preset == "odd") return DeviceParams{48, 24, 3, 2, 16, kFull};
    if (preset == "broad") return DeviceParams{16, 267, 2, 4, 16, kFull};
    if (preset == "thin") return DeviceParams{40, 20, 5, 1, 32, kFull};
    if (preset == "eight") return DeviceParams{32, 40, 2, 8, 128, kFull};
    throw std::runtime_error("no test device " + preset);
}

spec::Command make_load(spec::Opcode opcode, uint32_t bank, uint64_t address, uint32_t rows,
                        uint32_t d, const spec::DeviceParams& params) {
    spec::Command c;
    c.opcode = opcode;
    c.rows = rows;
    c.address = address;
    switch (opcode) {
        case spec::Opcode::kLoadQ: c.q_bank = bank; break;
        case spec::Opcode::kLoadK: c.k_bank = bank; break;
        case spec::Opcode::kLoadV: c.v_bank = bank; break;
        default: c.state_bank = bank; break;
    }
    const bool keys = opcode == spec::Opcode::kLoadQ || opcode == spec::Opcode::kLoadK;
    (keys ? c.d_k : c.d_v) = d;
    c.pitch = params.beats(spec::row_bytes(params, c)) * params.bus_bytes;
    return c;
}

spec::Command make_attend(uint32_t rows, uint32_t keys, uint32_t d_k, uint32_t d_v) {
    spec::Command c;
    c.opcode = spec::Opcode::kAttend;
    c.rows = rows;
    c.keys = keys;
    c.d_k = d_k;
    c.d_v = d_v;
    c.factor = 0x3e800000;  // 0.25
    return c;
}

spec::Command make_store(spec::Opcode opcode, uint32_t bank, uint64_t address, uint32_t rows,
                         uint32_t d_v, const spec::DeviceParams& params, uint32_t flags) {
    spec::Command c;
    c.opcode = opcode;
    c.flags = flags;
    c.state_bank = bank;
    c.rows = rows;
    c.d_v = d_v;
    c.address = address;
    c.pitch = params.beats(spec::row_bytes(params, c)) * params.bus_bytes;
    return c;
}

uint32_t reset_value(const spec::RegisterInfo& info, const spec::DeviceParams& params) {
    switch (info.reg) {
        case spec::Reg::kCapM: return params.m;
        case spec::Reg::kCapD: return params.d;
        case spec::Reg::kCapLanes: return params.lanes;
        case spec::Reg::kCapInterleave: return params.interleave;
        case spec::Reg::kCapBusBytes: return params.bus_bytes;
        case spec::Reg::kCapProfile:
            return static_cast<uint32_t>(params.profile) | (params.key_ranges ? 1u << 8 : 0);
        default: return info.reset;
    }
}

}  // namespace tessera::test
