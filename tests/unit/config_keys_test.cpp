// SPDX-License-Identifier: MIT
// The table of configuration keys: each key can be set, is in the manual, and refuses what the
// contract refuses.
#include "host/config/keys.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "host/config/config.h"
#include "host/error.h"
#include "spec/params.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

using namespace tessera;
using host::resolve_config;
using test::Compared;

namespace {

using Values = std::map<std::string, nlohmann::json>;  // by --set path

nlohmann::json::json_pointer place_of(const std::string& path) {
    std::string pointer = "/" + path;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    return nlohmann::json::json_pointer(pointer);
}

/// Sets them all, with --set on `preset` and with files; both must have arrived.
host::ResolvedConfig set_all(const std::string& preset, const Values& values, Compared& compared) {
    std::vector<std::string> sets;
    nlohmann::json device = {{"description", "d"}, {"memory", "ideal"}};
    nlohmann::json memory = {{"description", "m"}};
    for (const auto& entry : values) {  // clang 14 captures no structured bindings
        const nlohmann::json& value = entry.second;
        sets.push_back(entry.first + "=" +
                       (value.is_string() ? value.get<std::string>() : value.dump()));
        const host::ConfigKey& key = *host::find_key(entry.first);
        nlohmann::json& file = key.file == host::KeyFile::kDevice ? device : memory;
        file[place_of(key.path_in_file())] = value;
    }
    const auto by_set = resolve_config("base", preset, sets);
    const auto by_file =
        host::resolve_config_text("a/b.json", device.dump(), "c.json", memory.dump(), {});
    for (const auto& entry : values) {
        const auto path = [&] { return entry.first; };
        const host::ConfigKey& key = *host::find_key(entry.first);
        compared.equal(resolved_json(by_set).at(place_of(entry.first)), entry.second, path);
        compared.equal(resolved_json(by_file).at(place_of(entry.first)), entry.second, path);
        compared.equal(key.get(by_set), key.get(by_file), path);
    }
    compared.equal(by_file.device_name, std::string("b"));
    compared.equal(by_file.platform.memory.name, std::string("c"));
    compared.equal(by_file.device_description, std::string("d"));
    return by_set;
}

const Values kDeviceValues = {{"device.M", 64},
                              {"device.D", 7},
                              {"device.LANES", 4},
                              {"device.INTERLEAVE", 8},
                              {"device.BUS_BYTES", 128},
                              {"device.profile", "stats"},
                              {"device.key_ranges", "on"},
                              {"device.clock_ghz", 0.75},
                              {"firmware.plan_cycles", 0},
                              {"firmware.descriptor_cycles", 1000000},
                              {"firmware.merge_cycles_per_element", 0.375},
                              {"firmware.arithmetic_cycles_per_element", 0.625},
                              {"firmware.function_cycles_per_element", 7.25},
                              {"firmware.statistic_cycles_per_element", 0.8125},
                              {"firmware.rotary_cycles_per_element", 1.375},
                              {"firmware.move_cycles_per_element", 0.1875},
                              {"energy.node", "7 nm"},
                              {"energy.source", "a table"},
                              {"energy.multiply_add_pj", 0.125},
                              {"energy.score_to_weight_pj", 0.25},
                              {"energy.merge_element_pj", 0.5},
                              {"energy.divide_element_pj", 1.5},
                              {"energy.sram_byte_pj", 0.0625},
                              {"energy.dram_byte_low_pj", 31.5},
                              {"energy.dram_byte_high_pj", 62.5},
                              {"energy.dram_activate_kib_pj", 10000.0},
                              {"energy.dram_column_byte_pj", 0.0}};

const Values kIdealValues = {
    {"memory.kind", "ideal"},          {"memory.size_bytes", 1ull << 40},
    {"memory.read_latency_cycles", 1}, {"memory.write_latency_cycles", 999},
    {"memory.stall.seed", UINT64_MAX}, {"memory.stall.permille", 1000},
    {"memory.stall.max_cycles", 3}};

/// Each number only once, so that no key can be taken for another.
Values dram_values() {
    Values values = {{"memory.kind", "dram"},
                     {"memory.size_bytes", 1u << 26},
                     {"memory.tCK_ps", 777},
                     {"memory.request_cycles", 31},
                     {"memory.response_cycles", 41},
                     {"memory.write_buffer_bytes", 12345},
                     {"memory.organisation.channels", 64},
                     {"memory.organisation.pseudo_channels", 4},
                     {"memory.organisation.bank_groups", 8},
                     {"memory.organisation.banks_per_group", 2},
                     {"memory.organisation.rows", 4096},
                     {"memory.organisation.row_bytes", 2048},
                     {"memory.organisation.transaction_bytes", 32},
                     {"memory.organisation.interleave_bytes", 256},
                     {"memory.organisation.activate_clocks", 3},
                     {"memory.organisation.command_buses", 2},
                     {"memory.organisation.mapping", "MOP4CLXOR"},
                     {"memory.controller.policy", "registered"},
                     {"memory.controller.forwarding", "on"}};
    uint32_t clocks = 100;
    for (const char* name :
         {"nBL", "nCL", "nCWL", "nRCDRD", "nRCDWR", "nRP", "nRAS", "nRC", "nRTP", "nWR", "nCCDS",
          "nCCDL", "nRRDS", "nRRDL", "nWTRS", "nWTRL", "nFAW", "nRFC"})
        values[std::string("memory.timing.") + name] = ++clocks;
    values["memory.timing.nREFI"] = 1000000;
    return values;
}

constexpr const char* kLow = "energy.dram_byte_low_pj";
constexpr const char* kHigh = "energy.dram_byte_high_pj";

/// What is said of the base device with these overrides; empty: they are good.
std::string message_of(const std::vector<std::string>& sets) {
    try {
        resolve_config("base", std::nullopt, sets);
    } catch (const host::UserError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("every settable key is set from the command line and from a file", "[config]") {
    Compared compared("keys");
    Values ideal = kDeviceValues, dram = kDeviceValues;
    ideal.insert(kIdealValues.begin(), kIdealValues.end());
    for (const auto& entry : dram_values()) dram.insert(entry);
    for (const host::ConfigKey& key : host::config_keys())
        compared.equal(ideal.count(key.path) + dram.count(key.path) > 0, key.settable,
                       [&] { return key.path; });
    const auto with_ideal = set_all("ideal", ideal, compared);
    compared.equal(with_ideal.platform.params.lanes, 4u);
    compared.equal(with_ideal.platform.memory.stall.seed, UINT64_MAX);
    compared.equal(with_ideal.clock_ghz, 0.75);
    const auto with_dram = set_all("ddr4-2400r", dram, compared);
    const hw::DramSpec& spec = with_dram.platform.memory.dram;
    compared.equal(spec.tCK_ps, 777u);
    compared.equal(spec.organisation.bank_groups, 8u);
    compared.equal(spec.organisation.mapping, hw::DramMapping::kMop4Clxor);
    compared.equal(spec.controller.policy == hw::DramPolicy::kRegistered, true);
    compared.equal(spec.controller.forwarding, true);
    compared.equal(with_dram.energy.multiply_add, 0.125);
    compared.equal(with_dram.energy.dram_activate_kib, 1e4);
    compared.equal(spec.timing.nRFC, 118u);
    compared.equal(spec.timing.nCCDS, 111u);
    compared.equal(with_dram.platform.memory.write_buffer_bytes, 12345u);
}

TEST_CASE("the manual has every key as the program has it", "[config]") {
    const std::string manual = test::read_text(TESSERA_SOURCE_DIR "/docs/use/configuration.md");
    REQUIRE_FALSE(manual.empty());
    Compared compared("rows of docs/use/configuration.md");
    for (const host::ConfigKey& key : host::config_keys()) {
        const std::string row = manual_row(key);
        compared.holds(manual.find(row + "\n") != std::string::npos, [&] { return row; });
    }
    size_t rows = 0;
    for (size_t at = 0; (at = manual.find("\n| `", at)) != std::string::npos; ++at) ++rows;
    compared.equal(rows, host::config_keys().size());
}

TEST_CASE("an energy constant is a number of picojoules from 0", "[config]") {
    Compared compared("messages");
    const auto says = [&](const std::string& set, const std::string& expected) {
        compared.equal(message_of({set}), expected, [&] { return set; });
    };
    for (const host::EnergyConstant& constant : host::kEnergyConstants) {
        const std::string path = std::string("energy.") + constant.name + "_pj";
        for (const char* bad : {"-1", "10001", "nan", "inf", "2 pJ", ""})
            says(path + "=" + bad,
                 host::bad_value("machine.settings", path, bad, "a number, 0 to 10000").what());
        for (const char* good : {"0", "10000", "0.35", "1e-3"}) {
            const bool range = path.find("energy.dram_byte_") == 0;
            std::vector<std::string> sets = {path + "=" + good};
            if (range && path != kLow) sets.push_back(kLow + std::string("=0"));
            if (range && path != kHigh) sets.push_back(kHigh + std::string("=10000"));
            compared.equal(message_of(sets), std::string(), [&] { return sets.front(); });
        }
    }
}

TEST_CASE("the energy constants fit each other, and a node has constants", "[config]") {
    Compared compared("messages");
    const std::string low = kLow, high = kHigh;
    const struct {
        std::vector<std::string> sets;
        std::string message;
    } kCases[] = {
        {{low + "=500"},
         "machine.settings: " + low + " is 500; allowed: at most " + high + ", 325"},
        {{high + "=100"},
         "machine.settings: " + high + " is 100; allowed: at least " + low + ", 162.5"},
        {{low + "=5", high + "=4"},
         "machine.settings: " + low + " is 5; allowed: at most " + high + ", 4"},
        {{low + "=5", high + "=5"}, ""},
        {{low + "=325"}, ""},
        {{high + "=162.5"}, ""},
        {{"energy.node=7 nm\x1b[31m"},
         "machine.settings: energy.node is 7 nm\\x1b[31m, but all constants are the defaults, "
         "which are for "
         "45 "
         "nm, 0.9 V; give energy.NAME_pj too"},
        {{"energy.node=7 nm", "energy.sram_byte_pj=0.5"}, ""},
        {{"energy.source=a table"}, ""},
    };
    for (const auto& c : kCases)
        compared.equal(message_of(c.sets), c.message, [&] { return c.sets.front(); });
    compared.equal(message_of({}), std::string());
}

TEST_CASE("a single value is refused exactly where the contract refuses it", "[config]") {
    // Every value of every device parameter, on a device that is legal otherwise.
    Compared compared("values of device parameters");
    for (const char* path :
         {"device.M", "device.D", "device.LANES", "device.INTERLEAVE", "device.BUS_BYTES"}) {
        const host::ConfigKey& key = *host::find_key(path);
        for (uint64_t value = 0; value < 1200; ++value) {
            spec::DeviceParams p{1024, 64, 16, 4, 64, spec::Profile::kStateful};
            host::ResolvedConfig config;
            config.platform.params = p;
            key.set(config, value);
            const char* error = spec::params_error(config.platform.params);
            const bool own =
                error != nullptr && key.allowed() == std::string("an integer; ") + error;
            compared.equal(key.violation(value).empty(), !own,
                           [&] { return path + std::string(" ") + std::to_string(value); });
        }
    }
}
