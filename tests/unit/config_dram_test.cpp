// SPDX-License-Identifier: MIT
// Configuration of DRAM: the rules over several keys, each with the message that says so.
#include "host/config/config.h"

#include <nlohmann/json.hpp>

#include "tests/support/compared.h"
#include "tests/unit/files.h"

using namespace tessera;
using host::resolve_config;
using test::Compared;
using test::message_of;

namespace {

const char* const kDevice = R"({"M": 16, "D": 8, "LANES": 2, "BUS_BYTES": 16})";

std::string message(const std::string& memory, const std::vector<std::string>& sets) {
    return message_of([&] { resolve_config("base", memory, sets); });
}

nlohmann::json preset(const std::string& name) {
    return nlohmann::json::parse(
        test::read_text(TESSERA_SOURCE_DIR "/configs/memories/" + name + ".json"));
}

}  // namespace

TEST_CASE("keys of another kind of memory are refused", "[config]") {
    Compared compared("messages");
    const auto says = [&](const std::string& memory, const std::string& set,
                          const std::string& expected) {
        const std::string is = message(memory, {set});
        compared.equal(is, expected, [&] { return set; });
    };
    says("ideal", "memory.tCK_ps=833",
         "machine.settings: memory.tCK_ps is 833; allowed: not for memory ideal, whose kind is "
         "ideal");
    says("ideal", "memory.timing.nCL=16",
         "machine.settings: memory.timing.nCL is 16; allowed: not for memory ideal, whose kind is "
         "ideal");
    says("ideal", "memory.organisation.rows=16",
         "machine.settings: memory.organisation.rows is 16; allowed: not for memory ideal, whose "
         "kind is "
         "ideal");
    for (const char* key : {"request_cycles", "response_cycles", "write_buffer_bytes"}) {
        const std::string path = std::string("memory.") + key;
        says("ideal", path + "=4096",
             "machine.settings: " + path +
                 " is 4096; allowed: not for memory ideal, whose kind is ideal");
    }
    for (const char* key : {"read_latency_cycles", "write_latency_cycles", "stall.permille",
                            "stall.seed", "stall.max_cycles"}) {
        const std::string path = std::string("memory.") + key;
        says("hbm3", path + "=5",
             "machine.settings: " + path +
                 " is 5; allowed: not for memory hbm3, whose kind is dram");
    }
    says("ideal", "memory.controller.policy=registered",
         "machine.settings: memory.controller.policy is registered; allowed: not for memory ideal, "
         "whose kind "
         "is ideal");
    says("hbm3", "memory.controller.policy=fcfs",
         "machine.settings: memory.controller.policy is fcfs; allowed: ramulator2, registered");
    says("hbm3", "memory.controller.forwarding=true",
         "machine.settings: memory.controller.forwarding is true; allowed: off, on");
    says("ideal", "memory.kind=dram",
         "preset ideal: memory.read_latency_cycles is 64; allowed: not for memory ideal, whose "
         "kind is dram");
}

TEST_CASE("a DRAM has no defaults", "[config]") {
    Compared compared("keys taken away");
    const nlohmann::json whole = preset("ddr4-2400r");
    const auto text = [&](const nlohmann::json& memory) {
        return message_of([&] {
            host::resolve_config_text("chip.json", kDevice, "my/ram.json", memory.dump(), {});
        });
    };
    compared.equal(text(whole), std::string());
    const auto missing = [&](const std::string& key, const nlohmann::json& memory) {
        const std::string is = text(memory),
                          start = "memory ram: " + key + " is missing; allowed: ";
        compared.equal(is.substr(0, start.size()), start);
    };
    for (const char* group : {"timing", "organisation"}) {
        for (const auto& item : whole.at(group).items()) {
            nlohmann::json without = whole;
            without[group].erase(item.key());
            missing(std::string(group) + "." + item.key(), without);
        }
    }
    for (const char* key : {"tCK_ps", "request_cycles", "response_cycles", "write_buffer_bytes"}) {
        nlohmann::json without = whole;
        without.erase(key);
        missing(key, without);
    }
    // But its controller has.
    nlohmann::json without = whole;
    without.erase("controller");
    compared.equal(text(without), std::string());
    const hw::DramController controller =
        host::resolve_config_text("chip.json", kDevice, "my/ram.json", without.dump(), {})
            .platform.memory.dram.controller;
    compared.equal(controller.policy_name(), std::string("ramulator2"));
    compared.equal(controller.forwarding, false);
    compared.equal(compared.count(), uint64_t{1 + 19 + 11 + 4 + 3});
}

TEST_CASE("an impossible DRAM is refused", "[config]") {
    Compared compared("messages");
    const auto says = [&](const std::vector<std::string>& sets, const std::string& expected) {
        const std::string is = message("ddr4-2400r", sets);
        compared.equal(is, expected.empty() ? "" : "memory ddr4-2400r: " + expected);
    };
    /// A rule over several keys: after it the values that it speaks of, where they are from.
    const auto breaks = [&](const std::vector<std::string>& sets, const std::string& rule) {
        const std::string is = message("ddr4-2400r", sets);
        const std::string start = "memory ddr4-2400r: " + rule + "; given: ";
        compared.equal(is.substr(0, start.size()), start);
        for (const std::string& set : sets) {
            const size_t equals = set.find('=');
            const std::string given =
                set.substr(0, equals) + " " + set.substr(equals + 1) + " (machine.settings)";
            const bool spoken_of =
                rule.find(set.substr(set.rfind('.') + 1, equals - set.rfind('.') - 1)) !=
                std::string::npos;
            compared.equal(is.find(given) != std::string::npos, spoken_of);
        }
    };
    const std::string o = "memory.organisation.";
    for (const char* count :
         {"channels=3", "pseudo_channels=3", "bank_groups=3", "banks_per_group=3", "rows=65537",
          "row_bytes=8191", "transaction_bytes=48", "interleave_bytes=96"})
        breaks({o + count},
               "channels, pseudo_channels, bank_groups, banks_per_group, rows, row_bytes, "
               "transaction_bytes and interleave_bytes must be powers of two");
    says({o + "pseudo_channels=4"}, "");
    breaks({o + "pseudo_channels=4", o + "bank_groups=8"},
           "pseudo_channels * bank_groups * banks_per_group must be at most 64");
    breaks({o + "interleave_bytes=32"}, "interleave_bytes must be at least transaction_bytes");
    breaks({o + "row_bytes=128", o + "rows=8388608"},
           "row_bytes must be at least 4 * transaction_bytes");
    says({o + "row_bytes=256", o + "rows=4194304"}, "");
    // 2 * nRFC is 866.
    breaks({"memory.timing.nREFI=865"}, "nREFI must be 0 or at least 2 * nRFC");
    says({"memory.timing.nREFI=866"}, "");
    says({"memory.timing.nREFI=0"}, "");
    // 16 banks of 32768 rows of 8 KiB are exactly the preset's 4 GiB.
    says({o + "rows=32768"}, "");
    says({o + "rows=16384"},
         "size_bytes is 4294967296; allowed: at most 2147483648, which is what its organisation "
         "holds");
    says({"memory.size_bytes=8589934592"}, "");
    says({"memory.size_bytes=8589938688"},
         "size_bytes is 8589938688; allowed: at most 8589934592, which is what its organisation "
         "holds");
}
