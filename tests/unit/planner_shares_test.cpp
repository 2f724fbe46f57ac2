// SPDX-License-Identifier: MIT
// Shares of a job: together they are the whole, none twice, and they cost about the same.
#include <algorithm>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "firmware/plan/planner.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;

namespace {

using Key = std::tuple<uint32_t, uint32_t, uint32_t>;  // query head, query tile, key tile

fw::AttentionJob random_job(std::mt19937_64& random, uint32_t shares) {
    fw::AttentionJob job;
    job.kv_heads = 1 + static_cast<uint32_t>(random() % 3);
    job.query_heads = job.kv_heads * (1 + static_cast<uint32_t>(random() % 3));
    job.nq = 1 + static_cast<uint32_t>(random() % 200);
    job.nk = 1 + static_cast<uint32_t>(random() % 200);
    job.d_k = job.d_v = 8;
    if (random() % 2 == 0) job.mask.flags = spec::kMaskCausal;
    job.q_position = job.nk > job.nq ? job.nk - job.nq : 0;
    job.peers = shares - 1;
    return job;
}

std::vector<fw::Step> steps_of(const fw::AttentionJob& job, uint32_t m) {
    fw::Planner planner(job, m);
    std::vector<fw::Step> steps;
    for (fw::Step step; planner.next(step);) steps.push_back(step);
    return steps;
}

Key key(const fw::Step& s) { return {s.query_head, s.q_tile, s.k_tile}; }

}  // namespace

TEST_CASE("the shares of a job are its steps, each once, in the order of the whole") {
    auto random = test::test_random();
    Compared compared("steps of shares");
    for (int round = 0; round < 300; ++round) {
        const uint32_t shares = 1 + static_cast<uint32_t>(random() % 9), m = 8;
        fw::AttentionJob job = random_job(random, 1);
        std::map<Key, uint64_t> place;
        for (const fw::Step& step : steps_of(job, m)) place.emplace(key(step), place.size());
        std::vector<bool> seen(place.size());
        job.peers = shares - 1;
        for (job.share = 0; job.share < shares; ++job.share) {
            const std::vector<fw::Step> steps = steps_of(job, m);
            uint64_t last = 0;
            for (size_t i = 0; i < steps.size(); ++i) {
                const auto at = place.find(key(steps[i]));
                const bool good = at != place.end() && !seen[at->second] &&
                                  (i == 0 || at->second > last) &&
                                  steps[i].first == (steps[i].k_tile == 0);
                compared.holds(good, [&] { return std::to_string(i); });
                if (!good) return;
                last = at->second;
                seen[last] = true;
            }
        }
        compared.equal(std::count(seen.begin(), seen.end(), false), 0);
    }
}

TEST_CASE("shares of a long causal job differ by less than one query tile") {
    Compared compared("shares");
    for (const uint32_t shares : {2u, 3u, 4u, 7u, 8u, 16u}) {
        fw::AttentionJob job;
        job.query_heads = job.kv_heads = 1;
        job.nq = job.nk = 128 * 8;
        job.d_k = job.d_v = 8;
        job.mask.flags = spec::kMaskCausal;
        job.peers = shares - 1;
        std::vector<uint64_t> cost;
        for (job.share = 0; job.share < shares; ++job.share)
            cost.push_back(steps_of(job, 8).size());
        const uint64_t least = *std::min_element(cost.begin(), cost.end());
        const uint64_t most = *std::max_element(cost.begin(), cost.end());
        compared.holds(most - least <= 128, [&] {
            return std::to_string(shares) + " shares: " + std::to_string(least) + " to " +
                   std::to_string(most);
        });
    }
}
