// SPDX-License-Identifier: MIT
#include "host/operation/sharing.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "firmware/plan/planner.h"

namespace tessera::host {
namespace {

/// What a share of a job takes, about: keys that its lane groups meet.
uint64_t work_of(const fw::AttentionJob& job, const spec::DeviceParams& params) {
    uint64_t work = 0;
    fw::Planner planner(job, params.m);
    for (fw::Step step; planner.next(step);)
        work += uint64_t{params.groups(step.q_rows)} * step.keys;
    return work;
}

/// The device that a sequence had better begin with, if its shares take `work`, one after the
/// other, and devices have `busy` already. Adds it.
uint32_t choose_first(const std::vector<uint64_t>& work, std::vector<uint64_t>& busy) {
    const size_t devices = busy.size();
    std::vector<uint64_t> best;
    uint32_t first = 0;
    for (uint32_t candidate = 0; candidate < devices; ++candidate) {
        std::vector<uint64_t> then = busy;
        for (size_t share = 0; share < devices; ++share)
            then[(candidate + share) % devices] += work[share];
        const auto most = [](const std::vector<uint64_t>& v) {
            return *std::max_element(v.begin(), v.end());
        };
        if (!best.empty() && most(then) >= most(best)) continue;
        best = then;
        first = candidate;
    }
    busy = best;
    return first;
}

}  // namespace

void deal_sequences(Layout& layout, const spec::DeviceParams& params) {
    if (layout.devices == 1) return;
    std::vector<std::vector<uint64_t>> work;  // [sequence][share]
    for (fw::AttentionJob job : layout.jobs()) {
        job.peers = layout.devices - 1;
        work.emplace_back();
        for (job.share = 0; job.share < layout.devices; ++job.share)
            work.back().push_back(work_of(job, params));
    }
    std::vector<size_t> order(work.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const auto total = [&](size_t s) {
        return std::accumulate(work[s].begin(), work[s].end(), uint64_t{0});
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return total(a) > total(b); });
    std::vector<uint64_t> busy(layout.devices);
    for (const size_t s : order) layout.sequences[s].first_device = choose_first(work[s], busy);
}

}  // namespace tessera::host
