// SPDX-License-Identifier: MIT
// Every rule for jobs and rings, just broken and just kept, and that a refused job leaves the
// device's ring untouched.
#include "firmware/runner/job_check.h"

#include <vector>

#include "firmware/plan/schedule.h"
#include "firmware/runner/runner.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/unit/listed_order.h"
#include "tests/unit/mock_device.h"

namespace {

namespace fw = tessera::fw;
namespace spec = tessera::spec;
using fw::AttentionJob;
using fw::JobRule;
using tessera::test::Compared;
using tessera::test::MockDevice;

constexpr spec::DeviceParams kDevice{8, 16, 4, 2, 32, spec::Profile::kStateful};

/// A job at the edge of every rule: all dimensions at D, all pitches as small as they may be.
AttentionJob good_job() {
    AttentionJob job;
    job.query_heads = 4;
    job.kv_heads = 2;
    job.nq = job.nk = 20;
    job.d_k = job.d_v = 16;
    job.q_position = job.k_position = (1u << 31) - 20;
    job.q = {0x1000, 32 * 20, 32};
    job.k = {0x2000, 32 * 20, 32};
    job.v = {0x3000, 32 * 20, 32};
    job.o = {0x4000, 64 * 20, 64};
    job.state = {0x5000, 96 * 20, 96};
    job.lse = {0x6000, 32 * 20, 32};
    job.partial = {0x8000, 96 * 8, 96};
    job.sink_state = {0x9000, 96 * 8, 96};
    job.schedule = fw::ScheduleId::kKeyValueResident;
    job.want_lse = true;
    return job;
}

template <typename Change>
JobRule rule_after(Change&& change, spec::Profile profile = spec::Profile::kStateful) {
    AttentionJob job = good_job();
    change(job);
    spec::DeviceParams device = kDevice;
    device.profile = profile;
    MockDevice mock(device, 1);
    mock.read_memory = [](uint64_t, uint32_t& value) { value = 0; };
    mock.write_memory = [](uint64_t, uint32_t) {};
    fw::Driver driver(mock);
    REQUIRE(driver.init({MockDevice::kCsr, MockDevice::kRing, 8, 0x7000, 0}).ok());
    const uint64_t before = mock.accesses;
    const fw::Status status = fw::Runner(driver).run(job);
    REQUIRE((status.ok() ? fw::Code::kOk : fw::Code::kBadJob) == status.code);
    if (!status.ok()) REQUIRE(mock.accesses == before);
    return status.rule;
}

}  // namespace

TEST_CASE("jobs that break a rule are refused with its name, untouched") {
    Compared rules("jobs");
    const auto is = [&](JobRule rule, auto&& change) { rules.equal(rule_after(change), rule); };
    is(JobRule::kNone, [](AttentionJob&) {});
    is(JobRule::kEmpty, [](AttentionJob& j) { j.query_heads = 0; });
    is(JobRule::kEmpty, [](AttentionJob& j) { j.kv_heads = 0; });
    is(JobRule::kEmpty, [](AttentionJob& j) { j.nq = 0; });
    is(JobRule::kEmpty, [](AttentionJob& j) { j.nk = 0; });
    is(JobRule::kEmpty, [](AttentionJob& j) { j.d_k = 0; });
    is(JobRule::kEmpty, [](AttentionJob& j) { j.d_v = 0; });
    is(JobRule::kHeads, [](AttentionJob& j) { j.kv_heads = 3; });
    is(JobRule::kHeads, [](AttentionJob& j) { j.kv_heads = 8; });
    is(JobRule::kSchedule,
       [](AttentionJob& j) { j.schedule = static_cast<fw::ScheduleId>(fw::schedule_count()); });
    static const fw::TilePair order[] = {{0, 0, 0}, {0, 0, UINT32_MAX}, {9, 0, 0}};
    const auto listed = [](AttentionJob& j, const fw::TilePair* pairs, uint32_t count) {
        j.schedule = fw::ScheduleId{4};
        j.order = pairs;
        j.order_count = count;
    };
    REQUIRE(fw::schedule_type(fw::ScheduleId{4}).listed);
    std::vector<fw::TilePair> all;
    is(JobRule::kNone, [&](AttentionJob& j) { tessera::test::list_order(kDevice.m, j, all); });
    is(JobRule::kSchedule, [&](AttentionJob& j) { listed(j, nullptr, 0); });
    is(JobRule::kSchedule, [&](AttentionJob& j) { listed(j, order, 2); });
    is(JobRule::kSchedule, [&](AttentionJob& j) { listed(j, order + 2, 1); });
    is(JobRule::kSchedule, [&](AttentionJob& j) { j.order = order; });
    is(JobRule::kShares, [](AttentionJob& j) { j.share = 1; });
    is(JobRule::kShares, [](AttentionJob& j) { j.peers = 1; });
    is(JobRule::kShares,
       [](AttentionJob& j) { j.schedule = fw::ScheduleId::kQueryResident, j.peers = UINT32_MAX; });
    is(JobRule::kShares, [](AttentionJob& j) {
        j.schedule = fw::ScheduleId::kQueryResident, j.peers = 1, j.share = 2;
    });
    is(JobRule::kNone, [](AttentionJob& j) {
        j.schedule = fw::ScheduleId::kQueryResident, j.peers = 1, j.share = 1;
    });
    is(JobRule::kDimension, [](AttentionJob& j) { j.d_k = 17; });
    is(JobRule::kDimension, [](AttentionJob& j) { j.d_v = 17; });
    is(JobRule::kPositions, [](AttentionJob& j) { ++j.q_position; });
    is(JobRule::kPositions, [](AttentionJob& j) { ++j.k_position; });
    is(JobRule::kPositions, [](AttentionJob& j) { j.q_position = UINT32_MAX; });
    for (fw::Tensor AttentionJob::*t :
         {&AttentionJob::q, &AttentionJob::k, &AttentionJob::v, &AttentionJob::o,
          &AttentionJob::state, &AttentionJob::lse}) {
        is(JobRule::kAlignment, [t](AttentionJob& j) { (j.*t).address += 16; });
        is(JobRule::kAlignment, [t](AttentionJob& j) { (j.*t).head_stride += 16; });
        is(JobRule::kAlignment, [t](AttentionJob& j) { (j.*t).pitch += 16; });
        is(JobRule::kAlignment, [t](AttentionJob& j) { (j.*t).pitch -= 32; });
        is(JobRule::kNone, [t](AttentionJob& j) { (j.*t).pitch += 32; });
    }
    is(JobRule::kNone, [](AttentionJob& j) { j.bf16_output = true, j.o.pitch = 32; });
    is(JobRule::kNone, [](AttentionJob& j) { j.want_lse = false, j.lse.pitch = 1; });
    is(JobRule::kNone, [](AttentionJob& j) {  // states never leave their banks
        j.schedule = fw::ScheduleId::kQueryResident, j.state.pitch = 1;
    });
    is(JobRule::kNone, [](AttentionJob& j) { j.nq = 8, j.state.pitch = 1; });
    is(JobRule::kNone, [](AttentionJob& j) { j.partial.pitch = 1; });
}

TEST_CASE("where firmware merges it needs its working rows and slots, in either order") {
    Compared rules("jobs");
    const auto is = [&](JobRule rule, auto&& change) {
        for (const auto order : {fw::ScheduleId::kQueryResident, fw::ScheduleId::kKeyValueResident})
            rules.equal(rule_after(
                            [&](AttentionJob& j) {
                                j.schedule = order;
                                change(j);
                            },
                            spec::Profile::kStats),
                        rule);
    };
    is(JobRule::kNone, [](AttentionJob&) {});
    for (fw::Tensor AttentionJob::*t : {&AttentionJob::state, &AttentionJob::partial}) {
        is(JobRule::kAlignment, [t](AttentionJob& j) { (j.*t).address += 16; });
        is(JobRule::kAlignment, [t](AttentionJob& j) { (j.*t).pitch -= 32; });
        is(JobRule::kNone, [t](AttentionJob& j) { (j.*t).pitch += 32; });
        is(JobRule::kNone, [t](AttentionJob& j) { j.nk = 8, (j.*t).pitch = 1; });
    }
}

TEST_CASE("rows that begin with a sink need its states, and a black box a sentinel") {
    Compared rules("jobs");
    for (const auto profile : {spec::Profile::kStateful, spec::Profile::kStats}) {
        const auto is = [&](JobRule rule, auto&& change) {
            rules.equal(rule_after(
                            [&](AttentionJob& j) {
                                j.sink_logits = true;
                                change(j);
                            },
                            profile),
                        rule);
        };
        is(JobRule::kNone, [](AttentionJob&) {});
        is(JobRule::kAlignment, [](AttentionJob& j) { j.sink_state.address += 16; });
        is(JobRule::kAlignment, [](AttentionJob& j) { j.sink_state.head_stride += 16; });
        is(JobRule::kAlignment, [](AttentionJob& j) { j.sink_state.pitch -= 32; });
        // Firmware merges a single key tile, too.
        const auto expected =
            profile == spec::Profile::kStats ? JobRule::kAlignment : JobRule::kNone;
        is(expected, [](AttentionJob& j) { j.nk = 8, j.partial.pitch = 1; });
    }
    const auto black_box = [&](bool sink) {
        return rule_after(
            [&](AttentionJob& j) {
                j.nk = 8;
                j.want_lse = false;
                j.sink_logits = sink;
            },
            spec::Profile::kBlackbox);
    };
    rules.equal(black_box(false), JobRule::kNone);
    rules.equal(black_box(true), JobRule::kProfile);
    rules.equal(rule_after([](AttentionJob& j) { j.sink_state.pitch = 1; }), JobRule::kNone);
}

TEST_CASE("masks, documents and tile flags that do not go together are refused") {
    Compared rules("jobs");
    const auto is = [&](JobRule rule, auto&& change) { rules.equal(rule_after(change), rule); };
    using spec::Mask;
    constexpr uint32_t kCausal = spec::kMaskCausal, kWindow = spec::kMaskWindow;
    constexpr uint32_t kSink = spec::kMaskSink, kBlock = spec::kMaskBlock;
    constexpr uint32_t kPrefix = spec::kMaskPrefix;
    constexpr uint32_t kSparse = kCausal | kBlock | spec::kMaskSummary;
    const auto mask = [&](JobRule rule, const Mask& m) {
        is(rule, [&](AttentionJob& j) { j.mask = m; });
    };
    mask(JobRule::kNone, Mask{kCausal, 0, 0, 0, 0, 0, 0});
    mask(JobRule::kNone, Mask{kCausal | kWindow, 1, 0, 0, 0, 0, 0});
    mask(JobRule::kMask, Mask{kCausal | kWindow, 0, 0, 0, 0, 0, 0});
    mask(JobRule::kMask, Mask{kCausal, 1, 0, 0, 0, 0, 0});
    mask(JobRule::kNone, Mask{kWindow | kSink | kBlock, 3, 0, 4, 0, 0, 0});
    mask(JobRule::kMask, Mask{kBlock, 0, 0, 6, 0, 0, 0});
    mask(JobRule::kNone, Mask{kSparse, 0, 0, 8, 8, 0, 0});
    mask(JobRule::kMask, Mask{kSparse, 0, 0, 8, 9, 0, 0});
    mask(JobRule::kMask, Mask{kSparse & ~kCausal, 0, 0, 8, 1, 0, 0});
    mask(JobRule::kMask, Mask{kSparse | kWindow, 2, 0, 8, 1, 0, 0});
    mask(JobRule::kNone, Mask{kCausal | kPrefix, 0, 0, 0, 0, 0, 0, 5});
    mask(JobRule::kNone, Mask{kCausal | kBlock | kPrefix, 0, 0, 8, 0, 0, 0, 5});
    mask(JobRule::kMask, Mask{kCausal, 0, 0, 0, 0, 0, 0, 5});
    mask(JobRule::kMask, Mask{kCausal | kPrefix, 0, 0, 0, 0, 0, 0, (1u << 31) + 1});
    mask(JobRule::kMask, Mask{kSparse | kPrefix, 0, 0, 8, 1, 0, 0, 5});
    mask(JobRule::kMask, Mask{spec::kMaskFree, 0, 0, 0, 0, 1, 0});
    mask(JobRule::kMask, Mask{spec::kMaskDiagOff, 0, 0, 0, 0, 0, 1});
    for (const uint32_t nq : {1u, 2u})
        is(nq == 1 ? JobRule::kNone : JobRule::kMask, [&](AttentionJob& j) {
            j.mask = Mask{kSparse, 0, 0, 8, 1, 0, 0}, j.stacked = true, j.nq = nq;
        });
    is(JobRule::kAlignment, [](AttentionJob& j) { j.summary_list = 16; });
    const auto documents = [&](JobRule rule, const std::vector<uint32_t>& starts, auto&& change) {
        is(rule, [&](AttentionJob& j) {
            j.documents = starts.data();
            j.document_count = static_cast<uint32_t>(starts.size());
            change(j);
        });
    };
    const auto as_it_is = [](AttentionJob&) {};
    documents(JobRule::kNone, {0}, as_it_is);
    documents(JobRule::kNone, {0, 1, 19}, as_it_is);
    documents(JobRule::kDocuments, {1}, as_it_is);
    documents(JobRule::kDocuments, {0, 20}, as_it_is);
    documents(JobRule::kDocuments, {0, 5, 5}, as_it_is);
    documents(JobRule::kDocuments, {0, 5, 4}, as_it_is);
    documents(JobRule::kDocuments, {0}, [](AttentionJob& j) { j.document_count = 0; });
    documents(JobRule::kDocuments, {0}, [](AttentionJob& j) { j.nq = 19; });
    documents(JobRule::kDocuments, {0}, [](AttentionJob& j) { --j.q_position; });
    documents(JobRule::kMask, {0}, [&](AttentionJob& j) { j.mask = {kWindow, 1, 0, 0, 0, 0, 0}; });
    const std::vector<uint8_t> flags(9, 1);
    const auto flagged = [&](JobRule rule, auto&& change) {
        is(rule, [&](AttentionJob& j) {
            j.tile_flags = flags.data();
            change(j);
        });
    };
    const std::vector<uint32_t> start = {0};
    flagged(JobRule::kNone, as_it_is);
    flagged(JobRule::kNone, [&](AttentionJob& j) { j.mask.flags = kCausal; });
    flagged(JobRule::kMask, [&](AttentionJob& j) { j.mask = {kWindow, 1, 0, 0, 0, 0, 0}; });
    flagged(JobRule::kMask, [](AttentionJob& j) { j.stacked = true; });
    flagged(JobRule::kMask,
            [&](AttentionJob& j) { j.documents = start.data(), j.document_count = 1; });
    is(JobRule::kPositions, [](AttentionJob& j) {  // stacked rows are counted in 31 bits
        j.query_heads = j.kv_heads << 30, j.q_position = 0, j.stacked = true;
    });
}

TEST_CASE(
    "lists of rows are below their limit, of queries ascending, and refuse what has no rows") {
    Compared rules("jobs");
    std::vector<uint32_t> rows;
    for (uint32_t i = 0; i < 20; ++i) rows.push_back(3 * i);
    const auto listed = [&](JobRule rule, fw::RowList AttentionJob::*list,
                            const std::vector<uint32_t>& picked, auto&& change) {
        rules.equal(rule_after([&](AttentionJob& j) {
                        j.q_position = j.k_position = 0;
                        j.*list = {picked.data(), 58, 0x100000};
                        change(j);
                    }),
                    rule);
    };
    const auto as_it_is = [](AttentionJob&) {};
    const std::vector<uint32_t> same(20, 7), down(rows.rbegin(), rows.rend());
    const std::vector<uint32_t> start = {0};
    const std::vector<uint8_t> flags(9, 1);
    for (const auto list : {&AttentionJob::query_list, &AttentionJob::key_list}) {
        const bool queries = list == &AttentionJob::query_list;
        const auto is = [&](JobRule rule, auto&& change) { listed(rule, list, rows, change); };
        is(JobRule::kNone, as_it_is);
        is(JobRule::kNone, [&](AttentionJob& j) { j.tile_flags = flags.data(); });
        is(JobRule::kNone, [&](AttentionJob& j) { (j.*list).limit = spec::kPositionLimit; });
        is(JobRule::kRowList, [&](AttentionJob& j) { (j.*list).limit = spec::kPositionLimit + 1; });
        is(JobRule::kRowList, [&](AttentionJob& j) { (j.*list).limit = 57; });
        is(JobRule::kRowList, [&](AttentionJob& j) { (j.*list).address += 16; });
        is(JobRule::kRowList, [](AttentionJob& j) { j.q_position = 1; });
        is(JobRule::kRowList, [](AttentionJob& j) { j.k_position = 1; });
        is(JobRule::kRowList, [](AttentionJob& j) { j.stacked = true; });
        is(JobRule::kRowList,
           [&](AttentionJob& j) { j.documents = start.data(), j.document_count = 1; });
        is(queries ? JobRule::kNone : JobRule::kRowList,
           [](AttentionJob& j) { j.mask.flags = spec::kMaskCausal; });
        is(JobRule::kRowList, [](AttentionJob& j) {
            j.mask = {spec::kMaskCausal | spec::kMaskWindow, 2, 0, 0, 0, 0, 0};
        });
        const JobRule ordered = queries ? JobRule::kRowList : JobRule::kNone;
        listed(ordered, list, same, as_it_is);
        listed(ordered, list, down, as_it_is);
    }
}

TEST_CASE("pages have rows, lie below 2^31, and refuse what does not go with pages") {
    Compared rules("jobs");
    const AttentionJob good = good_job();
    std::vector<uint32_t> pages(good.nk, 3);
    const auto is = [&](JobRule rule, auto&& change) {
        rules.equal(rule_after([&](AttentionJob& j) {
                        j.pages = {pages.data(), 1, 0};
                        change(j);
                    }),
                    rule);
    };
    is(JobRule::kNone, [](AttentionJob&) {});
    is(JobRule::kPages, [](AttentionJob& j) { j.pages.rows = 0; });
    is(JobRule::kNone, [](AttentionJob& j) { j.pages.rows = spec::kPositionLimit / 4; });
    is(JobRule::kPages, [](AttentionJob& j) { j.pages.rows = spec::kPositionLimit / 4 + 1; });
    is(JobRule::kPages, [](AttentionJob& j) { j.pages.first = spec::kPositionLimit; });
    is(JobRule::kPages, [](AttentionJob& j) {
        j.mask = {spec::kMaskCausal | spec::kMaskBlock | spec::kMaskSummary, 0, 0, 8, 1, 0, 0, 0};
    });
    pages.back() = spec::kPositionLimit - 1;
    is(JobRule::kNone, [](AttentionJob&) {});
    pages.back() = spec::kPositionLimit;
    is(JobRule::kPages, [](AttentionJob&) {});
    std::vector<uint32_t> rows(good.nk, 1);
    is(JobRule::kPages, [&](AttentionJob& j) {
        j.q_position = j.k_position = 0;
        j.key_list = {rows.data(), 2, 0x100000};
    });
}

TEST_CASE("a great many documents need positions of their own only where they can meet") {
    Compared rules("jobs");
    AttentionJob job = good_job();
    job.q_position = job.k_position = 0;
    constexpr uint32_t kLong = (1u << 27) - 100;
    std::vector<uint32_t> starts;
    for (uint32_t i = 0; i < 30; ++i) starts.push_back(i);  // 29 of one token, a long one
    job.documents = starts.data();
    job.document_count = 30;
    const auto rule = [&](uint32_t longest, bool stacked) {
        job.nq = job.nk = 29 + longest;
        job.stacked = stacked;
        job.q.head_stride = job.k.head_stride = job.v.head_stride = uint64_t{32} * job.nq;
        return fw::check_job(job, kDevice);
    };
    rules.equal(rule(kLong, false), JobRule::kNone);  // 16 blocks of 2^27, M is 8
    rules.equal(rule(kLong, true), JobRule::kDocuments);
    rules.equal(rule(2 * kLong, false), JobRule::kDocuments);  // 8 blocks of 2^28
    rules.equal(rule(kLong / 2, true), JobRule::kNone);        // 32 blocks of 2^26
}

TEST_CASE("a profile is asked only for what the job needs") {
    Compared rules("profiles");
    const auto rule = [&](spec::Profile profile, uint32_t nk, bool lse) {
        spec::DeviceParams device = kDevice;
        device.profile = profile;
        AttentionJob job = good_job();
        job.nk = nk;
        job.want_lse = lse;
        return fw::check_job(job, device);
    };
    rules.equal(rule(spec::Profile::kStateful, 20, true), JobRule::kNone);
    rules.equal(rule(spec::Profile::kStats, 20, false), JobRule::kNone);
    rules.equal(rule(spec::Profile::kStats, 20, true), JobRule::kNone);
    rules.equal(rule(spec::Profile::kStats, 8, true), JobRule::kNone);
    rules.equal(rule(spec::Profile::kBlackbox, 9, false), JobRule::kProfile);
    rules.equal(rule(spec::Profile::kBlackbox, 8, true), JobRule::kProfile);
    rules.equal(rule(spec::Profile::kBlackbox, 8, false), JobRule::kNone);
}

TEST_CASE("rings that break a rule are refused before the device is enabled") {
    Compared rules("rings");
    const auto rule = [](uint64_t address, uint32_t size, uint64_t record) {
        MockDevice mock(kDevice, 1);
        const fw::Status status =
            fw::Driver(mock).init({MockDevice::kCsr, address, size, record, 0});
        REQUIRE(status.ok() == (mock.writes[spec::Reg::kControl] != 0));
        return status.rule;
    };
    const uint64_t ring = MockDevice::kRing;
    for (const uint32_t size : {4u, 8u, 65536u}) rules.equal(rule(ring, size, 0), JobRule::kNone);
    for (const uint32_t size : {0u, 1u, 2u, 6u, 12u, 65535u, 131072u})
        rules.equal(rule(ring, size, 0), JobRule::kRing);
    rules.equal(rule(ring + 128, 8, 0), JobRule::kRing);
    rules.equal(rule(ring + 256, 8, 0), JobRule::kNone);
    rules.equal(rule(ring, 8, 16), JobRule::kAlignment);
    rules.equal(rule(ring, 8, 32), JobRule::kNone);
}
