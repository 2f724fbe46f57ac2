// SPDX-License-Identifier: MIT
// Figures, energy, JSON and names of commands against values worked out by hand.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>

#include "host/platform/counters.h"
#include "host/report/attention_document.h"
#include "host/report/document_json.h"
#include "host/report/energy.h"
#include "host/report/render.h"
#include "host/report/sections.h"
#include "host/run/command_names.h"
#include "host/text.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/unit/record_by_hand.h"

using namespace tessera;
using namespace tessera::host;
using spec::Counter;
using test::Compared;
using test::record_by_hand;

namespace {

/// Gates of a multiply-add cell with an adder of 4 stages, as scripts/synth wrote them.
uint64_t gates_in_area_page() {
    std::ifstream page(TESSERA_SOURCE_DIR "/docs/results/area.md");
    const std::string row = "| multiply-add cell, adder in 4 cycles | ";
    for (std::string line; std::getline(page, line);) {
        if (line.rfind(row, 0) != 0) continue;
        std::string number = line.substr(row.size(), line.find(" |", row.size()) - row.size());
        number.erase(std::remove(number.begin(), number.end(), ','), number.end());
        return std::stoull(number);
    }
    return 0;
}

std::string text_of(const RunRecord& record) {
    return render(attention_document(record), Format::kTable);
}

}  // namespace

TEST_CASE("figures of a record made by hand") {
    const RunRecord record = record_by_hand();
    const Section figures = derived_section(record);
    Compared values("figures");
    const auto is = [&](const char* key, double expected) {
        const double x = figures.number(key);
        values.holds(std::fabs(x - expected) <= 1e-12 * std::fabs(expected),
                     [&] { return std::string(key) + " " + std::to_string(x); });
    };
    is("calls", 3);
    is("calls_formula", 3);
    is("calls_at_least", 3);
    is("pairs_issued", 3 * 256);
    is("pairs_allowed", 528);
    is("cycles", 1000);
    is("time", 5e-7);
    is("cells", 2 * 2 * 16);
    is("array_gates", 2 * 2 * 16 * static_cast<double>(gates_in_area_page()));
    is("mac_utilisation", 768 * 32 / (2.0 * 2 * 16 * 1000));
    is("useful_utilisation", 528 * 32 / (2.0 * 2 * 16 * 1000));
    is("bytes", 8168);
    is("bytes_compulsory", 3 * 32 * 16 * 2 + 32 * 16 * 4);
    is("bytes_over_compulsory", 8168.0 / 5120);
    is("arithmetic_intensity", 2.0 * 768 * 32 / 8168);
    is("energy_dram_low", 8168 * 162.5e-12);
    is("energy_dram_high", 8168 * 325e-12);
    is("energy_sram", 64 * (4 * 16 + 8) * 2.5e-12);
    is("energy_arithmetic",
       ((768 * 16 + 528 * 16) * 2.0 + 528 * 4.1 + 64 * 17 * 0.9 + 512 * 10.8) * 1e-12);
}

TEST_CASE("an energy constant moves the figures that it is in, and no other") {
    RunRecord record = record_by_hand();
    record.memory.clocks = 1000;
    record.memory.channels.resize(1);
    record.memory.channels[0].activates = 7;
    record.memory.channels[0].hits = record.memory.channels[0].reads = 100;
    const Section before = derived_section(record);
    const std::set<std::string> device = {"energy_arithmetic", "energy_low", "energy_high"};
    const std::map<std::string, std::set<std::string>> moved_by = {
        {"multiply_add", device},
        {"score_to_weight", device},
        {"merge_element", device},
        {"divide_element", device},
        {"sram_byte", {"energy_sram", "energy_low", "energy_high"}},
        {"dram_byte_low", {"energy_dram_low", "energy_low"}},
        {"dram_byte_high", {"energy_dram_high", "energy_high"}},
        {"dram_activate_kib", {"energy_dram_activate"}},
        {"dram_column_byte", {"energy_dram_column"}}};
    Compared moved("figures, as moved or not"), doubled("parts of the estimate");
    for (const EnergyConstant& constant : kEnergyConstants) {
        RunRecord other = record;
        double& picojoules = other.config.energy.*constant.picojoules;
        picojoules *= 2;
        const Section after = derived_section(other);
        REQUIRE(after.entries.size() == before.entries.size());
        for (size_t i = 0; i < after.entries.size(); ++i) {
            const Figure &a = std::get<Figure>(before.entries[i]),
                         &b = std::get<Figure>(after.entries[i]);
            moved.equal(a.value != b.value, moved_by.at(constant.name).count(a.key) != 0,
                        [&] { return constant.name + std::string(" and ") + a.key; });
        }
        // With that constant alone the part that it is in is twice what it was.
        RunRecord alone = record;
        alone.config.energy = EnergyTable();
        for (const EnergyConstant& c : kEnergyConstants) alone.config.energy.*c.picojoules = 0;
        alone.config.energy.*constant.picojoules = picojoules;
        const std::string part = *std::find_if(
            moved_by.at(constant.name).begin(), moved_by.at(constant.name).end(),
            [](const std::string& key) { return key != "energy_low" && key != "energy_high"; });
        const double twice = derived_section(alone).number(part);
        alone.config.energy.*constant.picojoules = picojoules / 2;
        const double once = derived_section(alone).number(part);
        doubled.holds(once > 0 && twice == 2 * once, [&] { return part; });
    }
}

TEST_CASE("report.json says of each energy constant its value and its source") {
    RunRecord record = record_by_hand();
    const auto model = [&] {
        return nlohmann::json::parse(report_json(attention_document(record).content).dump())
            .at("energy_model");
    };
    Compared entries("entries");
    const nlohmann::json defaults = model();
    entries.equal(defaults.at("constants").size(), size_t{9});
    entries.equal(defaults.at("origin"), "45 nm, 0.9 V, Horowitz, ISSCC 2014");
    for (const EnergyConstant& c : kEnergyConstants) {
        const nlohmann::json& entry = defaults.at("constants").at(c.name);
        entries.equal(entry.at("value"), EnergyTable().*c.picojoules);
        entries.equal(entry.at("source"), c.source);
        entries.equal(entry.at("note"), c.note);
    }
    record.config = resolve_config("base", "ideal", {"energy.sram_byte_pj=0.5"});
    const nlohmann::json set = model();
    const nlohmann::json& sram = set.at("constants").at("sram_byte");
    entries.equal(sram.at("value"), 0.5);
    entries.equal(sram.at("source"), "`machine.settings`");
    entries.equal(sram.at("note").is_null(), true);
    entries.equal(set.at("constants").at("multiply_add").at("source"), kEnergySource);
    entries.equal(set.at("origin"), "45 nm, 0.9 V, Horowitz, ISSCC 2014, 1 of 9 constants given");
    record.config =
        resolve_config("base", "ideal", {"energy.sram_byte_pj=0.5", "energy.source=our chip"});
    entries.equal(model().at("constants").at("sram_byte").at("source"), "our chip");
    entries.equal(model().at("origin"),
                  "45 nm, 0.9 V, Horowitz, ISSCC 2014, 1 of 9 constants given: our chip");
    record.config = resolve_config(
        "base", "ideal",
        {"energy.sram_byte_pj=0.5", "energy.source=a\x1b[31mb", "energy.node=7\nnm"});
    entries.equal(model().at("origin"),
                  "7\\x0anm, Horowitz, ISSCC 2014, 1 of 9 constants given: a\\x1b[31mb");
}

TEST_CASE("report.json holds every counter and figure with unit and definition") {
    const RunRecord record = record_by_hand();
    const auto json = nlohmann::json::parse(report_json(attention_document(record).content).dump());
    Compared entries("entries");
    entries.equal(json["schema"], "tessera.report");
    entries.equal(json["schema_version"], 2);
    for (uint32_t i = 0; i < spec::kCounters; ++i) {
        const auto& entry = json["counters"][spec::kCounterTable[i].name];
        entries.equal(entry["value"], record.outcome.counters[i]);
        entries.equal(entry["unit"], spec::kCounterTable[i].unit);
        entries.equal(entry["definition"], spec::kCounterTable[i].definition);
    }
    for (const Entry& entry_of : derived_section(record).entries) {
        const Figure& figure = std::get<Figure>(entry_of);
        const auto& entry = json["derived"][figure.key];
        entries.holds(entry.contains("value") && !entry["unit"].get<std::string>().empty() &&
                          !entry["formula"].get<std::string>().empty(),
                      [&] { return figure.key; });
    }
    entries.equal(json["energy_model"]["validated"], false);
    for (const char* key : {"tool", "command_line", "problem", "configuration", "error", "files"})
        entries.equal(json.contains(key), true, [&] { return std::string(key); });
}

TEST_CASE("the table says what was not checked and what was estimated") {
    RunRecord record = record_by_hand();
    Compared phrases("phrases");
    const auto says = [&](const char* phrase) {
        phrases.holds(text_of(record).find(phrase) != std::string::npos,
                      [&] { return std::string(phrase); });
    };
    for (const char* phrase : {"not checked  by hand", "NOT VALIDATED; 45 nm", "mac_utilisation",
                               "formula 3", "8,168", "500 ns at 2 GHz"})
        says(phrase);
    record.error = ErrorSummary{};
    says("compared 0 of 0 elements");
    phrases.equal(text_of(record).find("within"), std::string::npos);
    record.error->elements = record.error->outside = 7;
    record.error->skip(NotComparable::kNonFinite, 3);
    says("OUTSIDE THE BOUND");
    says("compared 7 of 10 elements, 3 not comparable because");
    record.error->outside = 0;
    says("every compared element within the bound");
}

TEST_CASE("numbers for people") {
    Compared texts("texts");
    texts.equal(with_commas(0), "0");
    texts.equal(with_commas(999), "999");
    texts.equal(with_commas(1000), "1,000");
    texts.equal(with_commas(1234567), "1,234,567");
    texts.equal(engineering(0.00123, "s"), "1.23 ms");
    texts.equal(engineering(1e-3, "s"), "1 ms");
    texts.equal(engineering(0, "J"), "0 J");
    texts.equal(engineering(1.5, "J"), "1.5 J");
    texts.equal(engineering(2e-13, "J"), "0.2 pJ");
    texts.equal(engineering(3.173e13, "B"), "31.7 TB");
}

TEST_CASE("a broken counter identity is found") {
    RunRecord record = record_by_hand();
    Compared engines("engines");
    engines.equal(broken_identity(record.outcome.counters), nullptr);
    for (const Counter counter :
         {Counter::kLoadStall, Counter::kScoreStallK, Counter::kValueBusy, Counter::kStoreIdle}) {
        CounterValues broken = record.outcome.counters;
        ++broken[static_cast<size_t>(counter)];
        engines.holds(broken_identity(broken) != nullptr,
                      [&] { return spec::kCounterTable[static_cast<size_t>(counter)].name; });
    }
}

TEST_CASE("commands have the names of what they move") {
    RunRecord record = record_by_hand();
    record.problem.want_lse = true;
    record.problem.mask.causal = false;
    record.layout = make_layout(record.problem, record.config.platform);
    CommandNames names(record.layout, record.config.platform.params);
    Compared texts("names");
    const char* expected[] = {"LOAD_Q head 0 tile 0",          "LOAD_K head 0 tile 0",
                              "LOAD_V head 0 tile 0",          "ATTEND head 0 tiles 0 x 0",
                              "LOAD_K head 0 tile 1",          "LOAD_V head 0 tile 1",
                              "ATTEND head 0 tiles 0 x 1",     "STORE_O head 0 tile 0",
                              "STORE_STATE lse head 0 tile 0", "LOAD_Q head 0 tile 1"};
    uint64_t sequence = 0;
    for (const char* name : expected) {
        names.go_to(sequence++);
        texts.equal(names.name(), name);
    }
    CHECK(names.description().find("16 rows of 16 elements") != std::string::npos);
    CHECK_THROWS_AS(names.go_to(2), std::logic_error);
    names.go_to(100000);
    texts.equal(names.name(), "FENCE");
    record.problem.sink_logits = true;
    record.layout = make_layout(record.problem, record.config.platform);
    CommandNames with_sink(record.layout, record.config.platform.params);
    with_sink.go_to(3);
    texts.equal(with_sink.name(), "LOAD_STATE sink head 0");
}

TEST_CASE("where firmware merges, commands are named after the partial results") {
    RunRecord record = record_by_hand();
    record.problem.want_lse = true;
    record.problem.nq = 17;
    record.problem.nk = 16 * fw::kMergeBatch + 1;
    record.config.platform.params.profile = spec::Profile::kStats;
    record.problem.mask.causal = false;
    record.layout = make_layout(record.problem, record.config.platform);
    CommandNames names(record.layout, record.config.platform.params);
    Compared texts("names");
    uint64_t sequence = 0, calls = 0, fences = 0;
    const uint64_t tiles = fw::kMergeBatch + 1;
    while (calls < 2 * tiles) {
        names.go_to(sequence++);
        if (names.name() == "FENCE") texts.equal(calls, ++fences * fw::kMergeBatch);
        if (names.command().opcode != spec::Opcode::kAttend) continue;
        const std::string pair =
            "head 0 tiles " + std::to_string(calls / tiles) + " x " + std::to_string(calls % tiles);
        texts.equal(names.name(), "ATTEND " + pair);
        names.go_to(sequence++);
        texts.equal(names.name(), "STORE_STATE partial " + pair);
        ++calls;
    }
    texts.equal(fences, 2u);
    names.go_to(sequence);
    texts.equal(names.name(), "FENCE");
    record.problem.nk = 16;  // one key tile: stored by the device, lse and all
    record.layout = make_layout(record.problem, record.config.platform);
    CommandNames plain(record.layout, record.config.platform.params);
    plain.go_to(5);
    texts.equal(plain.name(), "STORE_STATE lse head 0 tile 0");
}

TEST_CASE("what firmware merged is in the table and in figures, if it did") {
    RunRecord record = record_by_hand();
    Compared answers("answers");
    const auto in_table = [&](const char* text) {
        return text_of(record).find(text) != std::string::npos;
    };
    answers.equal(in_table("firmware merging"), false);
    RunOutcome one;
    one.merging = {{10, 4, 230, 1000, 2000, 1, 2, 3, 4, 0, 0}, 777, {}};
    record.devices = {one, one};
    record.outcome.merging = combined(record.devices).merging;
    const Section figures = derived_section(record);
    const std::pair<const char*, uint64_t> kExpected[] = {
        {"merge_elements", 460},     {"merge_bytes_read", 2000}, {"merge_bytes_written", 4000},
        {"merge_cycles", 1554},      {"merge_rows_empty", 2},    {"merge_rows_nan", 4},
        {"merge_rows_saturated", 6}, {"merge_rows_div0", 8}};
    for (const auto& [key, value] : kExpected) answers.equal(figures.count(key), value);
    answers.equal(record.outcome.merging.work.rows, 20u);
    answers.equal(record.outcome.merging.work.rows_finished, 8u);
    for (const char* text : {"firmware merging", "460  elements, 1,554 cycles", "2,000  bytes",
                             "4,000  bytes", "6  with a clamped score"})
        answers.holds(in_table(text), [&] { return std::string(text); });
}

TEST_CASE("a tag stands for the latest command that fits") {
    Compared tags("tags");
    tags.equal(number_of_tag(5, 10), 5u);
    tags.equal(number_of_tag(10, 10), 10u);  // the next one, refused at dispatch
    tags.equal(number_of_tag(5, 65536 + 4), 5u);
    tags.equal(number_of_tag(5, 65536 + 5), 65541u);
    tags.equal(number_of_tag(5, 3 * 65536), 2u * 65536 + 5);
    tags.equal(number_of_tag(7, 3), 7u);
}
