// SPDX-License-Identifier: MIT
// Grouped-query attention: query heads share key/value heads. Against the double reference, and
// bit for bit against every query head run alone with its key/value head.
#include "tests/support/attention_run.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;

namespace {

/// Query head `head` of `all` as a problem of its own.
AttentionSetup single_head(const AttentionSetup& all, uint32_t head) {
    AttentionSetup s = all;
    const host::Problem& p = all.problem;
    s.problem.query_heads = s.problem.kv_heads = 1;
    const auto shifted = [](const host::Operand& operand, uint64_t by) {
        host::Operand o = operand;
        o.bf16 = [bf16 = operand.bf16, by](uint64_t first, uint64_t count, uint16_t* out) {
            bf16(first + by, count, out);
        };
        return o;
    };
    const uint64_t kv = head / p.group();
    s.inputs.q = shifted(all.inputs.q, uint64_t{head} * p.nq * p.d_k);
    s.inputs.k = shifted(all.inputs.k, kv * p.nk * p.d_k);
    s.inputs.v = shifted(all.inputs.v, kv * p.nk * p.d_v);
    return s;
}

void compare(Compared& bound, Compared& alone, Compared& identities, const AttentionSetup& s) {
    INFO(s.name());
    const test::AttentionRun run = test::run_attention(s);
    test::check_bound(bound, s, run);
    test::check_identities(identities, run.outcome);
    const size_t head_size = size_t{s.problem.nq} * s.problem.d_v;
    for (uint32_t h = 0; h < s.problem.query_heads; ++h) {
        const test::AttentionRun one = test::run_attention(single_head(s, h));
        REQUIRE(one.o.size() == head_size);
        for (size_t i = 0; i < head_size; ++i)
            alone.equal(test::bits_of(run.o[h * head_size + i]), test::bits_of(one.o[i]),
                        [&] { return "head " + std::to_string(h) + " of " + s.name(); });
    }
}

}  // namespace

TEST_CASE("query heads that share key/value heads") {
    const uint64_t seed = test::test_random()();
    Compared bound("elements and rows within the bound");
    Compared alone("elements equal to the head alone");
    Compared identities("counter identities");
    const std::pair<uint32_t, uint32_t> kHeads[] = {{2, 1}, {4, 1}, {4, 2}, {6, 3}, {3, 3}, {5, 1}};
    for (const auto& [heads, kv_heads] : kHeads)
        for (const auto order : {fw::ScheduleId::kQueryResident, fw::ScheduleId::kKeyValueResident})
            for (const auto& [nq, nk] : {std::pair<uint32_t, uint32_t>{16, 40}, {37, 37}}) {
                AttentionSetup s =
                    test::random_attention("tiny", heads, kv_heads, nq, nk, 16, 12, seed);
                s.problem.schedule = order;
                s.problem.mask.causal = nq == nk;
                s.problem.want_lse = true;
                compare(bound, alone, identities, s);
            }
}
