// SPDX-License-Identifier: MIT
// Every configuration key, once: its path, type, range and place in the resolved configuration.
// Reading, --set, error texts and docs/use/configuration.md all come from this table.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "host/config/config.h"

namespace tessera::host {

using KeyValue = std::variant<uint64_t, double, std::string>;
enum class KeyKind { kUnsigned, kNumber, kText };
enum class KeyFile { kDevice, kMemory };
/// Choices of what is switched.
inline constexpr std::array<const char*, 2> kSwitch = {"off", "on"};
/// The upper end of a range that only the type limits.
inline constexpr double kMaxUnsigned = 18446744073709551615.0;

struct ConfigKey {
    std::string path;  ///< as --set names it: "device.LANES", "firmware.plan_cycles"
    KeyFile file;
    KeyKind kind;
    bool required;  ///< in its file; else the default of the resolved struct holds
    bool settable;  ///< with --set
    double low;     ///< of numbers
    double high;
    std::vector<std::string> choices;  ///< of texts; none: any text
    std::string meaning;               ///< with its unit
    void (*set)(ResolvedConfig&, const KeyValue&);
    KeyValue (*get)(const ResolvedConfig&);
    std::string memory_kind = {};  ///< the kind of memory that has it; empty: all, or no memory's
    bool no_default = false;       ///< must be given for that kind of memory

    bool applies(const std::string& to_memory_kind) const {
        return memory_kind.empty() || memory_kind == to_memory_kind;
    }
    /// The path inside its file: "LANES", "firmware.plan_cycles", "stall.permille".
    std::string path_in_file() const;
    /// What is allowed, as a sentence for messages and the manual.
    std::string allowed() const;
    /// Why `value` alone is not allowed: allowed(), or nothing if it is.
    std::string violation(const KeyValue& value) const;
};

const std::vector<ConfigKey>& config_keys();
/// The key of that --set path, or nullptr.
const ConfigKey* find_key(const std::string& path);
/// "128", "0.5", "stateful".
std::string value_text(const KeyValue& value);
/// The key's row in the table of docs/use/configuration.md.
std::string manual_row(const ConfigKey& key);

}  // namespace tessera::host
