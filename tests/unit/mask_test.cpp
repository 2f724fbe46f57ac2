// SPDX-License-Identifier: MIT
// Every rule that says which keys a query sees, against the oracle of tests/support/mask_oracle.h:
// the device's, the host's for `run`, the jobs that it hands to firmware, and verify's.
#include "host/error.h"
#include "host/operation/layout.h"
#include "host/verify/job_mask.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/mask_oracle.h"
#include "tests/support/ragged.h"
#include "tests/support/random_mask.h"
#include "tests/support/small_platform.h"

using namespace tessera;
using test::Compared;
using test::small_platform;

namespace {

uint32_t below(std::mt19937_64& random, uint64_t n) { return static_cast<uint32_t>(random() % n); }

/// Fewer, as many or more queries than keys; one sequence, or a ragged batch.
host::Problem random_problem(std::mt19937_64& random) {
    host::Problem p;
    p.batch = below(random, 3) == 0 ? 1 + below(random, 4) : 1;
    p.kv_heads = p.batch * (1 + below(random, 2));
    p.query_heads = p.kv_heads * (1 + below(random, 2));
    p.nq = below(random, 5) == 0 ? 1 : 1 + below(random, 80);
    p.nk = below(random, 3) == 0 ? p.nq : 1 + below(random, 80);
    p.d_k = p.d_v = 8;
    p.scale = 0.25;
    if (p.batch > 1) test::make_ragged(random, p);
    test::random_user_mask(random, 16, p);
    p.stacked = p.stackable() && below(random, 3) == 0;
    return p;
}

std::string text_of(const host::Problem& p) {
    return std::to_string(p.nq) + " x " + std::to_string(p.nk) + " " + p.mask.text() + " align " +
           host::align_name(p.mask.align);
}

spec::Mask random_device_mask(std::mt19937_64& random, uint32_t flags, uint32_t far) {
    spec::Mask mask;
    mask.flags = flags;
    if (flags & spec::kMaskWindow) mask.window = 1 + below(random, far);
    if (flags & spec::kMaskSink) mask.sinks = below(random, uint64_t{far} + 1);
    if (flags & (spec::kMaskBlock | spec::kMaskSummary)) mask.block = 1u << below(random, 32);
    if (flags & spec::kMaskSummary) mask.summary = 1 + below(random, mask.block);
    if (flags & spec::kMaskFree) mask.free_from = below(random, 17);
    if (flags & spec::kMaskDiagOff) mask.diag_group = 1 + below(random, 16);
    if (flags & spec::kMaskPrefix) mask.prefix = below(random, uint64_t{far} + 1);
    return mask;
}

}  // namespace

TEST_CASE("the device's mask is the documented one: every set of terms, near and far positions") {
    auto random = test::test_random();
    Compared pairs("pairs of a query and a key");
    for (uint32_t flags = 0; flags <= spec::kMaskAll; ++flags)
        for (uint32_t n = 0; n < 2000; ++n) {
            const uint32_t far = n % 4 == 0 ? spec::kPositionLimit : 40;
            const spec::Mask mask = random_device_mask(random, flags, far);
            const uint32_t i = below(random, 16), j = below(random, 16);
            const uint32_t q = below(random, far),
                           k = below(random, 3) == 0 ? q : below(random, far);
            pairs.equal(spec::mask_allows(mask, i, j, q, k), test::device_sees(mask, i, j, q, k),
                        [&] { return "flags " + std::to_string(flags); });
        }
}

TEST_CASE("blocks begin at key 0 whatever the number of queries") {
    Compared keys("keys of queries");
    host::Problem p;
    p.nq = 7;
    p.nk = 4;
    p.mask.causal = true;
    p.mask.block = 4;
    for (uint32_t i = 0; i < 7; ++i)  // queries 0 to 2 are before key 0
        for (uint32_t j = 0; j < 4; ++j) {
            std::vector<host::KeyRange> ranges;
            p.visible_keys(16, 0, i, ranges);
            const bool seen = !ranges.empty() && ranges[0].begin <= j && j < ranges[0].end;
            keys.equal(seen, i >= 3 && j <= i - 3);
            keys.equal(test::user_sees(p, 16, 0, i, j), i >= 3 && j <= i - 3);
        }
}

TEST_CASE("run's keys, the jobs of run and verify, and verify's keys are those asked for") {
    auto random = test::test_random();
    Compared of_run("key lists of queries by the host");
    Compared of_jobs("pairs of tokens by jobs of firmware");
    Compared of_verify("pairs of tokens by verify");
    const hw::PlatformConfig config = small_platform();
    const uint32_t m = config.params.m;
    for (int n = 0; n < 1500; ++n) {
        const host::Problem p = random_problem(random);
        const auto where = [&] { return text_of(p); };
        host::check_problem(p, config, "tiny");
        const host::Layout layout = host::make_layout(p, config);
        const std::vector<fw::AttentionJob> jobs = layout.jobs();
        const std::vector<host::Problem> sequences = p.sequences();
        REQUIRE(jobs.size() == sequences.size());
        std::vector<host::KeyRange> ranges;
        for (size_t s = 0; s < jobs.size(); ++s)
            for (uint32_t i = 0; i < sequences[s].nq; ++i) {
                const host::Problem& one = sequences[s];
                const uint32_t head = i % one.query_heads;
                one.visible_keys(m, head, i, ranges);
                std::vector<bool> by_host(one.nk), asked(one.nk);
                for (const host::KeyRange& range : ranges)
                    std::fill(by_host.begin() + range.begin, by_host.begin() + range.end, true);
                for (uint32_t j = 0; j < one.nk; ++j) {
                    asked[j] = test::user_sees(one, m, head, i, j);
                    of_jobs.equal(test::job_sees(jobs[s], m, head, i, j), asked[j], where);
                    of_verify.equal(verify::allows(jobs[s], m, head, i, j), asked[j], where);
                }
                of_run.holds(by_host == asked, where);
            }
    }
}

TEST_CASE("random jobs of verify: its keys are those of the documented mask") {
    auto random = test::test_random();
    Compared pairs("pairs of tokens");
    for (int n = 0; n < 1500; ++n) {
        fw::AttentionJob job;
        verify::MaskArrays arrays;
        job.kv_heads = 1;
        job.query_heads = 2;
        job.nq = 1 + below(random, 60);
        job.nk = 1 + below(random, 60);
        job.q_position = below(random, 100);
        job.k_position = below(random, 100);
        verify::random_mask(random, 16, job, arrays);
        if (below(random, 4) == 0) verify::random_lists(random, job, arrays);
        for (uint32_t i = 0; i < job.nq; ++i)
            for (uint32_t j = 0; j < job.nk; ++j)
                pairs.equal(verify::allows(job, 16, 1, i, j), test::job_sees(job, 16, 1, i, j),
                            [&] { return verify::mask_text(job); });
    }
}

TEST_CASE("blocks for whose queries the device has no positions are refused") {
    Compared refusals("problems");
    host::Problem p;
    p.nq = 9;
    p.nk = 4;
    p.d_k = p.d_v = 8;
    p.scale = 1;
    const auto refused = [&](uint32_t block) {
        p.mask.block = block;
        try {
            host::check_problem(p, small_platform(), "tiny");
            return false;
        } catch (const host::UserError& e) {
            return std::string(e.what()).find("workload.mask.block is 2147483648 for 9 queries") !=
                   std::string::npos;
        }
    };
    refusals.equal(refused(1u << 31), true);
    refusals.equal(refused(1u << 30), false);
    p.mask.align = host::Align::kStart;
    refusals.equal(refused(1u << 31), false);
}
