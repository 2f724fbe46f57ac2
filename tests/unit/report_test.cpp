// SPDX-License-Identifier: MIT
// Formulas against brute force and against firmware's planner; figures, energy, JSON and names of
// commands against values worked out by hand.
#include <cmath>

#include "firmware/planner.h"
#include "host/report/command_names.h"
#include "host/report/counters.h"
#include "host/report/energy.h"
#include "host/report/figures.h"
#include "host/report/formulas.h"
#include "host/report/report_json.h"
#include "host/report/table.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using namespace tessera::host;
using spec::Counter;
using test::Compared;

namespace {

uint32_t between(std::mt19937_64& random, uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
}

Problem random_problem(std::mt19937_64& random) {
    Problem p;
    p.kv_heads = between(random, 1, 3);
    p.query_heads = p.kv_heads * between(random, 1, 3);
    p.nq = between(random, 1, 70);
    p.nk = between(random, 0, 2) == 0 ? p.nq : between(random, 1, 70);
    p.d_k = between(random, 1, 16);
    p.d_v = between(random, 1, 16);
    p.mask = between(random, 0, 3) == 0 ? fw::MaskKind::kDense : fw::MaskKind::kCausal;
    p.align = between(random, 0, 1) == 0 ? Align::kEnd : Align::kStart;
    p.order = between(random, 0, 1) == 0 ? fw::LoopOrder::kQueryResident
                                         : fw::LoopOrder::kKeyValueResident;
    p.scale = 0.25;
    return p;
}

std::string text_of(const Problem& p, uint32_t m) {
    return std::to_string(p.nq) + " x " + std::to_string(p.nk) + " " + mask_name(p.mask) + " " +
           align_name(p.align) + ", M " + std::to_string(m);
}

bool allowed(const Problem& p, uint32_t i, uint32_t j) {
    return !p.causal() || p.k_position() + j <= p.q_position() + i;
}

/// Tile pair by tile pair, token pair by token pair.
WorkFormula brute_force(const Problem& p, uint32_t m) {
    WorkFormula f;
    for (uint32_t i = 0; i < p.nq; i += m) {
        const uint32_t rows = std::min(m, p.nq - i);
        bool any = false;
        for (uint32_t j = 0; j < p.nk; j += m) {
            const uint32_t keys = std::min(m, p.nk - j);
            uint64_t pairs = 0;
            for (uint32_t a = i; a < i + rows; ++a)
                for (uint32_t b = j; b < j + keys; ++b) pairs += allowed(p, a, b) ? 1 : 0;
            if (pairs == 0) continue;
            any = true;
            ++f.calls;
            f.pairs_issued += uint64_t{rows} * keys;
            f.pairs_allowed += pairs;
        }
        if (any) continue;  // its rows are still written, as EMPTY
        ++f.calls;
        f.pairs_issued += uint64_t{rows} * std::min(m, p.nk);
    }
    f.calls_at_least = (f.pairs_allowed + m * m - 1) / (m * m) * p.query_heads;
    f.calls *= p.query_heads;
    f.pairs_issued *= p.query_heads;
    f.pairs_allowed *= p.query_heads;
    return f;
}

hw::PlatformConfig small_platform() {
    hw::PlatformConfig config;
    config.params = {16, 16, 2, 4, 16, spec::Profile::kStateful};
    return config;
}

/// One head, 32 x 32 tokens, causal, dimension 16 on the tiny device, with made-up counters.
RunRecord record_by_hand() {
    RunRecord r;
    r.command_line = {"tessera", "run"};
    r.input = "by hand";
    r.problem.nq = r.problem.nk = 32;
    r.problem.d_k = r.problem.d_v = 16;
    r.problem.mask = fw::MaskKind::kCausal;
    r.problem.scale = 0.25;
    r.problem.leading = {1};
    r.config.device_name = "tiny";
    r.config.platform = small_platform();
    r.config.clock_ghz = 2;
    r.layout = make_layout(r.problem, r.config.platform);
    const auto set = [&](Counter counter, uint64_t value) {
        r.outcome.counters[static_cast<size_t>(counter)] = value;
    };
    set(Counter::kCycles, 1000);
    for (const Counter idle :
         {Counter::kLoadIdle, Counter::kScoreIdle, Counter::kValueIdle, Counter::kStoreIdle})
        set(idle, 1000);
    set(Counter::kAttendsRetired, 3);
    set(Counter::kBytesQ, 1024);
    set(Counter::kBytesK, 2048);
    set(Counter::kBytesV, 2048);
    set(Counter::kBytesO, 2048);
    set(Counter::kBytesDescriptor, 1000);
    set(Counter::kSramStateWrite, 64);
    r.not_checked = "by hand";
    return r;
}

}  // namespace

TEST_CASE("work formulas equal a count of tiles and pairs") {
    auto random = test::test_random();
    Compared problems("problems");
    for (int n = 0; n < 4000; ++n) {
        const Problem p = random_problem(random);
        const uint32_t m = between(random, 1, 20);
        const WorkFormula f = work_formula(p, m), b = brute_force(p, m);
        problems.holds(f.calls == b.calls && f.pairs_issued == b.pairs_issued &&
                           f.pairs_allowed == b.pairs_allowed &&
                           f.calls_at_least == b.calls_at_least,
                       [&] { return text_of(p, m); });
    }
}

TEST_CASE("work formulas equal what firmware's planner does") {
    auto random = test::test_random();
    Compared problems("problems");
    for (int n = 0; n < 1000; ++n) {
        const Problem p = random_problem(random);
        const hw::PlatformConfig config = small_platform();
        const Layout layout = make_layout(p, config);
        fw::Planner planner(layout.job, config.params.m);
        fw::Step step;
        uint64_t calls = 0, pairs = 0;
        while (planner.next(step)) {
            ++calls;
            pairs += uint64_t{step.q_rows} * step.k_rows;
        }
        const WorkFormula f = work_formula(p, config.params.m);
        problems.holds(f.calls == calls && f.pairs_issued == pairs,
                       [&] { return text_of(p, config.params.m); });
    }
}

TEST_CASE("the formulas of docs/schedules.md") {
    Compared values("values");
    Problem p;
    p.nq = p.nk = 1024;
    p.d_k = p.d_v = 64;
    values.equal(work_formula(p, 128).calls, 64u);
    p.mask = fw::MaskKind::kCausal;
    values.equal(work_formula(p, 128).calls, 36u);
    values.equal(work_formula(p, 128).pairs_allowed, 1024u * 1025 / 2);
    p.nq = 1;  // one token decoded: its keys are all
    values.equal(work_formula(p, 128).calls, 8u);
    p.nq = p.nk = 1u << 20;  // no overflow: 2^40 pairs
    p.mask = fw::MaskKind::kDense;
    values.equal(work_formula(p, 128).pairs_allowed, uint64_t{1} << 40);
}

TEST_CASE("figures of a record made by hand") {
    const RunRecord record = record_by_hand();
    const Figures figures(record);
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

TEST_CASE("report.json holds every counter and figure with unit and definition") {
    const RunRecord record = record_by_hand();
    const auto json = nlohmann::json::parse(report_json(record).dump());
    Compared entries("entries");
    entries.equal(json["schema"], "tessera.report");
    entries.equal(json["schema_version"], 1);
    for (uint32_t i = 0; i < spec::kCounters; ++i) {
        const auto& entry = json["counters"][spec::kCounterTable[i].name];
        entries.equal(entry["value"], record.outcome.counters[i]);
        entries.equal(entry["unit"], spec::kCounterTable[i].unit);
        entries.equal(entry["definition"], spec::kCounterTable[i].definition);
    }
    const Figures figures(record);
    for (const Figure& figure : figures.all()) {
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
        phrases.holds(report_table(record).find(phrase) != std::string::npos,
                      [&] { return std::string(phrase); });
    };
    for (const char* phrase : {"not checked  by hand", "NOT VALIDATED; 45 nm", "mac_utilisation",
                               "formula 3", "8,168", "500 ns at 2 GHz"})
        says(phrase);
    record.error = ErrorSummary{};
    record.error->outside = 7;
    says("OUTSIDE THE BOUND");
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
    record.problem.mask = fw::MaskKind::kDense;
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
}

TEST_CASE("a tag stands for the latest command that fits") {
    Compared tags("tags");
    tags.equal(sequence_of_tag(5, 10), 5u);
    tags.equal(sequence_of_tag(10, 10), 10u);  // the next one, refused at dispatch
    tags.equal(sequence_of_tag(5, 65536 + 4), 5u);
    tags.equal(sequence_of_tag(5, 65536 + 5), 65541u);
    tags.equal(sequence_of_tag(5, 3 * 65536), 2u * 65536 + 5);
    tags.equal(sequence_of_tag(7, 3), 7u);
}
