// SPDX-License-Identifier: MIT
#include "host/config/keys.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

#include "host/config/dram_keys.h"
#include "host/config/energy_keys.h"
#include "spec/params.h"

namespace tessera::host {
namespace {

constexpr double kU32 = 4294967295.0;            // largest that fits a uint32_t
constexpr double kU64 = 18446744073709551615.0;  // no limit but the type's
constexpr double kMaxCycles = 1e6;               // a latency or a cost
constexpr double kMaxMergeCycles = 1000;         // of one element
constexpr double kMinMemory = 65536.0;           // bytes
constexpr double kMaxMemory = 1099511627776.0;   // 1 TiB
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

std::vector<ConfigKey> make_keys() {
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
         kU32,
         {},
         "query rows and key rows that one command can hold",
         TESSERA_U32(platform.params.m)},
        {"device.D",
         kDevice,
         kUnsigned,
         kRequired,
         kSet,
         0,
         kU32,
         {},
         "largest head dimension",
         TESSERA_U32(platform.params.d)},
        {"device.LANES",
         kDevice,
         kUnsigned,
         kRequired,
         kSet,
         0,
         kU32,
         {},
         "rows of multiply-add cells",
         TESSERA_U32(platform.params.lanes)},
        {"device.INTERLEAVE",
         kDevice,
         kUnsigned,
         kOptional,
         kSet,
         0,
         kU32,
         {},
         "stages of the pipelined adder, query rows that share a lane",
         TESSERA_U32(platform.params.interleave)},
        {"device.BUS_BYTES",
         kDevice,
         kUnsigned,
         kRequired,
         kSet,
         0,
         kU32,
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
         "memory to use without --memory: a preset, or a file beside this one",
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
         kU64,
         {},
         "of the random delays",
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

/// A legal device, to try one value at a time on.
ResolvedConfig legal_device() {
    ResolvedConfig c;
    c.platform.params = {1024, 64, 2, 8, 64, spec::Profile::kStateful};
    return c;
}

/// The contract's sentence on a device parameter (spec/params.h), empty for other keys.
std::string_view contract_rule(const ConfigKey& key) {
    if (key.kind != KeyKind::kUnsigned) return {};
    ResolvedConfig probe = legal_device();
    key.set(probe, uint64_t{0});
    const char* rule = spec::params_error(probe.platform.params);
    return rule != nullptr ? rule : "";
}

std::string number_text(double value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    return {text.data(), end.ptr};
}

std::string bound_text(const ConfigKey& key, double bound) {
    if (key.kind == KeyKind::kNumber) return number_text(bound);
    const bool largest = bound >= kU64;
    return std::to_string(largest ? std::numeric_limits<uint64_t>::max()
                                  : static_cast<uint64_t>(bound));
}

}  // namespace

std::string ConfigKey::path_in_file() const {
    const bool own = path.rfind("device.", 0) == 0 || path.rfind("memory.", 0) == 0;
    return own ? path.substr(7) : path;
}

std::string ConfigKey::allowed() const {
    if (kind == KeyKind::kText) {
        if (choices.empty()) return "a text";
        std::string list;
        for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
        return list;
    }
    const std::string_view rule = contract_rule(*this);
    if (!rule.empty()) return "an integer; " + std::string(rule);
    return (kind == KeyKind::kUnsigned ? "an integer, " : "a number, ") + bound_text(*this, low) +
           " to " + bound_text(*this, high);
}

std::string ConfigKey::violation(const KeyValue& value) const {
    bool good = true;
    if (const auto* text = std::get_if<std::string>(&value)) {
        good = choices.empty();
        for (const std::string& choice : choices) good = good || *text == choice;
    } else if (const auto* number = std::get_if<double>(&value)) {
        good = *number >= low && *number <= high;
    } else {
        const auto integer = std::get<uint64_t>(value);
        good = integer >= static_cast<uint64_t>(low) &&
               (high >= kU64 || integer <= static_cast<uint64_t>(high));
        const std::string_view rule = good ? contract_rule(*this) : std::string_view();
        if (!rule.empty()) {
            ResolvedConfig probe = legal_device();
            set(probe, value);
            const char* broken = spec::params_error(probe.platform.params);
            good = broken == nullptr || rule != broken;
        }
    }
    return good ? std::string() : allowed();
}

const std::vector<ConfigKey>& config_keys() {
    static const std::vector<ConfigKey> keys = [] {
        std::vector<ConfigKey> all = make_keys();
        for (ConfigKey& key : energy_keys()) all.push_back(std::move(key));
        for (ConfigKey& key : dram_keys()) all.push_back(std::move(key));
        return all;
    }();
    return keys;
}

const ConfigKey* find_key(const std::string& path) {
    for (const ConfigKey& key : config_keys()) {
        if (key.path == path) return &key;
    }
    return nullptr;
}

std::string value_text(const KeyValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* number = std::get_if<double>(&value)) return number_text(*number);
    return std::to_string(std::get<uint64_t>(value));
}

std::string manual_row(const ConfigKey& key) {
    const std::string fallback = value_text(key.get(ResolvedConfig{}));
    return "| `" + key.path + "` | " + key.allowed() + " | " +
           (key.required       ? "required"
            : fallback.empty() ? "empty"
                               : "`" + fallback + "`") +
           " | " + (key.settable ? "yes" : "no") + " | " + key.meaning + " |";
}

}  // namespace tessera::host
