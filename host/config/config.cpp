// SPDX-License-Identifier: MIT
#include "host/config/config.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "host/config/checks.h"
#include "host/config/keys.h"
#include "host/config/presets.h"
#include "host/error.h"
#include "host/io/json_text.h"
#include "host/io/mapped_file.h"

namespace tessera::host {
namespace {

using nlohmann::json;
constexpr uint64_t kMaxConfigBytes = 1 << 20;

/// A configuration file: what messages call it, and its JSON.
struct Source {
    std::string where;
    std::string name;
    std::string text;
};

bool is_file_name(const std::string& name) {
    const bool json_file = name.size() > 5 && name.compare(name.size() - 5, 5, ".json") == 0;
    return json_file || name.find('/') != std::string::npos;
}

/// Names that presets had before; they stay usable.
std::string present_name(const std::string& name) {
    static const std::pair<const char*, const char*> kAliases[] = {{"oracle", "blackbox-64"},
                                                                   {"oracle-wide", "blackbox-128"}};
    for (const auto& [before, now] : kAliases)
        if (name == before) return now;
    return name;
}

std::string names_of(const std::vector<EmbeddedPreset>& presets) {
    std::string names;
    for (const EmbeddedPreset& preset : presets) names += preset.name + std::string(", ");
    return names + "or the path of a .json file";
}

/// A preset or a file; `where` is who named it (a field, a device file), `key` its key there.
Source find_source(const std::string& where, const std::string& key, const std::string& name,
                   const std::vector<EmbeddedPreset>& presets) {
    if (!is_file_name(name)) {
        const std::string present = present_name(name);
        for (const EmbeddedPreset& preset : presets) {
            if (present == preset.name) return {"preset " + present, present, preset.text};
        }
        std::error_code error;
        const bool folder = std::filesystem::is_directory(name, error);
        if (folder || error == std::errc::too_many_symbolic_link_levels)
            throw system_error(name, "cannot open for reading", folder ? EISDIR : ELOOP);
        throw bad_value(where, key, name, names_of(presets));
    }
    const MappedFile file(name);
    if (file.bytes() > kMaxConfigBytes) {
        throw bad_value(name, "file size", std::to_string(file.bytes()) + " bytes",
                        "at most " + std::to_string(kMaxConfigBytes));
    }
    return {name,
            std::filesystem::path(name).stem().string(),
            {reinterpret_cast<const char*>(file.data()), file.bytes()}};
}

KeyValue value_from_json(const ConfigKey& key, const std::string& where, const json& value) {
    if (key.kind == KeyKind::kUnsigned && value.is_number_unsigned()) return value.get<uint64_t>();
    if (key.kind == KeyKind::kNumber && value.is_number()) return value.get<double>();
    if (key.kind == KeyKind::kText && value.is_string() &&
        value.get_ref<const std::string&>().find('\0') == std::string::npos)
        return value.get<std::string>();
    const bool text = key.kind == KeyKind::kText && key.choices.empty() && value.is_string();
    throw bad_value(where, key.path_in_file(), json_excerpt(value),
                    text ? "a text without NUL" : key.allowed());
}

KeyValue value_from_text(const ConfigKey& key, const std::string& where, const std::string& text) {
    const char* end = text.data() + text.size();
    if (key.kind == KeyKind::kText) return text;
    if (key.kind == KeyKind::kUnsigned) {
        uint64_t integer = 0;
        const auto read = std::from_chars(text.data(), end, integer);
        if (read.ec == std::errc() && read.ptr == end) return integer;
    } else {
        double number = 0;
        const auto read = std::from_chars(text.data(), end, number);
        if (read.ec == std::errc() && read.ptr == end) return number;
    }
    throw bad_value(where, key.path, text, key.allowed());
}

void check_value(const ConfigKey& key, const std::string& where, const std::string& shown_key,
                 const KeyValue& value) {
    const std::string allowed = key.violation(value);
    if (!allowed.empty()) throw bad_value(where, shown_key, value_text(value), allowed);
}

/// The keys of one file below `prefix` ("", "firmware."), comma-separated, for messages. Those of
/// other kinds of memory than `kind` are left out, unless that is empty.
std::string keys_below(KeyFile file, const std::string& prefix, const std::string& kind = "") {
    std::string names;
    for (const ConfigKey& key : config_keys()) {
        const std::string path = key.path_in_file();
        if (key.file != file || path.rfind(prefix, 0) != 0) continue;
        if (!kind.empty() && !key.applies(kind)) continue;
        names += (names.empty() ? "" : ", ") + path;
    }
    return names;
}

/// Reads the members of `object`, whose keys start with `prefix`, into `said`. `kind`: that of the
/// memory, if it is known.
void read_object(const Source& source, KeyFile file, const json& object, const std::string& prefix,
                 const std::string& kind, Statements& said) {
    for (const auto& [name, value] : object.items()) {
        const std::string path = prefix + name;
        const auto& keys = config_keys();
        const auto key = std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& k) {
            return k.file == file && k.path_in_file() == path;
        });
        const bool known = key != keys.end() && name.find('.') == std::string::npos;
        const std::string below = known ? std::string() : keys_below(file, path + ".");
        if (!known && below.empty()) {
            const std::string names = keys_below(file, prefix, kind);
            throw bad_key(source.where, prefix, name, "unknown",
                          names.empty() ? "no such key with memory of kind " + kind : names);
        }
        if (known) {
            const KeyValue read = value_from_json(*key, source.where, value);
            check_value(*key, source.where, path, read);
            said[key->path] = {read, source.where};
        } else if (value.is_object()) {
            read_object(source, file, value, path + ".", kind, said);
        } else {
            throw bad_value(source.where, path, json_excerpt(value), "an object of " + below);
        }
    }
}

void read_source(const Source& source, KeyFile file, Statements& said) {
    const json root = parse_json(source.where, source.text);
    if (!root.is_object())
        throw bad_value(source.where, "the file's content", json_excerpt(root), "a JSON object");
    const auto kind = root.find("kind");
    const bool known = kind != root.end() && kind->is_string();
    read_object(source, file, root, "", known ? kind->get<std::string>() : "", said);
    for (const ConfigKey& key : config_keys()) {
        if (key.file == file && key.required && said.count(key.path) == 0)
            throw bad_value(source.where, key.path_in_file(), "missing", key.allowed());
    }
}

/// "key=value" of the settings.
void read_override(const std::string& text, Statements& said) {
    const std::string where = "`machine.settings`";
    const size_t equals = text.find('=');
    const std::string path = text.substr(0, equals);
    const ConfigKey* key = find_key(path);
    if (key == nullptr || !key->settable) {
        const auto kind = said.find("memory.kind");
        std::string names;
        for (const ConfigKey& k : config_keys()) {
            const bool applies =
                kind == said.end() || k.applies(std::get<std::string>(kind->second.value));
            if (k.settable && applies) names += (names.empty() ? "" : ", ") + k.path;
        }
        const bool fixed = key != nullptr;
        throw bad_key(where, "", path, fixed ? "not to be set here" : "unknown", names);
    }
    if (equals == std::string::npos)
        throw bad_value(where, path, "without a value", path + "=VALUE: " + key->allowed());
    const KeyValue value = value_from_text(*key, where, text.substr(equals + 1));
    check_value(*key, where, path, value);
    Said& statement = said[path];
    if (statement.where == where)
        throw bad_value(where, path, "given twice", "once, it was " + value_text(statement.value));
    statement = {value, where};
}

/// `field` names the memory.
ResolvedConfig resolve(const Source& device, const Source& memory, const std::string& field,
                       Statements said, const std::vector<std::string>& sets) {
    ResolvedConfig config;
    about_field(field, [&] { read_source(memory, KeyFile::kMemory, said); });
    for (const std::string& text : sets) read_override(text, said);
    for (const auto& [path, statement] : said) {
        find_key(path)->set(config, statement.value);
        config.given[path] = statement.where;
    }
    config.device_name = device.name;
    config.platform.memory.name = memory.name;
    check_config(config, said);
    return config;
}

std::vector<PresetInfo> list(const std::vector<EmbeddedPreset>& presets) {
    std::vector<PresetInfo> infos;
    for (const EmbeddedPreset& preset : presets) {
        const json text = parse_json(preset.name, preset.text);
        infos.push_back({preset.name, text.value("description", "")});
    }
    return infos;
}

}  // namespace

json resolved_json(const ResolvedConfig& config) {
    json resolved;
    for (const ConfigKey& key : config_keys()) {
        if (!key.applies(config.platform.memory.kind)) continue;
        std::string pointer = "/" + key.path;
        std::replace(pointer.begin(), pointer.end(), '.', '/');
        json& place = resolved[json::json_pointer(pointer)];
        std::visit([&](const auto& value) { place = value; }, key.get(config));
    }
    resolved["device"]["name"] = config.device_name;
    resolved["device"]["memory"] = config.platform.memory.name;
    resolved["memory"]["name"] = config.platform.memory.name;
    return resolved;
}

ResolvedConfig resolve_config(const std::string& device, const std::optional<std::string>& memory,
                              const std::vector<std::string>& sets) {
    Statements said;
    const Source source = about_field("machine.device", [&] {
        Source found = find_source("`machine.device`", "device", device, embedded_devices());
        read_source(found, KeyFile::kDevice, said);
        return found;
    });
    if (memory) {
        const Source found = about_field("machine.memory", [&] {
            return find_source("`machine.memory`", "memory", *memory, embedded_memories());
        });
        return resolve(source, found, "machine.memory", said, sets);
    }
    const auto statement = said.find("device.memory");
    std::string name = statement == said.end() ? ResolvedConfig{}.memory_name
                                               : std::get<std::string>(statement->second.value);
    if (is_file_name(name)) name = (std::filesystem::path(device).parent_path() / name).string();
    const Source found = about_field("machine.device", [&] {
        return find_source(source.where, "memory", name, embedded_memories());
    });
    return resolve(source, found, "machine.device", said, sets);
}

ResolvedConfig resolve_config_text(const std::string& device_file, const std::string& device_text,
                                   const std::string& memory_file, const std::string& memory_text,
                                   const std::vector<std::string>& sets) {
    const Source device{device_file, std::filesystem::path(device_file).stem().string(),
                        device_text};
    const Source memory{memory_file, std::filesystem::path(memory_file).stem().string(),
                        memory_text};
    Statements said;
    read_source(device, KeyFile::kDevice, said);
    return resolve(device, memory, "", said, sets);
}

std::vector<PresetInfo> device_presets() { return list(embedded_devices()); }
std::vector<PresetInfo> memory_presets() { return list(embedded_memories()); }

}  // namespace tessera::host
