// SPDX-License-Identifier: MIT
// Formulas of calls, pairs and bytes against brute force and against firmware's planner.
#include <cmath>

#include "firmware/attention/sequencer.h"
#include "host/predict/formulas.h"
#include "host/predict/visited_keys.h"
#include "host/report/sections.h"
#include "spec/integers.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/mask_oracle.h"
#include "tests/support/random_mask.h"
#include "tests/unit/record_by_hand.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;
using test::record_by_hand;
using test::small_platform;
using test::user_sees;

namespace {

uint32_t between(std::mt19937_64& random, uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
}

Problem random_problem(std::mt19937_64& random, uint32_t m) {
    Problem p;
    p.kv_heads = between(random, 1, 3);
    p.query_heads = p.kv_heads * between(random, 1, 3);
    p.nq = between(random, 1, between(random, 0, 3) == 0 ? 3 : 70);
    p.nk = between(random, 0, 2) == 0 ? p.nq : between(random, 1, 70);
    p.d_k = between(random, 1, 16);
    p.d_v = between(random, 1, 16);
    p.schedule = between(random, 0, 1) == 0 ? fw::ScheduleId::kQueryResident
                                            : fw::ScheduleId::kKeyValueResident;
    p.scale = 0.25;
    test::random_user_mask(random, m, p, true);
    p.stacked = p.stackable() && between(random, 0, 2) == 0;
    check_mask(p, m);
    return p;
}

std::string text_of(const Problem& p, uint32_t m) {
    return std::to_string(p.nq) + " x " + std::to_string(p.nk) + " " + p.mask.text() + " " +
           align_name(p.mask.align) + (p.stacked ? ", stacked" : "") + ", M " + std::to_string(m);
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
                    queries[b] += user_sees(p, m, first_head + a / p.nq, a % p.nq, b) ? 1 : 0;
            for (const uint32_t n : queries) of_kv_head += n;
            // Summaries in front of the key tile with the first key of the tile's first block.
            uint32_t linear = 0, gathered = 0;
            if (p.mask.summary != 0) {
                const int64_t nq = p.nq, nk = p.nk, i = row % p.nq;
                const int64_t q = p.mask.align == host::Align::kEnd ? i + nk - nq : i;
                const int64_t own = test::floor_of(q, p.mask.block) * p.mask.block;
                while (linear + m <= nk && linear + m <= own) linear += m;
                if (own >= nk) linear = p.nk;
                for (uint32_t b = 0; b < linear; ++b) gathered += queries[b] != 0 ? 1 : 0;
            }
            uint64_t calls = spec::divide_up(gathered, m), keys = gathered;
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
        f.calls_at_least += spec::divide_up(of_kv_head, m * m);
        of_kv_head = 0;
    }
    return f;
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
                    for (uint32_t i = 0; i < p.nq && !seen; ++i) seen = user_sees(p, m, head, i, j);
                keys += seen ? 1 : 0;
            }
        const uint64_t rows = uint64_t{p.query_heads} * p.nq;
        const uint64_t expected = 2 * rows * p.d_k + 2 * keys * (p.d_k + p.d_v) + 4 * rows * p.d_v;
        problems.equal(compulsory_bytes(p, m).all(), expected, [&] { return text_of(p, m); });
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

TEST_CASE("visited pairs equal those of firmware's commands") {
    auto random = test::test_random();
    Compared problems("problems");
    uint64_t hidden = 0;
    for (int n = 0; n < 1000; ++n) {
        hw::PlatformConfig config = small_platform();
        config.params.key_ranges = between(random, 0, 7) != 0;
        if (between(random, 0, 3) == 0) config.params.profile = spec::Profile::kStats;
        const spec::DeviceParams& params = config.params;
        const Problem p = random_problem(random, params.m);
        const Layout layout = make_layout(p, config);
        fw::Sequencer sequencer(layout.job, params, 0);
        spec::PositionMemory positions;
        uint64_t pairs = 0;
        for (spec::Command c; sequencer.next(c); positions.dispatched(c)) {
            if (c.opcode != spec::Opcode::kAttend) continue;
            for (uint32_t g = 0; g < params.groups(c.rows); ++g) {
                const uint32_t left = c.rows - g * params.group_rows();
                pairs += uint64_t{std::min(left, params.group_rows())} *
                         spec::group_keys(params, c, positions.of(c), g).count;
            }
        }
        problems.equal(visited_pairs(p, params), pairs, [&] { return text_of(p, params.m); });
        hidden += work_formula(p, params.m).pairs_issued - pairs;
    }
    CHECK(hidden != 0);
}

TEST_CASE("the formulas of docs/contract/schedules.md") {
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
    const Section figures = derived_section(record);
    const double on_chip = 2 * (3 * 16 * 16 + 16 * 18);
    values.equal(figures.number("on_chip_elements"), on_chip);
    values.equal(figures.number("bytes_io_bound"), 2 * 32.0 * 32 * 16 * 16 / on_chip);
    values.equal(figures.number("bytes_over_io_bound"),
                 figures.number("bytes") / figures.number("bytes_io_bound"));
}
