// SPDX-License-Identifier: MIT
#include "host/config/machine_keys.h"

#include <array>
#include <cmath>
#include <type_traits>

namespace tessera::host {
namespace {

constexpr double kMaxU32 = 4294967295.0;        // largest that fits a uint32_t
constexpr double kMaxCycles = 1e6;              // a latency or a cost
constexpr double kMaxMergeCycles = 1000;        // of one element
constexpr double kMinMemory = 65536.0;          // bytes
constexpr double kMaxMemory = 1099511627776.0;  // 1 TiB
constexpr std::array<const char*, 3> kProfiles = {"blackbox", "stats", "stateful"};

uint32_t u32(const KeyValue& value) { return static_cast<uint32_t>(std::get<uint64_t>(value)); }

void set_profile(ResolvedConfig& c, const KeyValue& value) {
    for (uint32_t i = 0; i < kProfiles.size(); ++i) {
        if (std::get<std::string>(value) == kProfiles[i])
            c.platform.params.profile = static_cast<spec::Profile>(i);
    }
}

KeyValue get_profile(const ResolvedConfig& c) {
    return std::string(kProfiles.at(static_cast<uint32_t>(c.platform.params.profile)));
}

void set_key_ranges(ResolvedConfig& c, const KeyValue& value) {
    c.platform.params.key_ranges = std::get<std::string>(value) == kSwitch[1];
}

KeyValue get_key_ranges(const ResolvedConfig& c) {
    return std::string(kSwitch.at(c.platform.params.key_ranges ? 1 : 0));
}

void set_clock(ResolvedConfig& c, const KeyValue& value) {
    c.clock_ghz = std::get<double>(value);
    c.platform.cycle_fs = static_cast<uint32_t>(std::lround(1e6 / c.clock_ghz));
}

KeyValue get_clock(const ResolvedConfig& c) { return c.clock_ghz; }

/// Accessors of the member that `c.MEMBER` names.
#define TESSERA_U32(MEMBER)                                          \
    [](ResolvedConfig& c, const KeyValue& v) { c.MEMBER = u32(v); }, \
        [](const ResolvedConfig& c) { return KeyValue(uint64_t{c.MEMBER}); }
#define TESSERA_VALUE(MEMBER)                                                \
    [](ResolvedConfig& c, const KeyValue& v) {                               \
        c.MEMBER = std::get<std::remove_reference_t<decltype(c.MEMBER)>>(v); \
    },                                                                       \
        [](const ResolvedConfig& c) { return KeyValue(c.MEMBER); }

}  // namespace

std::vector<ConfigKey> machine_keys() {
    constexpr auto kDevice = KeyFile::kDevice;
    constexpr auto kMemory = KeyFile::kMemory;
    constexpr auto kUnsigned = KeyKind::kUnsigned;
    constexpr auto kText = KeyKind::kText;
    constexpr bool kRequired = true, kOptional = false, kSet = true, kFileOnly = false;
    return {
        {"device.description",
         kDevice,
         kText,
         kOptional,
         kFileOnly,
         0,
         0,
         {},
         "what the device is for",
         TESSERA_VALUE(device_description)},
        {"device.M",
         kDevice,
         kUnsigned,
         kRequired,
         kSet,
         0,
         kMaxU32,
         {},
         "query rows and key rows that one command can hold",
         TESSERA_U32(platform.params.m)},
        {"device.D",
         kDevice,
         kUnsigned,
         kRequired,
         kSet,
         0,
         kMaxU32,
         {},
         "largest head dimension",
         TESSERA_U32(platform.params.d)},
        {"device.LANES",
         kDevice,
         kUnsigned,
         kRequired,
         kSet,
         0,
         kMaxU32,
         {},
         "rows of multiply-add cells",
         TESSERA_U32(platform.params.lanes)},
        {"device.INTERLEAVE",
         kDevice,
         kUnsigned,
         kOptional,
         kSet,
         0,
         kMaxU32,
         {},
         "stages of the pipelined adder, query rows that share a lane",
         TESSERA_U32(platform.params.interleave)},
        {"device.BUS_BYTES",
         kDevice,
         kUnsigned,
         kRequired,
         kSet,
         0,
         kMaxU32,
         {},
         "memory bus, bytes per beat",
         TESSERA_U32(platform.params.bus_bytes)},
        {"device.profile",
         kDevice,
         kText,
         kOptional,
         kSet,
         0,
         0,
         {kProfiles.begin(), kProfiles.end()},
         "the commands that the device accepts",
         set_profile,
         get_profile},
        {"device.key_ranges",
         kDevice,
         kText,
         kOptional,
         kSet,
         0,
         0,
         {kSwitch.begin(), kSwitch.end()},
         "on: rows visit only the keys that their mask may allow, docs/contract/device.md",
         set_key_ranges,
         get_key_ranges},
        {"device.clock_ghz",
         kDevice,
         KeyKind::kNumber,
         kOptional,
         kSet,
         0.001,
         100,
         {},
         "device clock in GHz; turns cycles into time, and sets the ratio to the clock of a DRAM",
         set_clock,
         get_clock},
        {"device.memory",
         kDevice,
         kText,
         kOptional,
         kFileOnly,
         0,
         0,
         {},
         "memory to use where none is named: a preset, or a file beside this one",
         TESSERA_VALUE(memory_name)},
        {"firmware.plan_cycles",
         kDevice,
         kUnsigned,
         kOptional,
         kSet,
         0,
         kMaxCycles,
         {},
         "device cycles that firmware takes to decide on one command",
         TESSERA_U32(platform.firmware.plan_cycles)},
        {"firmware.descriptor_cycles",
         kDevice,
         kUnsigned,
         kOptional,
         kSet,
         0,
         kMaxCycles,
         {},
         "device cycles that firmware takes to write one descriptor",
         TESSERA_U32(platform.firmware.descriptor_cycles)},
        {"firmware.merge_cycles_per_element",
         kDevice,
         KeyKind::kNumber,
         kOptional,
         kSet,
         0,
         kMaxMergeCycles,
         {},
         "device cycles that the processor takes for one element: merging "
         "(docs/inside/firmware.md), and "
         "what approximate schedules and linear attention leave to it (docs/use/report.md)",
         TESSERA_VALUE(platform.firmware.merge_cycles_per_element)},
        {"firmware.arithmetic_cycles_per_element",
         kDevice,
         KeyKind::kNumber,
         kOptional,
         kSet,
         0,
         kMaxMergeCycles,
         {},
         "device cycles that the processor takes for one element of elementwise additions, scaling "
         "and relu (docs/inside/firmware.md)",
         TESSERA_VALUE(platform.firmware.arithmetic_cycles_per_element)},
        {"firmware.function_cycles_per_element",
         kDevice,
         KeyKind::kNumber,
         kOptional,
         kSet,
         0,
         kMaxMergeCycles,
         {},
         "device cycles that the processor takes for one element of elementwise functions with an "
         "exponential",
         TESSERA_VALUE(platform.firmware.function_cycles_per_element)},
        {"firmware.statistic_cycles_per_element",
         kDevice,
         KeyKind::kNumber,
         kOptional,
         kSet,
         0,
         kMaxMergeCycles,
         {},
         "device cycles that the processor takes for one element of maximum, sum, mean or root "
         "mean square of a row",
         TESSERA_VALUE(platform.firmware.statistic_cycles_per_element)},
        {"firmware.rotary_cycles_per_element",
         kDevice,
         KeyKind::kNumber,
         kOptional,
         kSet,
         0,
         kMaxMergeCycles,
         {},
         "device cycles that the processor takes for one element of rotary positions",
         TESSERA_VALUE(platform.firmware.rotary_cycles_per_element)},
        {"firmware.move_cycles_per_element",
         kDevice,
         KeyKind::kNumber,
         kOptional,
         kSet,
         0,
         kMaxMergeCycles,
         {},
         "device cycles that the processor takes for one element of rows that it gathers",
         TESSERA_VALUE(platform.firmware.move_cycles_per_element)},
        {"memory.description",
         kMemory,
         kText,
         kOptional,
         kFileOnly,
         0,
         0,
         {},
         "what the memory is",
         TESSERA_VALUE(memory_description)},
        {"memory.source",
         kMemory,
         kText,
         kOptional,
         kFileOnly,
         0,
         0,
         {},
         "where the numbers are from",
         TESSERA_VALUE(memory_source)},
        {"memory.kind",
         kMemory,
         kText,
         kRequired,
         kSet,
         0,
         0,
         {"ideal", "dram"},
         "ideal: fixed latency, one beat a cycle each way and device; dram: "
         "docs/contract/memory.md",
         TESSERA_VALUE(platform.memory.kind)},
        {"memory.size_bytes",
         kMemory,
         kUnsigned,
         kOptional,
         kSet,
         kMinMemory,
         kMaxMemory,
         {},
         "bytes, a multiple of 4096; an access beyond is a bus error",
         TESSERA_VALUE(platform.memory.size_bytes)},
        {"memory.read_latency_cycles",
         kMemory,
         kUnsigned,
         kOptional,
         kSet,
         1,
         kMaxCycles,
         {},
         "device cycles from request to first beat",
         TESSERA_U32(platform.memory.read_latency_cycles),
         "ideal"},
        {"memory.write_latency_cycles",
         kMemory,
         kUnsigned,
         kOptional,
         kSet,
         1,
         kMaxCycles,
         {},
         "device cycles from last beat to response",
         TESSERA_U32(platform.memory.write_latency_cycles),
         "ideal"},
        {"memory.stall.seed",
         kMemory,
         kUnsigned,
         kOptional,
         kSet,
         0,
         kMaxUnsigned,
         {},
         "seed of the random delays",
         TESSERA_VALUE(platform.memory.stall.seed),
         "ideal"},
        {"memory.stall.permille",
         kMemory,
         kUnsigned,
         kOptional,
         kSet,
         0,
         1000,
         {},
         "beats in a thousand that are delayed",
         TESSERA_U32(platform.memory.stall.permille),
         "ideal"},
        {"memory.stall.max_cycles",
         kMemory,
         kUnsigned,
         kOptional,
         kSet,
         0,
         kMaxCycles,
         {},
         "longest delay in device cycles, at least 1 if there are delays",
         TESSERA_U32(platform.memory.stall.max_cycles),
         "ideal"},
    };
}
#undef TESSERA_U32
#undef TESSERA_VALUE

}  // namespace tessera::host
