// SPDX-License-Identifier: MIT
// Configuration: presets, files, --set, and for every mistake one message with file, key, value and
// what is allowed.
#include "host/config/config.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "host/config/keys.h"
#include "host/error.h"
#include "host/io/output_file.h"
#include "spec/params.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

namespace {

using namespace tessera;
using host::resolve_config;
using test::Compared;
using test::message_of;

const char* const kDevice = R"({"M": 16, "D": 8, "LANES": 2, "BUS_BYTES": 16})";
const char* const kMemory = R"({"kind": "ideal"})";

std::string set_message(const std::vector<std::string>& sets) {
    return message_of([&] { resolve_config("base", "ideal", sets); });
}

std::string text_message(const std::string& device, const std::string& memory) {
    return message_of(
        [&] { host::resolve_config_text("my/chip.json", device, "my/ram.json", memory, {}); });
}

/// `device` with `member` in place of the member of that name, or added.
std::string with(const char* base, const std::string& name, const nlohmann::json& value) {
    nlohmann::json object = nlohmann::json::parse(base);
    object[name] = value;
    return object.dump();
}

}  // namespace

TEST_CASE("device presets are those of the manual", "[config]") {
    struct Row {
        const char* name;
        uint32_t m, d, lanes, bus_bytes;
        const char* memory;
    };
    const std::vector<Row> rows = {{"base", 128, 64, 16, 64, "hbm2-2000-8ch"},
                                   {"blackbox-128", 256, 136, 32, 128, "hbm3"},
                                   {"blackbox-64", 128, 72, 16, 64, "hbm2-2000-8ch"},
                                   {"mla", 128, 576, 4, 128, "hbm3"},
                                   {"small", 64, 64, 4, 32, "ddr4-3200"},
                                   {"tiny", 16, 16, 2, 16, "ddr4-2400r"},
                                   {"wide", 256, 128, 32, 128, "hbm3"}};
    Compared compared("values of presets");
    const auto presets = host::device_presets();
    compared.equal(presets.size(), rows.size());
    for (size_t i = 0; i < std::min(rows.size(), presets.size()); ++i) {
        const Row& row = rows[i];
        compared.equal(presets[i].name, std::string(row.name));
        compared.equal(presets[i].description.empty(), false);
        const auto config = resolve_config(row.name, {}, {});
        const spec::DeviceParams& p = config.platform.params;
        compared.equal(p.m, row.m);
        compared.equal(p.d, row.d);
        compared.equal(p.lanes, row.lanes);
        compared.equal(p.interleave, 4u);
        compared.equal(p.bus_bytes, row.bus_bytes);
        compared.equal(p.profile, spec::Profile::kStateful);
        compared.equal(config.device_name, std::string(row.name));
        compared.equal(config.device_description, presets[i].description);
        compared.equal(config.clock_ghz, 1.0);
        compared.equal(config.platform.memory.name, std::string(row.memory));
        compared.equal(config.platform.firmware.plan_cycles, hw::FirmwareCosts{}.plan_cycles);
        compared.equal(config.platform.firmware.descriptor_cycles,
                       hw::FirmwareCosts{}.descriptor_cycles);
    }
    const auto memories = host::memory_presets();
    compared.equal(memories.size(), size_t{8});
    for (const auto& memory : memories) {
        const hw::MemoryConfig ram = resolve_config("base", memory.name, {}).platform.memory;
        const bool ideal = memory.name == "ideal" || memory.name == "ideal-stall";
        compared.equal(ram.name, memory.name);
        compared.equal(ram.kind, std::string(ideal ? "ideal" : "dram"));
        compared.equal(ram.stall.permille > 0, memory.name == "ideal-stall");
        const uint64_t gib = memory.name == "hbm2-2000-1ch" ? 2 : 4;
        compared.equal(ram.size_bytes, gib << 30);
    }
}

/// A value in a message.
std::string shown(const std::string& value) { return value.empty() ? "\"\"" : value; }

TEST_CASE("mistakes in --set are named", "[config]") {
    Compared compared("messages");
    const auto says = [&](const std::vector<std::string>& sets, const std::string& start) {
        const std::string message = set_message(sets);
        compared.holds(message.rfind(start, 0) == 0,
                       [&] { return start + " does not begin: " + message; });
    };
    const std::string m = "; allowed: an integer; M must be 1 to 1024";
    for (const char* value : {"", "x", "-1", "+1", " 1", "1 ", "0x10", "1.0", "1e2", "0", "1025",
                              "4294967424", "18446744073709551616", "99999999999999999999999"})
        says({std::string("device.M=") + value},
             "machine.settings: device.M is " + shown(value) + m);
    for (const char* value : {"0", "577", "1024"})
        says({std::string("device.D=") + value}, "machine.settings: device.D is " +
                                                     std::string(value) +
                                                     "; allowed: an integer; D must be 1 to 576");
    says({"device.LANES=129"},
         "machine.settings: device.LANES is 129; allowed: an integer; LANES must be 1 to 128");
    says({"device.INTERLEAVE=3"},
         "machine.settings: device.INTERLEAVE is 3; allowed: an integer; INTERLEAVE "
         "must be 1, 2, 4 or 8");
    says({"device.BUS_BYTES=256"},
         "machine.settings: device.BUS_BYTES is 256; allowed: an integer; BUS_BYTES "
         "must be 16, 32, 64 or 128");
    says({"device.profile=Stateful"},
         "machine.settings: device.profile is Stateful; allowed: blackbox, stats, stateful");
    for (const char* value : {"nan", "inf", "-1", "0", "1e9", "", "1,5"}) {
        says({std::string("device.clock_ghz=") + value},
             "machine.settings: device.clock_ghz is " +
                 shown(std::strcmp(value, "1e9") == 0 ? "1e+09" : value) +
                 "; allowed: a number, 0.001 to 100");
    }
    says({"memory.stall.permille=1001"},
         "machine.settings: memory.stall.permille is 1001; allowed: an integer, 0 to 1000");
    says({"memory.read_latency_cycles=0"},
         "machine.settings: memory.read_latency_cycles is 0; allowed: an integer, 1 to 1000000");
    says({"memory.kind=hbm"}, "machine.settings: memory.kind is hbm; allowed: ideal, dram");
    says({"device.lanes=4"},
         "machine.settings: key device.lanes is unknown; allowed: device.M, device.D, ");
    says({"=4"}, "machine.settings: key \"\" is unknown; allowed: device.M, ");
    says({""}, "machine.settings: key \"\" is unknown; allowed: device.M, ");
    says({"device.memory=ideal"},
         "machine.settings: key device.memory is not to be set here; allowed: ");
    says({"device.M"},
         "machine.settings: device.M is without a value; allowed: device.M=VALUE: an integer");
    says({"device.D=8", "device.D=8"},
         "machine.settings: device.D is given twice; allowed: once, it was 8");
    says({"device.D\n=8"}, "machine.settings: key device.D\\x0a is unknown");
    says({"device.LANES=3"},
         "device base: LANES * INTERLEAVE must divide M; given: device.M 128 (preset base), "
         "device.D 64 (preset base), device.LANES 3 (machine.settings), device.INTERLEAVE 4 "
         "(preset base), ");
    says({"device.LANES=1", "device.INTERLEAVE=2"},
         "device base: LANES * INTERLEAVE must be at least INTERLEAVE + 3; given: ");
    says({"memory.size_bytes=65537"},
         "memory ideal: size_bytes must be a multiple of 4096; given: "
         "memory.size_bytes 65537 (machine.settings)");
    says({"memory.stall.permille=1"},
         "memory ideal: stall.max_cycles must be at least 1 where stall.permille is not 0; given: "
         "memory.stall.permille 1 (machine.settings), memory.stall.max_cycles 0 (preset ideal)");
}

TEST_CASE("mistakes in files are named", "[config]") {
    Compared compared("messages");
    const auto device = [&](const std::string& text, const std::string& start) {
        const std::string message = text_message(text, kMemory);
        compared.holds(message.rfind("my/chip.json: " + start, 0) == 0,
                       [&] { return start + " does not begin: " + message; });
    };
    const auto memory = [&](const std::string& text, const std::string& start) {
        const std::string message = text_message(kDevice, text);
        compared.holds(message.rfind("my/ram.json: " + start, 0) == 0,
                       [&] { return start + " does not begin: " + message; });
    };
    compared.equal(text_message(kDevice, kMemory), std::string());
    const std::string lanes = "; allowed: an integer; LANES must be 1 to 128";
    device(with(kDevice, "LANES", 0), "LANES is 0" + lanes);
    device(with(kDevice, "LANES", -2), "LANES is -2" + lanes);
    device(with(kDevice, "LANES", 2.0), "LANES is 2.0" + lanes);
    device(with(kDevice, "LANES", "2"), "LANES is \"2\"" + lanes);
    device(with(kDevice, "LANES", true), "LANES is true" + lanes);
    device(with(kDevice, "LANES", nullptr), "LANES is null" + lanes);
    device(with(kDevice, "LANES", {1, 2}), "LANES is an array of 2" + lanes);
    device(with(kDevice, "LANES", uint64_t{1} << 32 | 2), "LANES is 4294967298" + lanes);
    device(with(kDevice, "lanes", 2), "key lanes is unknown; allowed: description, M, D, LANES, ");
    device(with(kDevice, "firmware.plan_cycles", 2), "key firmware.plan_cycles is unknown");
    device(with(kDevice, "firmware", {{"x", 2}}),
           "key firmware.x is unknown; allowed: firmware.plan_cycles, firmware.descriptor_cycles");
    device(with(kDevice, "firmware", 2),
           "firmware is 2; allowed: an object of firmware.plan_cycles, ");
    device(with(kDevice, "firmware", {{"plan_cycles", 1000001}}),
           "firmware.plan_cycles is 1000001; allowed: an integer, 0 to 1000000");
    device(with(kDevice, "profile", 2), "profile is 2; allowed: blackbox, stats, stateful");
    device(with(kDevice, "clock_ghz", "1"), "clock_ghz is \"1\"; allowed: a number, 0.001 to 100");
    device(R"({"M": 16, "D": 8, "BUS_BYTES": 16})", "LANES is missing" + lanes);
    device(R"({"M": 16, "M": 16})", "key M is given twice; allowed: once");
    device(R"({"M": 16,})", "is not valid JSON: parse error at line 1, column 10");
    device("", "is not valid JSON: ");
    device("[]", "the file's content is an array of 0; allowed: a JSON object");
    device("// M\n{}", "is not valid JSON: ");
    memory("{}", "kind is missing; allowed: ideal, dram");
    memory(with(kMemory, "stall", {{"permille", 1001}}),
           "stall.permille is 1001; allowed: an integer, 0 to 1000");
    memory(with(kMemory, "size_bytes", 4096), "size_bytes is 4096; allowed: an integer, 65536 to ");
    memory(with(kMemory, "M", 16),
           "key M is unknown; allowed: description, source, kind, size_bytes, ");
    const std::string together = text_message(with(kDevice, "LANES", 3), kMemory);
    compared.equal(together,
                   std::string("device chip: LANES * INTERLEAVE must divide M; given: device.M 16 "
                               "(my/chip.json), device.D 8 (my/chip.json), device.LANES 3 "
                               "(my/chip.json), device.INTERLEAVE 4 (default), device.BUS_BYTES 16 "
                               "(my/chip.json)"));
}

TEST_CASE("a name is a preset or a file", "[config]") {
    Compared compared("names");
    const test::Scratch folder;
    const std::string chip = folder.path() + "/chip.json";
    host::write_file(folder.path() + "/ram.json", with(kMemory, "read_latency_cycles", 7));
    host::write_file(chip, with(kDevice, "memory", "./ram.json"));
    const auto config = resolve_config(chip, {}, {"memory.write_latency_cycles=8"});
    compared.equal(config.device_name, std::string("chip"));
    compared.equal(config.platform.memory.name, std::string("ram"));
    compared.equal(config.platform.memory.read_latency_cycles, 7u);
    compared.equal(config.platform.memory.write_latency_cycles, 8u);
    compared.equal(resolved_json(config)["device"]["memory"], nlohmann::json("ram"));
    const auto other = resolve_config(chip, "ideal-stall", {});
    compared.equal(other.platform.memory.name, std::string("ideal-stall"));
    compared.equal(other.platform.memory.read_latency_cycles, 64u);

    const auto says = [&](const std::string& device, const std::optional<std::string>& memory,
                          const std::string& expected) {
        const std::string message = message_of([&] { resolve_config(device, memory, {}); });
        compared.equal(message, expected, [&] { return message; });
    };
    const std::string file = ", or the path of a .json file";
    says("bas", {},
         "machine.device: device is bas; allowed: base, blackbox-128, blackbox-64, mla, small, "
         "tiny, wide" +
             file + "; did you mean base?");
    const std::string memories =
        "ddr4-2400r, ddr4-3200, hbm2-2000-1ch, hbm2-2000-8ch, hbm3, ideal, ideal-stall, "
        "lpddr5-6400";
    says("base", "dram", "machine.memory: memory is dram; allowed: " + memories + file);
    host::write_file(chip, with(kDevice, "memory", "dram"));
    says(chip, {}, chip + ": memory is dram; allowed: " + memories + file);
    says("none.json", {}, "none.json: cannot open for reading: No such file or directory");
    host::write_file(chip, std::string((1 << 20) + 1, ' '));
    says(chip, {}, chip + ": file size is 1048577 bytes; allowed: at most 1048576");
}
