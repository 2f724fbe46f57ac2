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

/// A mask of any kind that goes with the tokens of `p`, which it may make as many keys as queries.
void random_mask(std::mt19937_64& random, uint32_t m, Problem& p) {
    const auto length = [&] {
        return between(random, 1, between(random, 0, 3) == 0 ? 100 : 3 * m);
    };
    AttentionMask& mask = p.mask;
    mask.causal = between(random, 0, 3) != 0;
    mask.align = between(random, 0, 1) == 0 ? Align::kEnd : Align::kStart;
    const uint32_t kind = between(random, 0, 7);
    if (kind == 2 || kind == 3) mask.window = length();
    if (kind == 3 || kind == 4) mask.sinks = std::min(length(), p.nk);
    if (kind == 5) {
        mask.block = 1u << between(random, 0, 6);
        if (mask.causal && between(random, 0, 3) != 0)
            mask.summary = between(random, 0, 2) != 0 ? 1 : between(random, 1, mask.block);
    }
    if (kind == 6) {
        p.nq = p.nk;
        for (uint32_t at = 0; at < p.nk; at += length()) mask.documents.push_back(at);
    }
    if (kind == 7) {
        mask.tiles = {"flags",
                      between(random, 0, 1) == 0 ? 1 : p.query_heads,
                      (p.nq + m - 1) / m,
                      (p.nk + m - 1) / m,
                      {}};
        mask.tiles.flags.resize(mask.tiles.heads * mask.tiles.query_tiles * mask.tiles.key_tiles);
        const uint32_t percent = between(random, 0, 100);
        for (uint8_t& flag : mask.tiles.flags) flag = between(random, 0, 99) < percent;
    }
    p.stacked = kind < 7 && (mask.summary == 0 || p.nq == 1) && between(random, 0, 2) == 0;
}

Problem random_problem(std::mt19937_64& random, uint32_t m) {
    Problem p;
    p.kv_heads = between(random, 1, 3);
    p.query_heads = p.kv_heads * between(random, 1, 3);
    p.nq = between(random, 1, between(random, 0, 3) == 0 ? 3 : 70);
    p.nk = between(random, 0, 2) == 0 ? p.nq : between(random, 1, 70);
    p.d_k = between(random, 1, 16);
    p.d_v = between(random, 1, 16);
    p.order = between(random, 0, 1) == 0 ? fw::LoopOrder::kQueryResident
                                         : fw::LoopOrder::kKeyValueResident;
    p.scale = 0.25;
    random_mask(random, m, p);
    check_mask(p, m);
    return p;
}

std::string text_of(const Problem& p, uint32_t m) {
    return std::to_string(p.nq) + " x " + std::to_string(p.nk) + " " + p.mask.text() + " " +
           align_name(p.mask.align) + (p.stacked ? ", stacked" : "") + ", M " + std::to_string(m);
}

/// The definition of every mask, for one pair of tokens.
bool allowed(const Problem& p, uint32_t m, uint32_t head, uint32_t i, uint32_t j) {
    const AttentionMask& mask = p.mask;
    const int64_t q = int64_t{i} + p.q_position(), k = int64_t{j} + p.k_position();
    if (mask.causal && k > q) return false;
    if (!mask.documents.empty()) {
        const auto document = [&](uint32_t token) {
            size_t n = 0;
            for (const uint32_t start : mask.documents) n += start <= token ? 1 : 0;
            return n;
        };
        return document(i) == document(j);
    }
    if (mask.tiles.given()) {
        const uint64_t row = (mask.tiles.heads == 1 ? 0 : head) * mask.tiles.query_tiles + i / m;
        return mask.tiles.flags[row * mask.tiles.key_tiles + j / m] != 0;
    }
    if (mask.window == 0 && mask.sinks == 0 && mask.block == 0) return true;
    if (mask.window != 0 && std::abs(q - k) < mask.window) return true;
    if (j < mask.sinks) return true;
    if (mask.block == 0) return false;
    return q / mask.block == k / mask.block ||
           (mask.summary != 0 && k % mask.block >= mask.block - mask.summary);
}

/// Tile pair by tile pair, token pair by token pair.
WorkFormula brute_force(const Problem& p, uint32_t m) {
    WorkFormula f;
    const uint32_t stack = p.stacked ? p.group() : 1;
    const uint32_t rows_of_stack = stack * p.nq;
    uint64_t of_kv_head = 0;  // allowed pairs
    for (uint32_t first_head = 0; first_head < p.query_heads; first_head += stack) {
        for (uint32_t row = 0; row < rows_of_stack; row += m) {
            const uint32_t rows = std::min(m, rows_of_stack - row);
            std::vector<uint32_t> queries(p.nk);  // of this tile, that see a key
            for (uint32_t a = row; a < row + rows; ++a)
                for (uint32_t b = 0; b < p.nk; ++b)
                    queries[b] += allowed(p, m, first_head + a / p.nq, a % p.nq, b) ? 1 : 0;
            for (const uint32_t n : queries) of_kv_head += n;
            // Summaries in front of the key tile with the first key of the tile's first block.
            uint32_t linear = 0, gathered = 0;
            if (p.mask.summary != 0) {
                const uint32_t position = row % p.nq + p.q_position();
                while (linear + m <= p.nk &&
                       linear + m + p.k_position() <= position / p.mask.block * p.mask.block)
                    linear += m;
                if (position / p.mask.block * p.mask.block >= p.nk + p.k_position()) linear = p.nk;
                for (uint32_t b = 0; b < linear; ++b) gathered += queries[b] != 0 ? 1 : 0;
            }
            uint64_t calls = (gathered + m - 1) / m, keys = gathered;
            for (uint32_t tile = linear; tile < p.nk; tile += m) {
                const uint32_t end = std::min(tile + m, p.nk);
                if (std::all_of(&queries[tile], &queries[tile] + (end - tile),
                                [](uint32_t n) { return n == 0; }))
                    continue;
                ++calls;
                keys += end - tile;
            }
            if (calls == 0) {  // its rows are still written, as EMPTY
                calls = 1;
                keys = std::min(m, p.nk);
            }
            f.calls += calls;
            f.pairs_issued += rows * keys;
            f.rows_issued += rows * calls;
        }
        if ((first_head + stack) % p.group() != 0) continue;
        f.pairs_allowed += of_kv_head;
        f.calls_at_least += (of_kv_head + m * m - 1) / (m * m);
        of_kv_head = 0;
    }
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
    r.problem.mask.causal = true;
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
        const uint32_t m = between(random, 1, 20);
        const Problem p = random_problem(random, m);
        const WorkFormula f = work_formula(p, m), b = brute_force(p, m);
        problems.holds(f.calls == b.calls && f.pairs_issued == b.pairs_issued &&
                           f.rows_issued == b.rows_issued && f.pairs_allowed == b.pairs_allowed &&
                           f.calls_at_least == b.calls_at_least,
                       [&] { return text_of(p, m); });
    }
}

TEST_CASE("compulsory bytes are those of keys that some query sees") {
    auto random = test::test_random();
    Compared problems("problems");
    for (int n = 0; n < 1000; ++n) {
        const uint32_t m = between(random, 1, 20);
        const Problem p = random_problem(random, m);
        uint64_t keys = 0;
        for (uint32_t kv = 0; kv < p.kv_heads; ++kv)
            for (uint32_t j = 0; j < p.nk; ++j) {
                bool seen = false;
                for (uint32_t head = kv * p.group(); head < (kv + 1) * p.group(); ++head)
                    for (uint32_t i = 0; i < p.nq && !seen; ++i) seen = allowed(p, m, head, i, j);
                keys += seen ? 1 : 0;
            }
        const uint64_t rows = uint64_t{p.query_heads} * p.nq;
        const uint64_t expected = 2 * rows * p.d_k + 2 * keys * (p.d_k + p.d_v) + 4 * rows * p.d_v;
        problems.equal(compulsory_bytes(p, m), expected, [&] { return text_of(p, m); });
    }
}

TEST_CASE("work formulas equal what firmware's planner does") {
    auto random = test::test_random();
    Compared problems("problems");
    for (int n = 0; n < 1000; ++n) {
        const hw::PlatformConfig config = small_platform();
        const Problem p = random_problem(random, config.params.m);
        const Layout layout = make_layout(p, config);
        fw::Planner planner(layout.job, config.params.m);
        fw::Step step;
        uint64_t calls = 0, pairs = 0;
        while (planner.next(step)) {
            ++calls;
            pairs += uint64_t{step.q_rows} * step.keys;
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
    p.mask.causal = true;
    values.equal(work_formula(p, 128).calls, 36u);
    values.equal(work_formula(p, 128).pairs_allowed, 1024u * 1025 / 2);
    p.nq = 1;  // one token decoded: its keys are all
    values.equal(work_formula(p, 128).calls, 8u);
    p.nq = p.nk = 1u << 20;  // no overflow: 2^40 pairs
    p.mask.causal = false;
    values.equal(work_formula(p, 128).pairs_allowed, uint64_t{1} << 40);
}

TEST_CASE("Sparse Transformer at its paper's sizes: sqrt(N) - 1 calls at M = 2 sqrt(N)") {
    Compared problems("problems"), blocks("numbers of tokens");
    for (uint32_t root = 2; root <= 256; root *= 2) {
        const uint32_t m = 2 * root;
        Problem p;
        p.nq = p.nk = root * root;
        p.d_k = p.d_v = 64;
        p.mask.causal = true;
        p.mask.summary = 1;
        p.mask.block = sparse_block(p.nk);
        const WorkFormula f = work_formula(p, m);
        // Own block: (B + 1) / 2 keys of a query on average; one of each earlier block.
        const uint64_t pairs = uint64_t{p.nq} * root;
        problems.holds(p.mask.block == root && f.calls == root - 1 && f.pairs_allowed == pairs &&
                           f.calls_at_least == (root + 3) / 4,
                       [&] { return text_of(p, m); });
        if (p.nk > 4096) continue;  // token by token
        const WorkFormula b = brute_force(p, m);
        problems.holds(
            b.calls == f.calls && b.pairs_allowed == pairs && b.calls_at_least == f.calls_at_least,
            [&] { return text_of(p, m); });
    }
    for (uint32_t n = 1; n <= 5000; ++n) {
        const uint64_t b = sparse_block(n);
        blocks.holds((b & (b - 1)) == 0 && b * b <= n && 4 * b * b > n,
                     [&] { return std::to_string(n) + ": " + std::to_string(b); });
    }
    blocks.equal(sparse_block(0xffffffff), 1u << 15);
}

TEST_CASE("the order of growth of I/O: only where it is proved") {
    Compared values("values");
    spec::DeviceParams base{128, 64, 16, 4, 64};
    values.equal(on_chip_elements(base), 2u * (3 * 128 * 64 + 128 * 66));
    Problem p;
    p.query_heads = p.kv_heads = 3;
    p.nq = p.nk = 1024;
    p.d_k = p.d_v = 64;
    const auto is = [&](uint64_t on_chip, double expected) {
        const double x = io_bound_elements(p, on_chip).value_or(-1);
        values.holds(std::fabs(x - expected) <= 1e-12 * expected,
                     [&] { return std::to_string(x); });
    };
    is(65536, 3.0 * 65536);                 // N^2 d^2 / S
    is(4096, 3.0 * 1024 * 1024);            // S = d^2: both are N^2
    is(1024, 3.0 * 1024 * 1024 * 64 / 32);  // N^2 d / sqrt(S)
    const Problem dense = p;
    const auto none = [&](const char* what) {
        values.equal(io_bound_elements(p, 65536).has_value(), false, [&] { return what; });
        p = dense;
    };
    p.mask.causal = true, none("causal");
    p.mask.window = 2000, none("window");
    p.mask.sinks = 1, none("sinks");
    p.mask.block = 64, none("block");
    p.mask.documents = {0, 5}, none("documents");
    p.mask.tiles.source = "file", none("flags");
    p.nk = 1025, none("unequal lengths");
    p.d_v = 63, none("unequal dimensions");
    p.kv_heads = 1, none("grouped queries");
    RunRecord record = record_by_hand();
    record.problem.mask.causal = false;
    const Figures figures(record);
    const double on_chip = 2 * (3 * 16 * 16 + 16 * 18);
    values.equal(figures.number("on_chip_elements"), on_chip);
    values.equal(figures.number("bytes_io_bound"), 2 * 32.0 * 32 * 16 * 16 / on_chip);
    values.equal(figures.number("bytes_over_io_bound"),
                 figures.number("bytes") / figures.number("bytes_io_bound"));
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
        return report_table(record).find(text) != std::string::npos;
    };
    answers.equal(in_table("firmware merging"), false);
    RunOutcome one;
    one.merging = {{10, 4, 230, 1000, 2000, 1, 2, 3, 4, 0, 0}, 777, {}};
    record.devices = {one, one};
    record.outcome.merging = combined(record.devices).merging;
    const Figures figures(record);
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
    tags.equal(sequence_of_tag(5, 10), 5u);
    tags.equal(sequence_of_tag(10, 10), 10u);  // the next one, refused at dispatch
    tags.equal(sequence_of_tag(5, 65536 + 4), 5u);
    tags.equal(sequence_of_tag(5, 65536 + 5), 65541u);
    tags.equal(sequence_of_tag(5, 3 * 65536), 2u * 65536 + 5);
    tags.equal(sequence_of_tag(7, 3), 7u);
}
