// SPDX-License-Identifier: MIT
#include "host/config/checks.h"

#include <string>
#include <vector>

#include "host/config/energy_keys.h"
#include "host/error.h"
#include "spec/params.h"

namespace tessera::host {
namespace {

constexpr uint64_t kMemoryGrainBytes = 4096;

/// "device.M 128 (preset base), device.LANES 3 (--set)": what a rule over several keys looked at.
std::string values_of(const std::vector<const char*>& paths, const ResolvedConfig& config,
                      const Statements& said) {
    std::string text;
    for (const char* path : paths) {
        const auto statement = said.find(path);
        const std::string value = value_text(find_key(path)->get(config));
        text += (text.empty() ? "" : ", ") + std::string(path) + " " + value + " (" +
                (statement == said.end() ? "default" : statement->second.where) + ")";
    }
    return text;
}

/// A key of another kind of memory says nothing, and what a DRAM is has no default.
void check_kind(const std::string& name, const std::string& kind, const Statements& said) {
    for (const ConfigKey& key : config_keys()) {
        const auto statement = said.find(key.path);
        if (statement != said.end() && !key.applies(kind)) {
            throw UserError(statement->second.where + ": " + key.path + " is " +
                            value_text(statement->second.value) + "; allowed: not for " + name +
                            ", whose kind is " + kind);
        }
        if (key.no_default && key.memory_kind == kind && statement == said.end())
            throw bad_value(name, key.path_in_file(), "missing", key.allowed());
    }
}

/// The keys of a DRAM that a sentence about it names.
std::vector<const char*> keys_named_in(const std::string& rule) {
    std::vector<const char*> paths;
    for (const ConfigKey& key : config_keys()) {
        const std::string name = key.path.substr(key.path.rfind('.') + 1);
        if (key.memory_kind == "dram" && rule.find(name) != std::string::npos)
            paths.push_back(key.path.c_str());
    }
    return paths;
}

void check_dram(const std::string& name, const ResolvedConfig& config, const Statements& said) {
    const hw::MemoryConfig& memory = config.platform.memory;
    const hw::DramOrganisation& o = memory.dram.organisation;
    if (const char* broken = hw::dram_error(memory.dram)) {
        throw UserError(name + ": " + broken +
                        "; given: " + values_of(keys_named_in(broken), config, said));
    }
    const uint64_t bytes =
        uint64_t{o.channels} * o.pseudo_channels * o.banks() * o.rows * o.row_bytes;
    if (memory.size_bytes > bytes) {
        throw bad_value(
            name, "size_bytes", std::to_string(memory.size_bytes),
            "at most " + std::to_string(bytes) + ", which is what its organisation holds");
    }
}

void check_memory(const ResolvedConfig& config, const Statements& said) {
    const hw::MemoryConfig& memory = config.platform.memory;
    const std::string name = "memory " + memory.name;
    check_kind(name, memory.kind, said);
    if (memory.size_bytes % kMemoryGrainBytes != 0) {
        throw UserError(name + ": size_bytes must be a multiple of " +
                        std::to_string(kMemoryGrainBytes) +
                        "; given: " + values_of({"memory.size_bytes"}, config, said));
    }
    if (memory.stall.permille != 0 && memory.stall.max_cycles == 0) {
        throw UserError(
            name + ": stall.max_cycles must be at least 1 where stall.permille is not 0; given: " +
            values_of({"memory.stall.permille", "memory.stall.max_cycles"}, config, said));
    }
    if (memory.kind == "dram") check_dram(name, config, said);
}

}  // namespace

void check_config(const ResolvedConfig& config, const Statements& said) {
    const char* broken = spec::params_error(config.platform.params);
    if (broken != nullptr) {
        throw UserError("device " + config.device_name + ": " + broken + "; given: " +
                        values_of({"device.M", "device.D", "device.LANES", "device.INTERLEAVE",
                                   "device.BUS_BYTES"},
                                  config, said));
    }
    check_memory(config, said);
    check_energy(config);
}

}  // namespace tessera::host
