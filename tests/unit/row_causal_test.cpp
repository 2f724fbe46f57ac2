// SPDX-License-Identifier: MIT
// An oracle that is always causal, against brute force over single tokens: T^2 calls, in each of
// which row i sees rows 0 to i, and every pair of a query and a key before it meets once.
#include <functional>
#include <string>
#include <vector>

#include "firmware/merge/partial.h"
#include "firmware/plan/planner.h"
#include "firmware/runner/job_check.h"
#include "host/predict/formulas.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;

namespace {

fw::AttentionJob job_of(uint32_t tokens) {
    fw::AttentionJob job;
    job.query_heads = 2;
    job.kv_heads = 1;
    job.nq = job.nk = tokens;
    job.d_k = job.d_v = 8;
    job.mask.flags = spec::kMaskCausal;
    job.row_causal = true;
    return job;
}

/// Tokens of a tile, and their positions, row by row.
std::vector<fw::Run> rows_of(uint32_t rows, const std::function<fw::Run(uint32_t)>& run_at) {
    std::vector<fw::Run> all;
    while (all.size() < rows) {
        const fw::Run run = run_at(static_cast<uint32_t>(all.size()));
        for (uint32_t i = 0; i < run.rows; ++i)
            all.push_back({run.head, run.row + i, 1, run.position + i});
    }
    return all;
}

}  // namespace

TEST_CASE("T^2 calls that are causal row by row, and every allowed pair meets once") {
    auto random = test::test_random();
    Compared calls("numbers of calls"), rows("rows of tiles"), pairs("pairs of tokens");
    for (int n = 0; n < 1000; ++n) {
        const uint32_t m = 3 + static_cast<uint32_t>(random() % 14);
        const uint32_t tokens = 1 + static_cast<uint32_t>(random() % 100);
        fw::AttentionJob job = job_of(tokens);
        if (random() % 3 == 0) job.sentinel.form = fw::SentinelForm::kColumns;
        const uint32_t c = job.sentinel.form == fw::SentinelForm::kNone ? m : m - 1;
        const auto where = [&] {
            return std::to_string(tokens) + " tokens, tiles of " + std::to_string(c);
        };
        // Row N + r lies where token N - 1 - r is.
        const auto token = [&](uint32_t row) { return row < tokens ? row : 2 * tokens - 1 - row; };
        std::vector<std::vector<int>> met(tokens, std::vector<int>(tokens));
        uint64_t steps = 0;
        fw::Planner planner(job, m);
        for (fw::Step s; planner.next(s); ++steps) {
            const fw::TileMap& map = planner.map();
            const auto queries =
                rows_of(s.q_rows, [&](uint32_t at) { return map.query_run(s.q_tile, at); });
            const auto keys =
                rows_of(s.keys, [&](uint32_t at) { return map.key_run(s.k_tile, at); });
            rows.equal(s.mask.flags, uint32_t{spec::kMaskCausal}, where);
            rows.holds(queries.size() <= c && keys.size() <= c, where);
            for (uint32_t j = 0; j < keys.size(); ++j) rows.equal(keys[j].position, j, where);
            // A tile backwards that is not full has its rows at the end of a full one.
            const uint32_t first = queries[0].position;
            rows.holds(first == 0 || first + queries.size() == c - 1, where);
            for (uint32_t i = 0; i < queries.size(); ++i)
                rows.equal(queries[i].position, first + i, where);
            if (s.query_head != 0) continue;
            for (uint32_t i = 0; i < queries.size(); ++i)
                for (uint32_t j = 0; j < keys.size() && j <= first + i; ++j)
                    ++met[token(queries[i].row)][token(keys[j].row)];
        }
        const uint64_t tiles = (tokens + c - 1) / c;
        calls.equal(steps, 2 * tiles * tiles, where);
        for (uint32_t i = 0; i < tokens; ++i)
            for (uint32_t j = 0; j < tokens; ++j) pairs.equal(met[i][j], j <= i ? 1 : 0, where);
    }
}

TEST_CASE("rows and pairs of the host's formula are those of the steps") {
    auto random = test::test_random();
    Compared figures("figures");
    for (int n = 0; n < 300; ++n) {
        const uint32_t m = 2 + static_cast<uint32_t>(random() % 15);
        const uint32_t tokens = 1 + static_cast<uint32_t>(random() % 200);
        const fw::AttentionJob job = job_of(tokens);
        uint64_t calls = 0, issued_rows = 0, issued_pairs = 0;
        fw::Planner planner(job, m);
        for (fw::Step s; planner.next(s); ++calls) {
            issued_rows += s.q_rows;
            issued_pairs += uint64_t{s.q_rows} * s.keys;
        }
        host::Problem p;
        p.query_heads = 2;
        p.nq = p.nk = tokens;
        p.mask.causal = true;
        p.row_causal = true;
        const host::WorkFormula work = host::work_formula(p, m);
        const auto where = [&] { return std::to_string(tokens) + ", M " + std::to_string(m); };
        figures.equal(work.calls, calls, where);
        figures.equal(work.rows_issued, issued_rows, where);
        figures.equal(work.pairs_issued, issued_pairs, where);
        // Of M (M + 1) / 2 pairs a call, rounded up.
        const uint64_t all = uint64_t{tokens} * (tokens + 1), call = uint64_t{m} * (m + 1);
        figures.equal(work.calls_at_least, (2 * all + call - 1) / call, where);
        figures.holds(work.calls_at_least <= calls, where);
    }
}

TEST_CASE("firmware refuses what does not go with it") {
    Compared refusals("refusals");
    constexpr spec::DeviceParams kDevice{8, 16, 4, 2, 16, spec::Profile::kStateful};
    const auto refused = [&](const char* what, const std::function<void(fw::AttentionJob&)>& change,
                             bool expected = true) {
        fw::AttentionJob job = job_of(20);
        for (fw::Tensor* t : {&job.q, &job.k, &job.v, &job.o}) *t = {0, 1 << 20, 32};
        for (fw::Tensor* t : {&job.state, &job.partial}) *t = {0, 1 << 20, 64};
        change(job);
        refusals.equal(fw::check_job(job, kDevice) == fw::JobRule::kMask, expected,
                       [&] { return what; });
    };
    refused(
        "nothing", [](fw::AttentionJob&) {}, false);
    refused("not causal", [](fw::AttentionJob& job) { job.mask.flags = 0; });
    refused("other lengths", [](fw::AttentionJob& job) { job.nq = 19; });
    refused("a position", [](fw::AttentionJob& job) { job.q_position = 1; });
    refused("kv-resident",
            [](fw::AttentionJob& job) { job.schedule = fw::ScheduleId::kKeyValueResident; });
    refused("stacked", [](fw::AttentionJob& job) { job.stacked = true; });
    refused("two devices", [](fw::AttentionJob& job) { job.peers = 1; });
    refused("sinks", [](fw::AttentionJob& job) { job.sink_logits = true; });
}
