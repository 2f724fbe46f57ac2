// SPDX-License-Identifier: MIT
// Schedule strided against brute force over single tokens: ceil(N / (M - W + 1 - s)) calls, each of
// at most M rows and M keys, in which every allowed pair meets once and no other; by firmware's
// planner and by the host's formula.
#include <set>
#include <string>
#include <vector>

#include "firmware/plan/planner.h"
#include "firmware/runner/job_check.h"
#include "host/error.h"
#include "host/predict/formulas.h"
#include "host/problem/strided.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/mask_oracle.h"

using namespace tessera;
using test::Compared;

namespace {

struct Case {
    uint32_t m = 0, n = 0, nk = 0, window = 0, sinks = 0;
    fw::AttentionJob job;

    std::string text() const {
        return "M " + std::to_string(m) + ", " + std::to_string(n) + " x " + std::to_string(nk) +
               ", window " + std::to_string(window) + ", sinks " + std::to_string(sinks) +
               ", positions " + std::to_string(job.q_position) + ", " +
               std::to_string(job.k_position);
    }
};

uint32_t draw(std::mt19937_64& random, uint32_t low, uint32_t high) {
    return low + static_cast<uint32_t>(random() % (high - low + 1));
}

/// W + s <= M - 1.
Case random_case(std::mt19937_64& random) {
    Case c;
    c.m = draw(random, 2, 24);
    c.n = draw(random, 1, 150);
    c.nk = draw(random, 0, 1) == 0 ? c.n : draw(random, 1, 150);
    c.window = draw(random, 1, c.m - 1);
    c.sinks = draw(random, 0, 1) == 0 ? 0 : draw(random, 0, c.m - 1 - c.window);
    c.job.query_heads = 2;
    c.job.kv_heads = draw(random, 1, 2);
    c.job.nq = c.n;
    c.job.nk = c.nk;
    const uint32_t origin = draw(random, 0, 1) == 0 ? 0 : draw(random, 200, 300);
    c.job.q_position = origin + (draw(random, 0, 1) == 0 && c.nk > c.n ? c.nk - c.n : 0);
    c.job.k_position = origin + draw(random, 0, 1) * draw(random, 0, 40);
    c.job.mask.flags = spec::kMaskCausal | spec::kMaskWindow;
    c.job.mask.window = c.window;
    if (c.sinks != 0) {
        c.job.mask.flags |= spec::kMaskSink;
        c.job.mask.sinks = c.job.k_position + c.sinks;
    }
    c.job.schedule = host::strided_schedule();
    return c;
}

std::vector<fw::Run> runs_of(uint32_t rows, const std::function<fw::Run(uint32_t)>& run_at) {
    std::vector<fw::Run> tokens;
    while (tokens.size() < rows) {
        const fw::Run run = run_at(static_cast<uint32_t>(tokens.size()));
        for (uint32_t i = 0; i < run.rows; ++i)
            tokens.push_back({run.head, run.row + i, 1, run.position + i});
    }
    return tokens;
}

/// A problem of the host that means the same.
host::Problem problem_of(const Case& c) {
    host::Problem p;
    p.query_heads = 2;
    p.kv_heads = c.job.kv_heads;
    p.nq = c.n;
    p.nk = c.nk;
    p.mask.causal = true;
    p.mask.window = c.window;
    p.mask.sinks = c.sinks;
    p.schedule = host::strided_schedule();
    return p;
}

}  // namespace

TEST_CASE("calls are ceil(N / (M - W + 1 - s)), and every allowed pair meets once") {
    auto random = test::test_random();
    Compared calls("numbers of calls"), tiles("tiles"), pairs("pairs of tokens");
    for (int n = 0; n < 1000; ++n) {
        const Case c = random_case(random);
        const auto where = [&] { return c.text(); };
        fw::Planner planner(c.job, c.m);
        std::vector<std::vector<int>> met(c.n, std::vector<int>(c.nk));
        uint64_t steps = 0, issued = 0;
        for (fw::Step s; planner.next(s); ++steps) {
            const fw::TileMap& map = planner.map();
            const auto queries =
                runs_of(s.q_rows, [&](uint32_t at) { return map.query_run(s.q_tile, at); });
            const auto keys =
                runs_of(s.keys, [&](uint32_t at) { return map.key_run(s.k_tile, at); });
            std::set<uint32_t> different;
            for (const fw::Run& key : keys) different.insert(key.row);
            tiles.equal(different.size(), keys.size(), where);
            tiles.holds(queries.size() <= c.m && keys.size() == s.keys && s.keys <= c.m &&
                            s.k_rows == s.keys && s.first && s.last,
                        where);
            issued += queries.size() * keys.size();
            if (s.query_head != 0) continue;
            for (uint32_t i = 0; i < s.q_rows; ++i)
                for (uint32_t j = 0; j < s.keys; ++j)
                    met[queries[i].row][keys[j].row] +=
                        test::device_sees(s.mask, i, j, queries[i].position, keys[j].position);
        }
        const int64_t m = c.m, rows = m - c.window + 1 - c.sinks;
        const uint64_t expected = static_cast<uint64_t>(2 * ((c.n + rows - 1) / rows));
        calls.equal(steps, expected, where);
        for (uint32_t i = 0; i < c.n; ++i)
            for (uint32_t j = 0; j < c.nk; ++j)
                pairs.equal(met[i][j], int{test::job_sees(c.job, c.m, 0, i, j)}, where);
        if (c.job.k_position != c.job.q_position &&
            c.job.q_position - c.job.k_position != c.nk - c.n)
            continue;  // the host has no such alignment
        host::Problem p = problem_of(c);
        if (c.job.k_position == c.job.q_position) p.mask.align = Align::kStart;
        const host::WorkFormula work = host::work_formula(p, c.m);
        calls.equal(work.calls, expected, where);
        calls.equal(work.pairs_issued, issued, where);
    }
}

TEST_CASE("what is no short causal window is refused, by firmware and by the host") {
    auto random = test::test_random();
    Compared refusals("refusals"), words("words of messages");
    constexpr spec::DeviceParams kDevice{8, 16, 4, 2, 16, spec::Profile::kStateful};
    const auto refused = [&](const char* what, auto&& change) {
        Case c = random_case(random);
        c.m = 8;
        c.job.mask = spec::Mask();
        c.job.mask.flags = spec::kMaskCausal | spec::kMaskWindow;
        c.job.mask.window = 4;
        c.job.d_k = c.job.d_v = 8;
        host::Problem p = problem_of(c);
        p.mask.window = 4;
        p.mask.sinks = 0;
        for (fw::Tensor* t : {&c.job.q, &c.job.k, &c.job.v, &c.job.o}) *t = {0, 1 << 20, 32};
        refusals.equal(fw::check_job(c.job, kDevice) == fw::JobRule::kNone, true);
        host::check_strided(p, 8);
        change(c.job, p);
        refusals.equal(static_cast<uint32_t>(fw::check_job(c.job, kDevice)),
                       static_cast<uint32_t>(fw::JobRule::kMask), [&] { return what; });
        std::string message;
        try {
            host::check_strided(p, 8);
        } catch (const host::UserError& error) {
            message = error.what();
        }
        words.holds(message.find("schedule.name") != std::string::npos &&
                        message.find("together at most 7") != std::string::npos,
                    [&] { return std::string(what) + ": " + message; });
    };
    using Job = fw::AttentionJob;
    using host::Problem;
    refused("window of 8", [](Job& job, Problem& p) { p.mask.window = job.mask.window = 8; });
    refused("4 sinks more", [](Job& job, Problem& p) {
        job.mask.flags |= spec::kMaskSink;
        job.mask.sinks = job.k_position + 4;
        p.mask.sinks = 4;
    });
    refused("no window", [](Job& job, Problem& p) {
        job.mask.flags = spec::kMaskCausal;
        job.mask.window = p.mask.window = 0;
    });
    refused("not causal", [](Job& job, Problem& p) {
        job.mask.flags = spec::kMaskWindow;
        p.mask.causal = false;
    });
    refused("a prefix", [](Job& job, Problem& p) {
        job.mask.flags |= spec::kMaskPrefix;
        p.mask.prefix = job.mask.prefix = 1;
    });
    refused("stacked", [](Job& job, Problem& p) { p.stacked = job.stacked = true; });
}
