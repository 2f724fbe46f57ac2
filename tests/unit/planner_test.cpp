// SPDX-License-Identifier: MIT
// Tiles and steps against brute force over single tokens: every allowed pair is issued exactly
// once, no pair of tiles is empty, nothing is masked that one term allows as a whole.
#include "firmware/plan/planner.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "host/verify/job_mask.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/mask_oracle.h"

namespace {

using tessera::fw::AttentionJob;
using tessera::fw::Planner;
using tessera::fw::Run;
using tessera::fw::ScheduleId;
using tessera::fw::Step;
using tessera::fw::TileMap;
using tessera::test::Compared;
using tessera::test::job_sees;
namespace spec = tessera::spec;

struct Case {
    AttentionJob job;
    tessera::verify::MaskArrays arrays;
    uint32_t m = 1;

    Case() = default;
    Case(const Case&) = delete;
    Case& operator=(const Case&) = delete;

    std::string text() const {
        return "heads " + std::to_string(job.query_heads) + "/" + std::to_string(job.kv_heads) +
               " nq " + std::to_string(job.nq) + " nk " + std::to_string(job.nk) + " m " +
               std::to_string(m) + " " + tessera::verify::mask_text(job) + " positions " +
               std::to_string(job.q_position) + "," + std::to_string(job.k_position) +
               " key/value-resident " +
               std::to_string(job.schedule == ScheduleId::kKeyValueResident);
    }
};

void draw_case(std::mt19937_64& random, uint32_t limit, Case& c) {
    const auto draw = [&](uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random() % (high - low + 1));
    };
    c.m = draw(1, 9);
    c.job.kv_heads = draw(1, 3);
    c.job.query_heads = c.job.kv_heads * draw(1, 3);
    c.job.nq = draw(0, 4) == 0 ? 1 : draw(1, limit);
    c.job.nk = draw(1, limit);
    c.job.schedule = draw(0, 1) == 0 ? ScheduleId::kQueryResident : ScheduleId::kKeyValueResident;
    switch (draw(0, 3)) {
        case 0:  // aligned at the end
            c.job.q_position = c.job.nk > c.job.nq ? c.job.nk - c.job.nq : 0;
            c.job.k_position = c.job.nq > c.job.nk ? c.job.nq - c.job.nk : 0;
            break;
        case 1: break;  // aligned at the start
        case 2:
            c.job.q_position = draw(0, 2 * limit);
            c.job.k_position = draw(0, 2 * limit);
            break;
        default:
            c.job.q_position = 0x7fffffff - draw(limit, 2 * limit);
            c.job.k_position = 0x7fffffff - draw(limit, 2 * limit);
    }
    tessera::verify::random_mask(random, c.m, c.job, c.arrays);
    if (draw(0, 4) == 0) tessera::verify::random_lists(random, c.job, c.arrays);
}

std::vector<Step> all_steps(const Case& c) {
    Planner planner(c.job, c.m);
    std::vector<Step> steps;
    Step step;
    while (planner.next(step) && steps.size() < 1000000) steps.push_back(step);
    return steps;
}

struct Token {
    uint32_t head = 0, row = 0, position = 0;
};

/// Rows of a step's query tile.
std::vector<Token> queries(const TileMap& map, const Step& s) {
    std::vector<Token> tokens;
    while (tokens.size() < s.q_rows) {
        const Run run = map.query_run(s.q_tile, static_cast<uint32_t>(tokens.size()));
        for (uint32_t i = 0; i < run.rows; ++i)
            tokens.push_back({s.query_head + run.head, run.row + i, run.position + i});
    }
    return tokens;
}

/// Keys that a step attends to.
std::vector<Token> keys(const TileMap& map, const Case& c, const Step& s) {
    std::vector<Token> tokens;
    if (map.gathered(s.k_tile)) {
        for (uint32_t j = 0; j < s.keys; ++j) {
            const uint32_t row = map.summary_row(s.k_tile * c.m + j);
            tokens.push_back({s.kv_head, row, row});
        }
        return tokens;
    }
    while (tokens.size() < s.keys) {
        const Run run = map.key_run(s.k_tile, static_cast<uint32_t>(tokens.size()));
        for (uint32_t i = 0; i < run.rows; ++i)
            tokens.push_back({s.kv_head, run.row + i, run.position + i});
    }
    return tokens;
}

bool same_stack(const Step& a, const Step& b) { return a.query_head == b.query_head; }

}  // namespace

TEST_CASE("the steps issue every allowed pair once, in order, and no pair of tiles in vain") {
    auto random = tessera::test::test_random();
    Compared rows("key lists of queries"), tiles("pairs of tiles"), fields("fields of steps");
    for (int n = 0; n < 4000; ++n) {
        Case c;
        draw_case(random, 60, c);
        const auto where = [&] { return c.text(); };
        const TileMap map(c.job, c.m);
        const std::vector<Step> steps = all_steps(c);
        std::vector<std::vector<uint32_t>> seen(size_t{c.job.query_heads} * c.job.nq);
        std::set<std::pair<uint32_t, uint32_t>> begun;  // query tiles
        for (size_t i = 0; i < steps.size(); ++i) {
            const Step& s = steps[i];
            bool any = false, all = true;
            const std::vector<Token> tile_keys = keys(map, c, s);
            const std::vector<Token> tile_queries = queries(map, s);
            for (uint32_t a = 0; a < tile_queries.size(); ++a)
                for (uint32_t b = 0; b < tile_keys.size(); ++b) {
                    const Token &q = tile_queries[a], &k = tile_keys[b];
                    const bool allowed =
                        tessera::test::device_sees(s.mask, a, b, q.position, k.position);
                    any = any || allowed;
                    all = all && job_sees(c.job, c.m, q.head, q.row, k.row);
                    if (allowed) seen[size_t{q.head} * c.job.nq + q.row].push_back(k.row);
                }
            // Two terms may allow together what neither does alone.
            const uint32_t local = c.job.mask.flags & spec::kMaskLocal;
            const bool prefix = (c.job.mask.flags & spec::kMaskPrefix) != 0;
            const bool several = (local & (local - 1)) != 0 || (local != 0 && prefix);
            tiles.holds(!all || several || s.mask.flags == 0, where);
            tiles.holds(any || (s.first && s.last), where);  // only for queries that see no key
            fields.equal(s.first, begun.insert({s.query_head, s.q_tile}).second, where);
            const bool more = std::any_of(
                steps.begin() + static_cast<long>(i) + 1, steps.end(), [&](const Step& later) {
                    return same_stack(s, later) && later.q_tile == s.q_tile;
                });
            fields.equal(s.last, !more, where);
            fields.equal(s.kv_head, s.query_head / (c.job.query_heads / c.job.kv_heads), where);
            const Step* p = i == 0 ? nullptr : &steps[i - 1];
            fields.equal(s.new_query, p == nullptr || !same_stack(*p, s) || p->q_tile != s.q_tile,
                         where);
            fields.equal(s.new_key,
                         p == nullptr || p->kv_head != s.kv_head || p->k_tile != s.k_tile, where);
        }
        fields.equal(begun.size(), size_t{map.stacks()} * map.query_tiles(), where);
        for (uint32_t head = 0; head < c.job.query_heads; ++head)
            for (uint32_t i = 0; i < c.job.nq; ++i) {
                std::vector<uint32_t> expected;
                for (uint32_t j = 0; j < c.job.nk; ++j)
                    if (job_sees(c.job, c.m, head, i, j)) expected.push_back(j);
                rows.holds(seen[size_t{head} * c.job.nq + i] == expected, where);
            }
    }
}

TEST_CASE("a schedule is what it is called") {
    auto random = tessera::test::test_random();
    Compared order("neighbouring steps");
    for (int n = 0; n < 2000; ++n) {
        Case c;
        draw_case(random, 40, c);
        const bool by_query = c.job.schedule == ScheduleId::kQueryResident;
        const auto rank = [&](const Step& s) {
            return by_query ? std::vector<uint32_t>{s.query_head, s.q_tile, s.k_tile}
                            : std::vector<uint32_t>{s.kv_head, s.k_tile, s.query_head, s.q_tile};
        };
        const std::vector<Step> steps = all_steps(c);
        for (size_t i = 1; i < steps.size(); ++i)
            order.holds(rank(steps[i - 1]) < rank(steps[i]), [&] { return c.text(); });
    }
}

TEST_CASE("states travel, and tiles are merged, only where they have to") {
    auto random = tessera::test::test_random();
    Compared answers("answers about jobs");
    for (int n = 0; n < 2000; ++n) {
        Case c;
        draw_case(random, 40, c);
        const std::vector<Step> steps = all_steps(c);
        const Planner planner(c.job, c.m);
        const bool merges =
            std::any_of(steps.begin(), steps.end(), [](const Step& s) { return !s.first; });
        answers.equal(planner.merges(), merges, [&] { return c.text(); });
        const TileMap& map = planner.map();
        const bool fit = map.stacks_per_kv_head() * map.query_tiles() <= spec::kBanks;
        answers.equal(planner.states_travel(),
                      merges && !fit && c.job.schedule == ScheduleId::kKeyValueResident,
                      [&] { return c.text(); });
    }
}

TEST_CASE("the longest jobs are planned from their ends as well") {
    Compared steps("steps");
    AttentionJob job;  // the longest there is, all masked but the last query
    job.query_heads = job.kv_heads = 1;
    job.nq = job.nk = 1u << 30;
    job.mask.flags = spec::kMaskCausal;
    job.k_position = (1u << 30) - 1;
    const TileMap map(job, 128);
    const uint32_t last = (1u << 23) - 1;
    steps.equal(map.query_tiles(), last + 1);
    steps.equal(map.next_key_tile(0, last, 0), 0u);
    steps.equal(map.next_key_tile(0, last, 1), map.key_tiles());
    job.k_position = 0;
    const TileMap seen(job, 128);
    steps.equal(seen.next_key_tile(0, last, last), last);
    steps.equal(seen.next_key_tile(0, 5, 6), seen.key_tiles());
    steps.equal(seen.mask(0, last, last).flags, uint32_t{spec::kMaskCausal});
    steps.equal(seen.mask(0, last, last - 1).flags, 0u);
}
