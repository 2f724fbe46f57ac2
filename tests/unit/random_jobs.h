// SPDX-License-Identifier: MIT
// Random legal jobs of all kinds, with the arrays that they point to. Addresses are below 2^32.
#pragma once
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "firmware/cover/cover_job.h"
#include "firmware/gemm/gemm_job.h"
#include "firmware/linear/linear_job.h"
#include "firmware/plan/job.h"
#include "host/verify/job_mask.h"
#include "spec/params.h"
#include "tests/unit/listed_order.h"

namespace tessera::test {

/// Attention jobs that run one after the other.
struct JobList {
    std::vector<fw::AttentionJob> jobs;
    std::vector<verify::MaskArrays> arrays;
    std::vector<std::vector<fw::TilePair>> orders;  ///< of those of schedule `listed`
    spec::DeviceParams device{8, 16, 4, 2, 16, spec::Profile::kStateful};
};

inline fw::Tensor tensor_at(uint64_t address, uint32_t rows, uint32_t bytes) {
    const uint32_t pitch = (bytes + 15) / 16 * 16;
    return {address, uint64_t{pitch} * rows, pitch};
}

/// Jobs of any kind, all in one order or not, some with no step in this share.
inline JobList random_list(std::mt19937_64& random) {
    const auto draw = [&](uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random() % (high - low + 1));
    };
    JobList list;
    if (draw(0, 2) == 0) list.device.profile = spec::Profile::kStats;
    list.jobs.resize(draw(1, 6));
    list.arrays.resize(list.jobs.size());
    list.orders.resize(list.jobs.size());
    for (size_t i = 0; i < list.jobs.size(); ++i) {
        fw::AttentionJob& job = list.jobs[i];
        job.kv_heads = draw(1, 2);
        job.query_heads = job.kv_heads * draw(1, 3);
        job.nq = draw(0, 1) == 0 ? 1 : draw(1, 40);
        job.nk = draw(1, 40);
        job.q_position = job.nk > job.nq ? job.nk - job.nq : 0;
        job.d_k = 12;
        job.d_v = 9;
        job.want_lse = draw(0, 1) == 1;
        verify::random_mask(random, list.device.m, job, list.arrays[i]);
        if (draw(0, 4) == 0) verify::random_lists(random, job, list.arrays[i]);
        if (draw(0, 2) == 0) verify::random_pages(random, list.device.m, job, list.arrays[i]);
        if (draw(0, 1) == 0) {
            job.schedule = fw::ScheduleId::kKeyValueResident;
            if (draw(0, 2) == 0) list_order(list.device.m, job, list.orders[i]);
        } else {
            job.peers = draw(0, 3);
            job.share = draw(0, job.peers);
        }
        const uint64_t base = (i + 1) << 28;
        job.q = tensor_at(base + 0x1000000, job.nq, 24);
        job.k = tensor_at(base + 0x2000000, job.nk, 24);
        job.v = tensor_at(base + 0x3000000, job.nk, 18);
        job.o = tensor_at(base + 0x4000000, job.nq, 36);
        job.lse = tensor_at(base + 0x5000000, job.nq, 16);
        job.summary_list = base + 0x6000000;
        job.query_list.address = base + 0x9000000;
        job.key_list.address = base + 0xa000000;
        job.state = tensor_at(0x7000000, job.nq, 52);  // in common
        job.partial = tensor_at(0x8000000, 8, 52);
    }
    return list;
}

/// For a black box: each pair of tiles is a partial result, of any form of sentinel.
inline JobList random_sentinel_list(std::mt19937_64& random) {
    const auto draw = [&](uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random() % (high - low + 1));
    };
    JobList list;
    list.device.profile = spec::Profile::kBlackbox;
    list.jobs.resize(draw(1, 3));
    const auto form = static_cast<fw::SentinelForm>(draw(1, 3));
    for (size_t i = 0; i < list.jobs.size(); ++i) {
        fw::AttentionJob& job = list.jobs[i];
        job.query_heads = 2;
        job.kv_heads = draw(1, 2);
        job.nq = draw(1, 20);
        job.nk = draw(1, 40);
        job.d_k = 12;
        job.d_v = 9;
        job.factor = 0x3f800000;
        if (draw(0, 1) == 0) job.mask.flags = spec::kMaskCausal;
        if (draw(0, 1) == 0) job.schedule = fw::ScheduleId::kKeyValueResident;
        const uint64_t base = (i + 1) << 28;
        job.q = tensor_at(base + 0x1000000, job.nq, 26);
        job.k = tensor_at(base + 0x2000000, job.nk, 26);
        job.v = tensor_at(base + 0x3000000, job.nk, 22);
        job.o = tensor_at(base + 0x4000000, job.nq, 36);
        job.state = tensor_at(0x7000000, job.nq, 52);
        job.partial = tensor_at(0x8000000, 8, 52);
        job.sentinel = {form,
                        true,
                        0x3f80,
                        tensor_at(0x9000000, 3, 26),
                        tensor_at(0xa000000, 8, 16),
                        tensor_at(0xb000000, 8, 42)};
    }
    return list;
}

/// A job by a cover, and its arrays.
struct CoverList {
    fw::CoverJob job;
    std::vector<uint32_t> groups;
    std::vector<fw::CoverLine> lines;
    std::vector<uint32_t> class_ends;
    spec::DeviceParams device{8, 16, 4, 2, 16, spec::Profile::kStateful};
};

/// Every class has each group on one line at most, the first exactly. Which groups meet is chance.
inline CoverList random_cover(std::mt19937_64& random) {
    const auto draw = [&](uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random() % (high - low + 1));
    };
    CoverList list;
    if (draw(0, 1) == 0) list.device.profile = spec::Profile::kStats;
    fw::AttentionJob& a = list.job.attention;
    list.job.group_tokens = draw(1, 3);
    const uint32_t count = draw(3, 20), most = list.device.m / list.job.group_tokens;
    a.nq = a.nk = count * list.job.group_tokens - draw(0, list.job.group_tokens - 1);
    a.kv_heads = draw(1, 2);
    a.query_heads = a.kv_heads * draw(1, 2);
    a.peers = draw(0, a.query_heads - 1);
    a.share = draw(0, a.peers);
    a.d_k = 12;
    a.d_v = 9;
    a.want_lse = draw(0, 1) == 0;
    if (draw(0, 1) == 0) a.mask.flags = spec::kMaskCausal;
    for (uint32_t n = draw(1, 3), first = 1; n != 0; --n, first = 0) {
        std::vector<uint32_t> order(count);
        for (uint32_t i = 0; i < count; ++i) order[i] = i;
        std::shuffle(order.begin(), order.end(), random);
        if (first == 0) order.resize(draw(1, count));
        for (uint32_t i = 0; i < order.size();) {
            const auto end =
                std::min<uint32_t>(i + draw(1, most), static_cast<uint32_t>(order.size()));
            std::sort(order.begin() + i, order.begin() + end);
            list.lines.push_back({i + static_cast<uint32_t>(list.groups.size()), end - i, 0});
            i = end;
        }
        list.groups.insert(list.groups.end(), order.begin(), order.end());
        list.class_ends.push_back(static_cast<uint32_t>(list.lines.size()));
    }
    std::vector<bool> seen(count);
    for (auto group = list.groups.rbegin(); group != list.groups.rend(); ++group) {
        const uint32_t number = *group;
        if (!seen[number]) *group |= fw::kLastVisit;
        seen[number] = true;
    }
    a.q = tensor_at(0x11000000, a.nq, 24);
    a.k = tensor_at(0x12000000, a.nk, 24);
    a.v = tensor_at(0x13000000, a.nk, 18);
    a.o = tensor_at(0x14000000, a.nq, 36);
    a.lse = tensor_at(0x15000000, a.nq, 16);
    a.state = tensor_at(0x16000000, a.nq, 52);
    a.partial = tensor_at(0x17000000, 8, 52);
    list.job.groups = list.groups.data();
    list.job.lines = list.lines.data();
    list.job.class_ends = list.class_ends.data();
    list.job.class_count = static_cast<uint32_t>(list.class_ends.size());
    list.job.index_list = 0x18000000;
    return list;
}

/// For a device with M = 8, D = 16 and 16 bytes a beat.
inline fw::GemmJob random_gemm(std::mt19937_64& random) {
    fw::GemmJob job;
    job.m = 1 + static_cast<uint32_t>(random() % 40);
    job.k = 1 + static_cast<uint32_t>(random() % 40);
    job.n = 1 + static_cast<uint32_t>(random() % 60);
    job.bf16_output = random() % 2 == 0;
    job.a = tensor_at(0x1000000, job.m, 16);
    job.b = tensor_at(0x2000000, job.k, 32);
    job.c = tensor_at(0x3000000, job.m, 64);
    job.identity = tensor_at(0x4000000, 8, 16);
    if (random() % 2 == 0) job.stage = fw::GemmStage::kScore;
    if (random() % 2 == 0) job.a_columns = 1 + static_cast<uint32_t>(random() % 8);
    if (random() % 2 == 0) job.c_columns = 1 + static_cast<uint32_t>(random() % 8);
    return job;
}

/// For the same device.
inline fw::LinearJob random_linear(std::mt19937_64& random) {
    const auto draw = [&](uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random() % (high - low + 1));
    };
    fw::LinearJob job;
    job.kv_heads = draw(1, 3);
    job.query_heads = job.kv_heads * draw(1, 2);
    job.causal = draw(0, 1) == 0;
    job.d_k = draw(1, 7);
    job.d_v = draw(1, 16);
    job.nk = draw(1, 40);
    job.nq = job.causal ? job.nk : draw(1, 40);
    job.q = tensor_at(0x1000000, job.nq, 16);
    job.k = tensor_at(0x2000000, job.nk, 16);
    job.v = tensor_at(0x3000000, job.nk, 32);
    job.o = tensor_at(0x4000000, job.nq, 64);
    job.states = tensor_at(0x5000000, job.d_k, 32);
    job.identity = tensor_at(0x6000000, job.d_k, 16);
    return job;
}

}  // namespace tessera::test
