// SPDX-License-Identifier: MIT
// The planner against brute force over single tokens: every allowed pair is covered exactly once,
// nothing empty is issued, the closed formula counts the steps, skip(n) is n steps.
#include "firmware/planner.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/compared.h"

namespace {

using tessera::fw::AttentionJob;
using tessera::fw::LoopOrder;
using tessera::fw::MaskKind;
using tessera::fw::Planner;
using tessera::fw::Step;
using tessera::test::Compared;

struct Case {
    AttentionJob job;
    uint32_t m = 1;

    std::string text() const {
        return "heads " + std::to_string(job.query_heads) + "/" + std::to_string(job.kv_heads) +
               " nq " + std::to_string(job.nq) + " nk " + std::to_string(job.nk) + " m " +
               std::to_string(m) + " causal " + std::to_string(job.mask == MaskKind::kCausal) +
               " positions " + std::to_string(job.q_position) + "," +
               std::to_string(job.k_position) + " key/value-resident " +
               std::to_string(job.order == LoopOrder::kKeyValueResident);
    }
    bool allows(uint32_t i, uint32_t j) const {
        return job.mask == MaskKind::kDense ||
               uint64_t{job.k_position} + j <= uint64_t{job.q_position} + i;
    }
};

Case random_case(std::mt19937_64& random, uint32_t limit) {
    const auto draw = [&](uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random() % (high - low + 1));
    };
    Case c;
    c.m = draw(1, 9);
    c.job.kv_heads = draw(1, 3);
    c.job.query_heads = c.job.kv_heads * draw(1, 3);
    c.job.nq = draw(1, limit);
    c.job.nk = draw(1, limit);
    c.job.mask = draw(0, 3) == 0 ? MaskKind::kDense : MaskKind::kCausal;
    c.job.order = draw(0, 1) == 0 ? LoopOrder::kQueryResident : LoopOrder::kKeyValueResident;
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
    return c;
}

std::vector<Step> all_steps(const Case& c) {
    Planner planner(c.job, c.m);
    std::vector<Step> steps;
    Step step;
    while (planner.next(step) && steps.size() < 1000000) steps.push_back(step);
    return steps;
}

bool same(const Step& a, const Step& b) {
    return a.query_head == b.query_head && a.kv_head == b.kv_head && a.q_tile == b.q_tile &&
           a.k_tile == b.k_tile && a.q_rows == b.q_rows && a.k_rows == b.k_rows &&
           a.first == b.first && a.last == b.last && a.new_query == b.new_query &&
           a.new_key == b.new_key;
}

/// What the planner should say, from the predicate on single tokens: [query tile][its key tiles].
std::vector<std::vector<uint32_t>> expected_tiles(const Case& c) {
    const uint32_t tq = (c.job.nq + c.m - 1) / c.m;
    std::vector<std::set<uint32_t>> seen(tq);
    for (uint32_t i = 0; i < c.job.nq; ++i)
        for (uint32_t j = 0; j < c.job.nk; ++j)
            if (c.allows(i, j)) seen[i / c.m].insert(j / c.m);
    std::vector<std::vector<uint32_t>> tiles;
    for (auto& keys : seen) {
        if (keys.empty()) keys.insert(0);  // fully masked, so that EMPTY rows are written
        tiles.emplace_back(keys.begin(), keys.end());
    }
    return tiles;
}

}  // namespace

TEST_CASE("the steps cover every allowed pair once, in order, and nothing else") {
    auto random = tessera::test::test_random();
    Compared tiles("key tile lists of query tiles"), fields("steps");
    Compared totals("totals against the closed formula");
    for (int n = 0; n < 4000; ++n) {
        const Case c = random_case(random, 60);
        const auto where = [&] { return c.text(); };
        const std::vector<Step> steps = all_steps(c);
        const auto expected = expected_tiles(c);
        const auto tq = static_cast<uint32_t>(expected.size());
        std::vector<std::vector<uint32_t>> got(size_t{c.job.query_heads} * tq);
        for (size_t i = 0; i < steps.size(); ++i) {
            const Step& s = steps[i];
            const bool in_range = s.query_head < c.job.query_heads && s.q_tile < tq;
            fields.holds(in_range, where);
            if (!in_range) continue;
            got[size_t{s.query_head} * tq + s.q_tile].push_back(s.k_tile);
            const auto& keys = expected[s.q_tile];
            fields.equal(s.kv_head, s.query_head / (c.job.query_heads / c.job.kv_heads), where);
            fields.equal(s.q_rows, std::min(c.m, c.job.nq - s.q_tile * c.m), where);
            fields.equal(s.k_rows, std::min(c.m, c.job.nk - s.k_tile * c.m), where);
            fields.equal(s.first, s.k_tile == keys.front(), where);
            fields.equal(s.last, s.k_tile == keys.back(), where);
            const Step* p = i == 0 ? nullptr : &steps[i - 1];
            fields.equal(s.new_query,
                         p == nullptr || p->query_head != s.query_head || p->q_tile != s.q_tile,
                         where);
            fields.equal(s.new_key,
                         p == nullptr || p->kv_head != s.kv_head || p->k_tile != s.k_tile, where);
        }
        for (size_t i = 0; i < got.size(); ++i) tiles.holds(got[i] == expected[i % tq], where);
        totals.equal(Planner(c.job, c.m).total(), steps.size(), where);
    }
}

TEST_CASE("the loop order is what it is called") {
    auto random = tessera::test::test_random();
    Compared order("neighbouring steps");
    for (int n = 0; n < 2000; ++n) {
        const Case c = random_case(random, 40);
        const bool by_query = c.job.order == LoopOrder::kQueryResident;
        const auto rank = [&](const Step& s) {
            return by_query ? std::vector<uint32_t>{s.query_head, s.q_tile, s.k_tile}
                            : std::vector<uint32_t>{s.kv_head, s.k_tile, s.query_head, s.q_tile};
        };
        const std::vector<Step> steps = all_steps(c);
        for (size_t i = 1; i < steps.size(); ++i)
            order.holds(rank(steps[i - 1]) < rank(steps[i]), [&] { return c.text(); });
    }
}

TEST_CASE("skip(n) is n steps") {
    auto random = tessera::test::test_random();
    Compared skips("steps after a skip");
    for (int n = 0; n < 300; ++n) {
        const Case c = random_case(random, 25);
        const auto where = [&] { return c.text(); };
        const std::vector<Step> steps = all_steps(c);
        for (size_t from = 0; from <= steps.size(); ++from) {  // from the start, past the end too
            Planner planner(c.job, c.m);
            planner.skip(from);
            Step step;
            for (size_t i = from; i < std::min(from + 3, steps.size()); ++i)
                skips.holds(planner.next(step) && same(step, steps[i]), where);
            if (from + 3 >= steps.size()) skips.equal(planner.next(step), false, where);
        }
        Planner planner(c.job, c.m);  // and from anywhere, mixed with steps
        for (size_t at = 0; at < steps.size();) {
            Step step;
            skips.holds(planner.next(step) && same(step, steps[at]), where);
            const size_t jump = random() % (steps.size() / 2 + 1);
            planner.skip(jump);
            at += 1 + jump;
        }
        Step step;
        planner.skip(steps.size());
        skips.equal(planner.next(step), false, where);
    }
}

TEST_CASE("totals of large jobs follow the formulas of docs/schedules.md") {
    Compared totals("totals");
    for (const uint64_t t : {1u, 2u, 8u, 1024u, 8192u, 65536u}) {
        AttentionJob job;
        job.query_heads = 12;
        job.kv_heads = 3;
        job.nq = job.nk = static_cast<uint32_t>(t * 128 - 5);  // ragged
        totals.equal(Planner(job, 128).total(), 12 * t * t);
        job.mask = MaskKind::kCausal;
        totals.equal(Planner(job, 128).total(), 12 * (t * (t + 1) / 2));
        job.nq = 1;  // decoding: one query sees the first i keys
        job.q_position = job.nk - 1;
        totals.equal(Planner(job, 128).total(), 12 * t);
    }
    AttentionJob job;  // the longest there is, all masked but the last query
    job.query_heads = job.kv_heads = 1;
    job.nq = job.nk = 1u << 30;
    job.mask = MaskKind::kCausal;
    job.k_position = (1u << 30) - 1;
    totals.equal(Planner(job, 128).total(), uint64_t{1} << 23);
    Planner planner(job, 128);
    planner.skip((uint64_t{1} << 23) - 1);
    Step step;
    totals.equal(planner.next(step), true);
    totals.equal(step.q_tile, (1u << 23) - 1);
    totals.equal(planner.next(step), false);
}
