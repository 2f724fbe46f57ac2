// SPDX-License-Identifier: MIT
#include "host/config/keys.h"

#include <array>
#include <charconv>
#include <limits>
#include <string_view>

#include "host/config/dram_keys.h"
#include "host/config/energy_keys.h"
#include "host/config/machine_keys.h"
#include "spec/params.h"

namespace tessera::host {
namespace {

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
    const bool largest = bound >= kMaxUnsigned;
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
               (high >= kMaxUnsigned || integer <= static_cast<uint64_t>(high));
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
        std::vector<ConfigKey> all = machine_keys();
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
