// SPDX-License-Identifier: MIT
// Every rule for jobs and rings, just broken and just kept, and that a refused job leaves the
// device's ring untouched.
#include "firmware/job_check.h"

#include "firmware/driver.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
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
    job.order = fw::LoopOrder::kKeyValueResident;
    job.want_lse = true;
    return job;
}

template <typename Change>
JobRule rule_after(Change&& change) {
    AttentionJob job = good_job();
    change(job);
    MockDevice mock(kDevice, 1);
    fw::Driver driver(mock);
    REQUIRE(driver.init({MockDevice::kCsr, MockDevice::kRing, 8, 0x7000, 0}).ok());
    const uint64_t before = mock.accesses;
    const fw::Status status = driver.run(job);
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
    is(JobRule::kShares, [](AttentionJob& j) { j.share = 1; });
    is(JobRule::kShares, [](AttentionJob& j) { j.peers = 1; });
    is(JobRule::kShares,
       [](AttentionJob& j) { j.order = fw::LoopOrder::kQueryResident, j.peers = 1, j.share = 2; });
    is(JobRule::kNone,
       [](AttentionJob& j) { j.order = fw::LoopOrder::kQueryResident, j.peers = 1, j.share = 1; });
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
        j.order = fw::LoopOrder::kQueryResident, j.state.pitch = 1;
    });
    is(JobRule::kNone, [](AttentionJob& j) { j.nq = 8, j.state.pitch = 1; });
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
    rules.equal(rule(spec::Profile::kStats, 20, false), JobRule::kProfile);
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
