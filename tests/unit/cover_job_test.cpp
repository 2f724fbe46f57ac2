// SPDX-License-Identifier: MIT
// Firmware on jobs by a cover, against a mock device: every key once, FENCEs where states come
// back, refusals.
#include <map>

#include "firmware/cover/cover_merger.h"
#include "firmware/cover/cover_planner.h"
#include "firmware/merge/partial.h"
#include "firmware/runner/runner.h"
#include "host/cover/cover.h"
#include "host/operation/cover_layout.h"
#include "tests/support/compared.h"
#include "tests/unit/cover_engines.h"
#include "tests/unit/mock_device.h"

using namespace tessera;
using test::Compared;
using test::MockDevice;

namespace {

constexpr uint32_t kBus = 16;

spec::DeviceParams device(uint32_t m) { return {m, 16, 4, 2, kBus, spec::Profile::kStateful}; }

fw::Tensor tensor(uint64_t address, uint32_t rows, uint32_t bytes) {
    const uint32_t row = (bytes + kBus - 1) / kBus * kBus;
    return {address, uint64_t{row} * rows, row};
}

/// A layout with a cover, as make_layout() gives it, at addresses of our own.
host::Layout layout_of(const host::Problem& p, uint32_t m) {
    host::Layout layout;
    layout.cover = host::cover_arrays(host::plan_cover(p.nq, m, *p.cover).value());
    layout.cover_list = 0x70000000;
    fw::AttentionJob& job = layout.job;
    job.query_heads = p.query_heads;
    job.kv_heads = p.kv_heads;
    job.nq = p.nq;
    job.nk = p.nk;
    job.d_k = p.d_k;
    job.d_v = p.d_v;
    job.factor = 0x3f800000;
    job.mask = p.device_mask();
    job.bf16_output = p.bf16_output;
    job.want_lse = p.want_lse;
    job.q = tensor(0x10000000, p.nq, 2 * p.d_k);
    job.k = tensor(0x20000000, p.nq, 2 * p.d_k);
    job.v = tensor(0x30000000, p.nq, 2 * p.d_v);
    job.o = tensor(0x40000000, p.nq, (p.bf16_output ? 2 : 4) * p.d_v);
    job.state = tensor(0x50000000, p.nq, kBus + 4 * p.d_v);
    job.lse = tensor(0x60000000, p.nq, kBus);
    job.partial = tensor(0x80000000, m, kBus + 4 * p.d_v);
    return layout;
}

host::Problem random_problem(std::mt19937_64& random, uint32_t tokens) {
    host::Problem p;
    p.kv_heads = static_cast<uint32_t>(1 + random() % 2);
    p.query_heads = p.kv_heads * static_cast<uint32_t>(1 + random() % 2);
    p.nq = p.nk = tokens;
    p.d_k = p.d_v = 9;
    p.mask.causal = random() % 2 == 1;
    p.bf16_output = random() % 2 == 1;
    p.want_lse = random() % 2 == 1;
    p.cover = host::CoverKind::kAuto;
    return p;
}

/// Memory that counts what firmware reads and writes, and adds up what it says it merged.
class CountingMemory final : public fw::WordByWordBus, public fw::Accounting {
  public:
    std::map<uint64_t, uint32_t> words;
    uint64_t bytes_read = 0, bytes_written = 0, tiles = 0;
    fw::MergeWork total;

    bool read32(uint64_t address, uint32_t& value) override {
        bytes_read += 4;
        value = words[address];
        return true;
    }
    bool write32(uint64_t address, uint32_t value) override {
        bytes_written += 4;
        words[address] = value;
        return true;
    }
    void wait_irq() override {}
    void merged(const fw::MergeWork& work) override {
        ++tiles;
        total += work;
    }
};

}  // namespace

TEST_CASE(
    "any cover through the driver: every key once, stored once, FENCEs between classes only") {
    auto random = test::test_random();
    Compared jobs("figures of jobs");
    uint64_t gathers = 0, attends = 0;
    for (int n = 0; n < 150; ++n) {
        constexpr uint32_t kTiles[] = {8, 16, 24, 32};
        const uint32_t m = kTiles[random() % 4];
        host::Problem p = random_problem(random, static_cast<uint32_t>(1 + random() % (m * 9)));
        const auto& kinds = host::cover_kinds();
        const host::CoverKind kind = kinds[random() % kinds.size()].kind;
        if (host::plan_cover(p.nq, m, kind)) p.cover = kind;
        const host::Layout layout = layout_of(p, m);
        const fw::CoverJob job = host::cover_job(layout);
        const host::Cover& cover = layout.cover->cover;
        const auto where = [&] {
            return cover.name + ", " + std::to_string(p.nq) + " tokens, M = " + std::to_string(m);
        };
        test::CoverEngines engines(job, device(m));
        MockDevice mock(device(m), random());
        mock.execute = [&](const spec::Command& c) { engines.execute(c); };
        mock.write_memory = [&](uint64_t at, uint32_t value) { engines.words[at] = value; };
        fw::Driver driver(mock);
        REQUIRE(driver.init({MockDevice::kCsr, MockDevice::kRing, 64, 0x7000, 0}).ok());
        REQUIRE(fw::Runner(driver).run(job).ok());
        engines.finish();
        jobs.equal(engines.faults.size(), 0u,
                   [&] { return where() + ": " + engines.faults.front(); });
        jobs.equal(mock.faults.size(), 0u, where);
        jobs.equal(engines.attends, p.query_heads * cover.calls(), where);
        jobs.equal(driver.calls(), engines.attends, where);
        jobs.equal(engines.outputs, uint64_t{p.query_heads} * p.nq, where);
        jobs.equal(engines.fences, cover.classes.size(), where);  // the driver's own is the last
        gathers += engines.gathers;
        attends += engines.attends;
    }
    INFO(gathers << " gathered loads of " << attends << " calls");
    CHECK((gathers > 100 && gathers < attends));
}

TEST_CASE("profile stats: what merging is said to take is what it takes") {
    auto random = test::test_random();
    Compared work("figures of merging");
    for (int n = 0; n < 40; ++n) {
        const uint32_t m = 16, tokens = static_cast<uint32_t>(m + 1 + random() % (m * 6));
        const host::Problem p = random_problem(random, tokens);
        const host::Layout layout = layout_of(p, m);
        const fw::CoverJob job = host::cover_job(layout);
        spec::DeviceParams params = device(m);
        params.profile = spec::Profile::kStats;
        CountingMemory memory;
        fw::CoverMerger merger(memory, job, params, &memory);
        const uint64_t calls = p.query_heads * layout.cover->cover.calls();
        for (uint64_t batch = 0; batch * fw::kMergeBatch < calls; ++batch)
            REQUIRE(merger.merge_batch());
        uint64_t rows = 0;
        for (const auto& lines : layout.cover->cover.classes)
            for (const host::Line& line : lines) rows += layout.cover->cover.line_tokens(line);
        rows *= p.query_heads;
        const uint64_t outputs = uint64_t{p.query_heads} * tokens;
        work.equal(memory.tiles, calls);
        work.equal(memory.total.rows, rows);
        work.equal(memory.total.rows_finished, outputs);
        work.equal(memory.total.elements, rows * (p.d_v + 1) + outputs * p.d_v);
        work.equal(memory.total.bytes_read, memory.bytes_read);
        work.equal(memory.total.bytes_written, memory.bytes_written);
        REQUIRE(merger.merge_batch());  // nothing is left
        work.equal(memory.tiles, calls);
    }
}

TEST_CASE("a job by a cover that does not fit is refused") {
    Compared rules("rules");
    auto random = test::test_random();
    host::Problem p = random_problem(random, 60);
    const host::Layout layout = layout_of(p, 16);
    const fw::CoverJob good = host::cover_job(layout);
    const auto rule = [&](auto&& change) {
        fw::CoverJob job = good;
        change(job);
        return fw::check_cover_job(job, device(16));
    };
    using fw::JobRule;
    rules.equal(rule([](fw::CoverJob&) {}), JobRule::kNone);
    rules.equal(rule([](fw::CoverJob& j) { j.attention.d_v = 0; }), JobRule::kEmpty);
    rules.equal(rule([](fw::CoverJob& j) { j.attention.query_heads = 5; }),
                p.kv_heads == 1 ? JobRule::kNone : JobRule::kHeads);
    rules.equal(rule([](fw::CoverJob& j) { j.attention.d_k = 17; }), JobRule::kDimension);
    rules.equal(rule([](fw::CoverJob& j) { j.attention.nk = 59; }), JobRule::kMask);
    rules.equal(rule([](fw::CoverJob& j) { j.attention.stacked = true; }), JobRule::kMask);
    rules.equal(
        rule([](fw::CoverJob& j) { j.attention.sentinel.form = fw::SentinelForm::kColumns; }),
        JobRule::kMask);
    rules.equal(rule([](fw::CoverJob& j) { j.attention.peers = j.attention.query_heads; }),
                JobRule::kShares);
    rules.equal(rule([](fw::CoverJob& j) { j.attention.share = 1; }), JobRule::kShares);
    rules.equal(rule([](fw::CoverJob& j) { j.attention.mask.flags |= spec::kMaskWindow; }),
                JobRule::kMask);
    rules.equal(rule([](fw::CoverJob& j) { j.attention.state.address += 4; }), JobRule::kAlignment);
    rules.equal(rule([](fw::CoverJob& j) { j.index_list += 4; }), JobRule::kAlignment);
    rules.equal(rule([](fw::CoverJob& j) { j.attention.sink_logits = true; }), JobRule::kMask);
    rules.equal(rule([](fw::CoverJob& j) { j.group_tokens = 0; }), JobRule::kCover);
    rules.equal(rule([](fw::CoverJob& j) { j.group_tokens *= 2; }), JobRule::kCover);
    rules.equal(rule([](fw::CoverJob& j) { j.class_count = 0; }), JobRule::kCover);
    const auto changed = [&](auto&& change) {
        host::CoverArrays arrays = *layout.cover;
        change(arrays);
        return rule([&](fw::CoverJob& j) {
            j.groups = arrays.groups.data();
            j.lines = arrays.lines.data();
            j.class_ends = arrays.class_ends.data();
        });
    };
    using Arrays = host::CoverArrays;
    rules.equal(changed([](Arrays&) {}), JobRule::kNone);
    rules.equal(changed([](Arrays& a) { std::swap(a.groups[0], a.groups[1]); }), JobRule::kCover);
    rules.equal(changed([](Arrays& a) { a.groups.back() = a.cover.groups; }), JobRule::kCover);
    rules.equal(changed([](Arrays& a) { a.lines[1].groups = 0; }), JobRule::kCover);
    rules.equal(changed([](Arrays& a) { a.lines[1].apart = 17; }), JobRule::kCover);
    rules.equal(changed([](Arrays& a) { a.class_ends[1] = a.class_ends[0]; }), JobRule::kCover);
    const auto profile = [&](spec::Profile one) {
        spec::DeviceParams other = device(16);
        other.profile = one;
        return fw::check_cover_job(good, other);
    };
    rules.equal(profile(spec::Profile::kBlackbox), JobRule::kProfile);
    rules.equal(profile(spec::Profile::kStats), JobRule::kNone);
}
