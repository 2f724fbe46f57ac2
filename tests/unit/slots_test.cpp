// SPDX-License-Identifier: MIT
// Planned calls packed into the slots of an oracle's calls.
#include "host/predict/slots.h"

#include <cmath>
#include <set>
#include <tuple>

#include "host/operation/layout.h"
#include "host/predict/formulas.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;

namespace {

uint32_t between(std::mt19937_64& random, uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
}

hw::PlatformConfig small_platform() {
    hw::PlatformConfig config;
    config.params = {16, 16, 2, 4, 16, spec::Profile::kStateful};
    return config;
}

Problem random_problem(std::mt19937_64& random) {
    Problem p;
    p.batch = between(random, 1, 3);
    p.kv_heads = p.batch * between(random, 1, 3);
    p.query_heads = p.kv_heads * between(random, 1, 3);
    p.nq = between(random, 1, 80);
    p.nk = between(random, 1, 80);
    p.d_k = p.d_v = 16;
    p.scale = 0.25;
    p.mask.causal = between(random, 0, 1) == 0;
    if (between(random, 0, 2) == 0) p.mask.window = between(random, 1, 40);
    for (uint32_t s = 0; p.batch > 1 && s < p.batch; ++s)
        p.key_lengths.push_back(between(random, 1, p.nk));
    p.stacked = between(random, 0, 1) == 0;
    return p;
}

}  // namespace

TEST_CASE("every planned call goes into one slot, and packed calls are as many as the formula") {
    auto random = test::test_random();
    Compared packings("packings"), places("calls in slots");
    for (int n = 0; n < 600; ++n) {
        const hw::PlatformConfig config = small_platform();
        const uint32_t m = config.params.m;
        const Problem p = random_problem(random);
        const Slots slots{between(random, 1, 9), between(random, 1, 5)};
        const std::vector<fw::AttentionJob> jobs = make_layout(p, config).jobs();
        const uint64_t calls = work_formula(p, m).calls;
        SlotPacker packer(slots);
        std::set<std::tuple<uint64_t, uint32_t, uint32_t>> taken;
        uint64_t last = 0;
        for (uint64_t i = 0; i < calls; ++i) {
            const SlotPlace at = packer.place();
            places.holds(taken.insert({at.call, at.head, at.layer}).second &&
                             at.head < slots.heads && at.layer < slots.layers && at.call >= last &&
                             at.call <= last + 1,
                         [&] { return std::to_string(i); });
            last = at.call;
        }
        const SlotPacker packed = pack_calls(jobs, m, slots);
        packings.equal(packed.placed(), calls);
        packings.equal(packed.calls(), last + 1);
        packings.equal(packed.calls(), packed_calls_formula(calls, slots));
        // H heads of P tile pairs each, as the paper counts them.
        packings.equal(packed.calls(),
                       static_cast<uint64_t>(std::ceil(
                           static_cast<double>(calls) / slots.heads / slots.layers - 1e-9)));
    }
}
