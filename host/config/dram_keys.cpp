// SPDX-License-Identifier: MIT
#include "host/config/dram_keys.h"

#include <array>

namespace tessera::host {

namespace {

using hw::DramMapping;
using hw::DramOrganisation;
using hw::DramTiming;
using hw::MemoryConfig;

constexpr double kMaxClocks = 1e6;
constexpr std::array<const char*, 2> kMappings = {"RoBaRaCoCh", "MOP4CLXOR"};

ConfigKey number(const char* path, double low, double high, const char* meaning,
                 void (*set)(ResolvedConfig&, const KeyValue&),
                 KeyValue (*get)(const ResolvedConfig&)) {
    return {path, KeyFile::kMemory, KeyKind::kUnsigned, false, true, low, high, {}, meaning, set,
            get};
}

uint32_t value_of(const KeyValue& value) {
    return static_cast<uint32_t>(std::get<uint64_t>(value));
}

template <uint32_t DramOrganisation::*kMember>
ConfigKey organisation(const char* path, double low, double high, const char* meaning) {
    return number(
        path, low, high, meaning,
        [](ResolvedConfig& c, const KeyValue& v) {
            c.platform.memory.dram.organisation.*kMember = value_of(v);
        },
        [](const ResolvedConfig& c) {
            return KeyValue(uint64_t{c.platform.memory.dram.organisation.*kMember});
        });
}

template <uint32_t DramTiming::*kMember>
ConfigKey timing(const char* path, double low, const char* meaning) {
    return number(
        path, low, kMaxClocks, meaning,
        [](ResolvedConfig& c, const KeyValue& v) {
            c.platform.memory.dram.timing.*kMember = value_of(v);
        },
        [](const ResolvedConfig& c) {
            return KeyValue(uint64_t{c.platform.memory.dram.timing.*kMember});
        });
}

template <uint32_t MemoryConfig::*kMember>
ConfigKey memory(const char* path, double low, double high, const char* meaning) {
    return number(
        path, low, high, meaning,
        [](ResolvedConfig& c, const KeyValue& v) { c.platform.memory.*kMember = value_of(v); },
        [](const ResolvedConfig& c) { return KeyValue(uint64_t{c.platform.memory.*kMember}); });
}

void set_mapping(ResolvedConfig& c, const KeyValue& value) {
    c.platform.memory.dram.organisation.mapping = std::get<std::string>(value) == kMappings[1]
                                                      ? DramMapping::kMop4Clxor
                                                      : DramMapping::kRoBaRaCoCh;
}

KeyValue get_mapping(const ResolvedConfig& c) {
    return std::string(
        kMappings.at(static_cast<size_t>(c.platform.memory.dram.organisation.mapping)));
}

ConfigKey choice(const char* path, const std::array<const char*, 2>& choices, const char* meaning,
                 void (*set)(ResolvedConfig&, const KeyValue&),
                 KeyValue (*get)(const ResolvedConfig&)) {
    return {path,
            KeyFile::kMemory,
            KeyKind::kText,
            false,
            true,
            0,
            0,
            {choices.begin(), choices.end()},
            meaning,
            set,
            get};
}

/// What a controller does, unlike what a DRAM is, has defaults.
std::vector<ConfigKey> controller_keys() {
    return {
        choice(
            "memory.controller.policy", hw::kDramPolicies,
            "when the controller asks whether reads or writes go first, docs/contract/memory.md",
            [](ResolvedConfig& c, const KeyValue& v) {
                const bool registered = std::get<std::string>(v) == hw::kDramPolicies[1];
                c.platform.memory.dram.controller.policy =
                    registered ? hw::DramPolicy::kRegistered : hw::DramPolicy::kRamulator2;
            },
            [](const ResolvedConfig& c) {
                return KeyValue(std::string(c.platform.memory.dram.controller.policy_name()));
            }),
        choice(
            "memory.controller.forwarding", kSwitch,
            "on: reads of what a queued write holds are answered from the queue, "
            "docs/contract/memory.md",
            [](ResolvedConfig& c, const KeyValue& v) {
                c.platform.memory.dram.controller.forwarding =
                    std::get<std::string>(v) == kSwitch[1];
            },
            [](const ResolvedConfig& c) {
                const bool on = c.platform.memory.dram.controller.forwarding;
                return KeyValue(std::string(kSwitch.at(on ? 1 : 0)));
            }),
    };
}

std::vector<ConfigKey> timing_keys() {
    using T = DramTiming;
    return {
        timing<&T::nBL>("memory.timing.nBL", 1, "data of a column command on the bus"),
        timing<&T::nCL>("memory.timing.nCL", 1, "read to first data"),
        timing<&T::nCWL>("memory.timing.nCWL", 1, "write to first data"),
        timing<&T::nRCDRD>("memory.timing.nRCDRD", 1, "activate to read"),
        timing<&T::nRCDWR>("memory.timing.nRCDWR", 1, "activate to write"),
        timing<&T::nRP>("memory.timing.nRP", 1, "precharge to activate"),
        timing<&T::nRAS>("memory.timing.nRAS", 1, "activate to precharge"),
        timing<&T::nRC>("memory.timing.nRC", 1, "activate to activate, same bank"),
        timing<&T::nRTP>("memory.timing.nRTP", 1, "read to precharge"),
        timing<&T::nWR>("memory.timing.nWR", 1, "end of write data to precharge"),
        timing<&T::nCCDS>("memory.timing.nCCDS", 1, "column to column, other bank group"),
        timing<&T::nCCDL>("memory.timing.nCCDL", 1, "column to column, same bank group"),
        timing<&T::nRRDS>("memory.timing.nRRDS", 1, "activate to activate, other bank group"),
        timing<&T::nRRDL>("memory.timing.nRRDL", 1, "activate to activate, same bank group"),
        timing<&T::nWTRS>("memory.timing.nWTRS", 1, "end of write data to read, other bank group"),
        timing<&T::nWTRL>("memory.timing.nWTRL", 1, "end of write data to read, same bank group"),
        timing<&T::nFAW>("memory.timing.nFAW", 1, "first to fifth activate"),
        timing<&T::nRFC>("memory.timing.nRFC", 1, "refresh to activate"),
        timing<&T::nREFI>("memory.timing.nREFI", 0, "refresh to refresh; 0: none"),
    };
}

}  // namespace

std::vector<ConfigKey> dram_keys() {
    using O = DramOrganisation;
    std::vector<ConfigKey> keys = {
        number(
            "memory.tCK_ps", 100, 100000, "a clock of the command bus, in ps",
            [](ResolvedConfig& c, const KeyValue& v) {
                c.platform.memory.dram.tCK_ps = value_of(v);
            },
            [](const ResolvedConfig& c) {
                return KeyValue(uint64_t{c.platform.memory.dram.tCK_ps});
            }),
        memory<&MemoryConfig::request_cycles>("memory.request_cycles", 1, kMaxClocks,
                                              "device cycles from the device to a controller"),
        memory<&MemoryConfig::response_cycles>("memory.response_cycles", 1, kMaxClocks,
                                               "device cycles from a controller to the device"),
        memory<&MemoryConfig::write_buffer_bytes>(
            "memory.write_buffer_bytes", 1024, 1 << 30,
            "bytes a device may write ahead of the DRAM; a write is acknowledged in the buffer"),
        organisation<&O::channels>("memory.organisation.channels", 1, 64, "channels"),
        organisation<&O::pseudo_channels>("memory.organisation.pseudo_channels", 1, 4,
                                          "pseudo-channels of a channel: banks and data of their "
                                          "own, commands in common"),
        organisation<&O::bank_groups>("memory.organisation.bank_groups", 1, 16,
                                      "bank groups of a (pseudo-)channel"),
        organisation<&O::banks_per_group>("memory.organisation.banks_per_group", 1, 16,
                                          "banks of a bank group"),
        organisation<&O::rows>("memory.organisation.rows", 1, 1 << 24, "rows of a bank"),
        organisation<&O::row_bytes>("memory.organisation.row_bytes", 64, 1 << 20,
                                    "bytes of a row, over all chips of a channel"),
        organisation<&O::transaction_bytes>("memory.organisation.transaction_bytes", 16, 256,
                                            "bytes that a column command moves"),
        organisation<&O::interleave_bytes>("memory.organisation.interleave_bytes", 16, 1 << 20,
                                           "bytes after which the next channel follows"),
        organisation<&O::activate_clocks>("memory.organisation.activate_clocks", 1, 4,
                                          "clocks of an activate command; its timings count from "
                                          "the last"),
        organisation<&O::command_buses>("memory.organisation.command_buses", 1, 2,
                                        "2: row and column commands have a bus each"),
        choice("memory.organisation.mapping", kMappings,
               "order of the address bits, docs/contract/memory.md", set_mapping, get_mapping),
    };
    for (ConfigKey& key : timing_keys()) {
        key.meaning += " (clocks)";
        keys.push_back(std::move(key));
    }
    for (ConfigKey& key : keys) key.no_default = true;
    for (ConfigKey& key : controller_keys()) keys.push_back(std::move(key));
    for (ConfigKey& key : keys) key.memory_kind = "dram";
    return keys;
}

}  // namespace tessera::host
