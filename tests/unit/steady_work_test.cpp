// SPDX-License-Identifier: MIT
// What the fast engine passes over steady work with: which calls and which query tiles are alike,
// against the steps themselves; spans added again, against spans added one by one.
#include <fmt/format.h>

#include "firmware/attention/sequencer.h"
#include "host/engine/dispatch_log.h"
#include "hw_model/core/window_series.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;

namespace {

constexpr uint32_t kM = 8;

fw::AttentionJob random_job(std::mt19937_64& random) {
    const auto from = [&](uint32_t low, uint32_t high) {
        return static_cast<uint32_t>(low + random() % (high - low + 1));
    };
    fw::AttentionJob job;
    job.query_heads = job.kv_heads = 1;
    job.d_k = job.d_v = 8;
    job.nq = from(1, 30 * kM);
    job.nk = random() % 2 == 0 ? job.nq : from(1, 30 * kM);
    if (random() % 4 == 0) job.nk = job.nk / kM * kM + kM;
    if (job.nk > job.nq && random() % 2 == 0) job.q_position = job.nk - job.nq;
    if (random() % 3 != 0) job.mask.flags = spec::kMaskCausal;
    if (job.mask.flags != 0 && random() % 3 != 0) {
        job.mask.flags |= spec::kMaskWindow;
        job.mask.window = from(1, 12 * kM);
        if (random() % 2 == 0) {
            job.mask.flags |= spec::kMaskSink;
            job.mask.sinks = from(1, 3 * kM);
        }
    }
    job.q.pitch = job.k.pitch = job.v.pitch = job.o.pitch = 64;
    return job;
}

/// All steps of each query tile.
std::vector<std::vector<fw::Step>> steps_of(const fw::AttentionJob& job) {
    std::vector<std::vector<fw::Step>> all;
    fw::Planner planner(job, kM);
    for (fw::Step step; planner.next(step);) {
        if (step.new_query) all.emplace_back();
        all.back().push_back(step);
    }
    return all;
}

/// Does a step cost what another one does, and its key tile lie as that does?
bool alike(const fw::Step& a, const fw::Step& b, uint32_t moved) {
    return a.q_rows == b.q_rows && a.k_rows == b.k_rows && a.keys == b.keys &&
           b.k_tile == a.k_tile + moved;
}

}  // namespace

TEST_CASE("steady steps are full, hide nothing and do not end their query tile") {
    Compared steps("steps");
    auto random = test::test_random();
    uint64_t found = 0;
    for (int i = 0; i < 3000; ++i) {
        const fw::AttentionJob job = random_job(random);
        const auto where = [&] {
            return fmt::format("{} x {}, window {}, sinks {}, flags {}", job.nq, job.nk,
                               job.mask.window, job.mask.sinks, job.mask.flags);
        };
        const auto all = steps_of(job);
        fw::Planner planner(job, kM);
        for (fw::Step step; planner.next(step);) {
            const uint32_t steady = planner.steady_steps();
            const std::vector<fw::Step>& tile = all.at(step.q_tile);
            size_t at = 0;
            while (tile[at].k_tile != step.k_tile) ++at;
            for (uint32_t n = 1; n <= steady; ++n) {
                REQUIRE(at + n < tile.size());
                const fw::Step& next = tile[at + n];
                steps.holds(next.k_tile == step.k_tile + n && next.k_rows == kM &&
                                next.keys == kM && next.mask.flags == 0 && !next.last,
                            where);
            }
            found += steady;
        }
    }
    CHECK(found > 10000);
}

TEST_CASE("steady query tiles have the same steps, with key tiles that move on or stay") {
    Compared tiles("query tiles");
    auto random = test::test_random();
    for (int i = 0; i < 3000; ++i) {
        const fw::AttentionJob job = random_job(random);
        const auto where = [&] {
            return fmt::format("{} x {} at {}, window {}, sinks {}, flags {}", job.nq, job.nk,
                               job.q_position, job.mask.window, job.mask.sinks, job.mask.flags);
        };
        const auto all = steps_of(job);
        fw::Planner planner(job, kM);
        for (fw::Step step; planner.next(step);) {
            if (!step.new_query) continue;
            const std::vector<fw::Step>& tile = all.at(step.q_tile);
            INFO(where());
            REQUIRE(uint64_t{step.q_tile} + planner.steady_tiles() < all.size());
            for (uint32_t n = 1; n <= planner.steady_tiles(); ++n) {
                const std::vector<fw::Step>& other = all.at(step.q_tile + n);
                bool same = tile.size() == other.size();
                for (size_t s = 0; same && s < tile.size(); ++s)
                    same =
                        alike(tile[s], other[s], planner.moved(tile[s].k_tile, n) - tile[s].k_tile);
                tiles.holds(same, where);
            }
        }
    }
    CHECK(tiles.count() > 10000);
}

TEST_CASE("a sequencer that has skipped gives the commands that it would have come to") {
    Compared commands("commands");
    auto random = test::test_random();
    const spec::DeviceParams device{kM, 8, 2, 4, 16, spec::Profile::kStateful};
    for (int i = 0; i < 2000; ++i) {
        const fw::AttentionJob job = random_job(random);
        fw::Sequencer whole(job, device, 0);
        spec::Command command;
        const uint64_t before = random() % 60;
        for (uint64_t n = 0; n < before; ++n)
            if (!whole.next(command)) break;
        fw::Sequencer skipped = whole;
        uint32_t calls = 0;  // that the other one has to give
        if (random() % 2 == 0) {
            const uint32_t steady = whole.steady_calls() / 2 * 2;
            if (steady == 0) continue;
            calls = steady;
            skipped.skip(steady);
        } else {
            const uint32_t tiles = whole.steady_tiles() / 2 * 2;  // banks alternate
            const auto all = steps_of(job);
            if (tiles == 0 || all.front().empty()) continue;
            // As many calls as a tile has, that many times; both have to be at the same place.
            fw::Sequencer probe = whole;
            const auto place = probe.place();
            skipped.skip_tiles(tiles);
            bool there = false;
            while (!there && probe.next(command)) {
                calls += command.opcode == spec::Opcode::kAttend ? 1 : 0;
                there = probe.place().tiles_after(place, tiles);
            }
            if (!there) continue;  // a period of the banks is longer
            whole = probe;
            calls = 0;
        }
        for (uint32_t n = 0; n < calls;)
            if (whole.next(command)) n += command.opcode == spec::Opcode::kAttend ? 1 : 0;
        // In the middle of a step both are where they were in theirs.
        if (calls != 0) {
            const auto place = skipped.place();
            while (!whole.place().calls_after(place, 0) && whole.next(command)) continue;
        }
        for (spec::Command other; whole.next(command);) {
            REQUIRE(skipped.next(other));
            const spec::Descriptor a = spec::encode(command), b = spec::encode(other);
            commands.holds(std::equal(std::begin(a.word), std::end(a.word), std::begin(b.word)),
                           [&] {
                               return fmt::format("{} x {}, flags {}: {}", job.nq, job.nk,
                                                  job.mask.flags, spec::opcode_name(other.opcode));
                           });
        }
        CHECK(!skipped.next(command));
    }
    CHECK(commands.count() > 1000);
}

TEST_CASE("spans that are added again are those added one by one") {
    Compared windows("windows");
    auto random = test::test_random();
    for (int i = 0; i < 500; ++i) {
        hw::WindowSeries one_by_one, again;
        hw::Spans spans;
        spec::Cycle at = random() % 1000;
        const uint64_t count = 1 + random() % 6;
        for (uint64_t n = 0; n < count; ++n) {
            at += random() % 50;
            const spec::Cycle end = at + 1 + random() % 300;
            spans.push_back({at, end});
            at = end;
        }
        const spec::Cycle period = 1 + (random() % 2 == 0 ? at : random() % 200 + at / 3);
        const uint64_t times = random() % (random() % 10 == 0 ? 20000 : 100);
        for (const hw::Span& span : spans) {
            one_by_one.add_span(span.begin, span.end);
            again.add_span(span.begin, span.end);
        }
        again.add_again(spans, period, times);
        for (uint64_t t = 1; t <= times; ++t)
            for (const hw::Span& span : spans)
                one_by_one.add_span(span.begin + t * period, span.end + t * period);
        windows.equal(again.width(), one_by_one.width());
        REQUIRE(again.sums().size() == one_by_one.sums().size());
        for (size_t w = 0; w < again.sums().size(); ++w)
            windows.equal(again.sums()[w], one_by_one.sums()[w],
                          [&] { return fmt::format("run {}, window {}", i, w); });
    }
}

TEST_CASE("what RING_HEAD says in steady work is what it says command by command") {
    Compared heads("heads");
    auto random = test::test_random();
    for (int i = 0; i < 500; ++i) {
        const uint64_t size = 1 + random() % 12, before = random() % 30, times = 1 + random() % 9;
        host::DispatchLog log(0, 1000), all(0, 1000);
        hw::Cycle at = 10;
        std::vector<hw::Cycle> period;
        for (uint64_t n = 0; n < before + size; ++n) {
            log.add(at);
            all.add(at);
            if (n >= before) period.push_back(at);
            at += 1 + random() % 20;
        }
        const hw::Cycle length = at - period.front();
        const host::SteadyDispatch steady(log, size, length);
        for (uint64_t n = 0; n < times * size; ++n)
            all.add(period[n % size] + (n / size + 1) * length);
        for (uint64_t n = 0; n < before + size * (times + 1); ++n)
            heads.equal(steady.cycle(n), all.cycle(n));
        for (hw::Cycle c = period.front(); c <= period.front() + times * length; ++c)
            heads.equal(steady.head(c), all.head(c),
                        [&] { return fmt::format("cycle {}", c - period.front()); });
        log.repeat(size, length, times);
        heads.equal(log.count(), all.count());
        heads.equal(log.head(period.front() + times * length),
                    all.head(period.front() + times * length));
    }
}
