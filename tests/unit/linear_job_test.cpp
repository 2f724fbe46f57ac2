// SPDX-License-Identifier: MIT
// Firmware on linear attention, on the golden device: every element bit by bit, calls by formula,
// refusals.
#include "firmware/linear/linear_job.h"

#include <algorithm>
#include <memory>

#include "spec/integers.h"
#include "tests/support/compared.h"
#include "tests/unit/golden_job.h"

using namespace tessera;
using test::Compared;

namespace {

/// A job with its operands, [heads][tokens][elements], and what comes out of it.
struct Linear {
    Linear(const spec::DeviceParams& device, std::mt19937_64& random)
        : params(device), memory(device, random) {
        const auto up_to = [&](uint32_t most) {
            return static_cast<uint32_t>(1 + random() % most);
        };
        job.kv_heads = up_to(3);
        job.query_heads = job.kv_heads * up_to(2);
        job.causal = random() % 2 == 0;
        job.d_k = up_to(std::min(params.d, params.m - 1));
        job.d_v = up_to(params.d);
        job.nq = up_to(90);
        job.nk = job.causal ? job.nq : up_to(90);
        job.q = memory.place_random(job.query_heads, job.nq, job.d_k);
        job.k = memory.place_random(job.kv_heads, job.nk, job.d_k);
        job.v = memory.place_random(job.kv_heads, job.nk, job.d_v);
        job.o = memory.place(job.query_heads, job.nq, 4 * job.d_v);
        job.states = memory.place(job.kv_heads * std::max(fw::linear_states(job, params), 1u),
                                  job.d_k, 2 * job.d_v);
        job.identity = memory.place_identity(job.d_k);
    }

    uint32_t chunk() const { return fw::linear_chunk(job, params); }
    uint16_t key(uint32_t head, uint32_t j, uint32_t r) const {
        return memory.at(job.k, head, j, r);
    }
    uint16_t value(uint32_t head, uint32_t j, uint32_t c) const {
        return memory.at(job.v, head, j, c);
    }

    /// Column `c` of the state behind the first `chunks` chunks of keys, in bf16.
    std::vector<uint16_t> state(uint32_t head, uint32_t chunks, uint32_t c) const {
        std::vector<uint16_t> s(job.d_k, 0);
        for (uint32_t r = 0; r < job.d_k; ++r) {
            uint32_t all = 0;
            for (uint32_t n = 0; n < chunks; ++n) {
                uint32_t sum = 0;
                for (uint32_t j = n * chunk(); j < std::min(job.nk, (n + 1) * chunk()); ++j)
                    sum = spec::fp_add(sum, spec::bf16_product(key(head, j, r), value(head, j, c)));
                all = n == 0 ? sum : spec::fp_add(all, sum);
            }
            s[r] = spec::fp32_to_bf16(all);
        }
        return s;
    }

    /// Column `c` of o, of all queries of a chunk: the state's share, then that of the chunk's
    /// keys.
    std::vector<uint32_t> expected(uint32_t head, uint32_t n, uint32_t c) const {
        const uint32_t kv = head / (job.query_heads / job.kv_heads);
        const uint32_t before =
            job.causal ? n : spec::divide_up(job.nk, chunk());  // chunks in the state
        const std::vector<uint16_t> s = state(kv, before, c);
        std::vector<uint32_t> o;
        for (uint32_t i = n * chunk(); i < std::min(job.nq, (n + 1) * chunk()); ++i) {
            const auto query = [&](uint32_t r) { return memory.at(job.q, head, i, r); };
            uint32_t sum = 0;
            for (uint32_t r = 0; r < job.d_k && before != 0; ++r)
                sum = spec::fp_add(sum, spec::bf16_product(query(r), s[r]));
            for (uint32_t j = n * chunk(); job.causal && j <= i; ++j) {
                uint32_t score = 0;
                for (uint32_t r = 0; r < job.d_k; ++r)
                    score = spec::fp_add(score, spec::bf16_product(query(r), key(kv, j, r)));
                sum = spec::fp_add(sum,
                                   spec::bf16_product(spec::fp32_to_bf16(score), value(kv, j, c)));
            }
            o.push_back(sum);
        }
        return o;
    }

    spec::DeviceParams params;
    verify::TensorImage memory;
    fw::LinearJob job;
};

std::string name(const Linear& l) {
    const fw::LinearJob& j = l.job;
    return std::to_string(j.query_heads) + "/" + std::to_string(j.kv_heads) + " heads, " +
           std::to_string(j.nq) + "x" + std::to_string(j.nk) + ", d " + std::to_string(j.d_k) +
           "/" + std::to_string(j.d_v) + (j.causal ? ", causal" : "");
}

constexpr spec::DeviceParams kDevice = {16, 16, 4, 2, 16, spec::Profile::kStateful};

}  // namespace

TEST_CASE("linear attention: every bit, calls by formula, one FENCE between the passes") {
    auto random = test::test_random();
    Compared elements("sums"), figures("figures of jobs");
    for (int n = 0; n < 60; ++n) {
        const Linear l(kDevice, random);
        const fw::LinearJob& job = l.job;
        const auto where = [&] { return name(l); };
        test::GoldenJob golden(kDevice, l.memory.bytes(), random());
        REQUIRE(golden.run(job).ok());
        figures.equal(golden.faults.size(), 0u,
                      [&] { return where() + ": " + golden.faults.front(); });
        const uint32_t chunk = l.chunk();
        const auto chunks = [&](uint32_t tokens) { return uint64_t{tokens + chunk - 1} / chunk; };
        const uint64_t updates = chunks(job.nk) - (job.causal ? 1 : 0);
        figures.equal(golden.commands[spec::Opcode::kAttend],
                      job.kv_heads * updates + job.query_heads * chunks(job.nq), where);
        figures.equal(golden.commands[spec::Opcode::kFence], updates == 0 ? 1u : 2u, where);
        for (uint32_t head = 0; head < job.query_heads; ++head)
            for (uint32_t c = 0; c < job.d_v; ++c)
                for (uint32_t i = 0; i < job.nq; i += chunk) {
                    const std::vector<uint32_t> o = l.expected(head, i / chunk, c);
                    for (uint32_t x = 0; x < o.size(); ++x)
                        elements.equal(golden.word(fw::row_address(job.o, head, i + x) + 4 * c, 4),
                                       o[x], [&] {
                                           return where() + ": head " + std::to_string(head) +
                                                  ", token " + std::to_string(i + x);
                                       });
                }
    }
}

TEST_CASE("linear attention that does not fit is refused") {
    Compared rules("rules");
    auto random = test::test_random();
    auto l = std::make_unique<Linear>(kDevice, random);
    while (!l->job.causal || l->job.nq < 60) l = std::make_unique<Linear>(kDevice, random);
    const auto rule = [&](auto&& change, spec::Profile profile = spec::Profile::kStateful) {
        fw::LinearJob job = l->job;
        change(job);
        spec::DeviceParams device = kDevice;
        device.profile = profile;
        return fw::check_linear_job(job, device);
    };
    using fw::JobRule;
    rules.equal(rule([](fw::LinearJob&) {}), JobRule::kNone);
    rules.equal(rule([](fw::LinearJob& j) { j.d_v = 0; }), JobRule::kEmpty);
    rules.equal(rule([](fw::LinearJob& j) { j.query_heads = j.kv_heads + 1, j.kv_heads += 2; }),
                JobRule::kHeads);
    rules.equal(rule([](fw::LinearJob& j) { --j.nk; }), JobRule::kMask);
    rules.equal(rule([](fw::LinearJob& j) { --j.nk, j.causal = false; }), JobRule::kNone);
    rules.equal(rule([](fw::LinearJob& j) { j.d_v = 17; }), JobRule::kDimension);
    rules.equal(rule([](fw::LinearJob& j) { j.d_k = 16; }), JobRule::kDimension);  // no key is left
    rules.equal(rule([](fw::LinearJob& j) { j.nq = j.nk = spec::kPositionLimit - 15; }),
                JobRule::kPositions);
    for (fw::Tensor fw::LinearJob::*tensor :
         {&fw::LinearJob::q, &fw::LinearJob::k, &fw::LinearJob::v, &fw::LinearJob::o,
          &fw::LinearJob::states, &fw::LinearJob::identity})
        rules.equal(rule([&](fw::LinearJob& j) { (j.*tensor).address += 8; }), JobRule::kAlignment);
    for (const spec::Profile profile : {spec::Profile::kStats, spec::Profile::kBlackbox}) {
        rules.equal(rule([](fw::LinearJob&) {}, profile), JobRule::kProfile);
        // Two chunks: one state, which one call makes.
        rules.equal(rule([](fw::LinearJob& j) { j.nq = j.nk = 2 * (16 - j.d_k); }, profile),
                    JobRule::kNone);
        rules.equal(rule([](fw::LinearJob& j) { j.causal = false, j.nk = 16; }, profile),
                    JobRule::kNone);
        rules.equal(rule([](fw::LinearJob& j) { j.causal = false, j.nk = 17; }, profile),
                    JobRule::kProfile);
    }
}
