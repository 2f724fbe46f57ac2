// SPDX-License-Identifier: MIT
// Ranges of keys (spec/key_range.h) on every set of mask terms, and what dispatch remembers of
// loads, against a second reading of the contract; and that they lose no key that a row may see.
#include "spec/key_range.h"

#include "tests/support/compared.h"
#include "tests/support/key_range_oracle.h"
#include "tests/support/random_terms.h"

using namespace tessera;
using test::Compared;

namespace {

constexpr uint32_t kM = 24;

std::vector<uint32_t> one_by_one(uint32_t origin) {
    std::vector<uint32_t> positions(kM);
    for (uint32_t i = 0; i < kM; ++i) positions[i] = origin + i;
    return positions;
}

}  // namespace

TEST_CASE("ranges of keys: every set of mask terms") {
    auto random = test::test_random();
    const auto any = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    Compared ranges("ranges of keys");
    Compared seen("keys that a row may see");
    uint64_t shorter = 0;
    for (uint32_t round = 0; round < 60; ++round)
        for (uint32_t flags = 0; flags <= spec::kMaskAll; ++flags) {
            const uint32_t far = round % 4 == 3 ? (1u << 31) - kM : 4 * kM;
            spec::Command c;
            c.mask = test::random_terms(random, flags, kM, far);
            c.rows = 1 + any(kM);
            c.keys = 1 + any(kM);
            const uint32_t q0 = any(far), k0 = any(2) == 0 ? any(far) : q0 - std::min(q0, any(kM));
            const auto q = one_by_one(q0), k = one_by_one(k0);
            const uint32_t first = any(c.rows), rows = 1 + any(c.rows - first);
            const spec::TilePositions tile{any(16) != 0, q0, k0};
            const spec::KeyRange range = spec::key_range(c.mask, tile, first, rows, c.keys);
            const auto expected =
                test::visited_keys(c, tile.known ? q : test::KnownPositions(), k, first, rows);
            const auto which = [&] { return "flags " + std::to_string(flags); };
            ranges.equal(range.first, expected.first, which);
            ranges.equal(range.count, expected.count, which);
            shorter += range.count < c.keys ? 1 : 0;
            for (uint32_t i = first; i < first + rows; ++i)
                for (uint32_t j = 0; j < c.keys; ++j)
                    if (spec::mask_allows(c.mask, i, j, q[i], k[j]))
                        seen.holds(j >= range.first && j < range.first + range.count, which);
        }
    // Neither all nor none.
    CHECK(shorter * 20 > ranges.count());
    CHECK(shorter * 5 < ranges.count() * 2);
}

TEST_CASE("ranges of keys: what dispatch remembers of loads") {
    auto random = test::test_random();
    const auto any = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    Compared known("rows whose position is known");
    spec::PositionMemory memory;
    test::KnownPositions banks[2][spec::kBanks];  // Q, K
    for (uint32_t i = 0; i < 20000; ++i) {
        spec::Command load;
        const uint32_t kind = any(2), bank = any(spec::kBanks);
        test::KnownPositions& rows = banks[kind][bank];
        load.opcode = kind == 0 ? spec::Opcode::kLoadQ : spec::Opcode::kLoadK;
        load.q_bank = kind == 0 ? bank : 0;
        load.k_bank = kind == 0 ? 0 : bank;
        const bool on = any(2) == 0 && !rows.empty() && rows.size() < kM;
        load.first_row = on ? static_cast<uint32_t>(rows.size()) : any(2) == 0 ? 0 : any(kM);
        load.rows = 1 + any(kM - load.first_row);
        load.position = on ? rows.back() + 1 : any(4 * kM);
        if (any(8) == 0) load.flags = spec::kFlagGather;
        if (load.has(spec::kFlagGather)) load.position = 0;
        memory.dispatched(load);
        test::note_load(load, rows);

        spec::Command attend;
        attend.opcode = spec::Opcode::kAttend;
        attend.q_bank = any(spec::kBanks);
        attend.k_bank = any(spec::kBanks);
        const test::KnownPositions &q = banks[0][attend.q_bank], &k = banks[1][attend.k_bank];
        attend.rows = any(2) == 0 && !q.empty() ? static_cast<uint32_t>(q.size()) : 1 + any(kM);
        attend.keys = any(2) == 0 && !k.empty() ? static_cast<uint32_t>(k.size()) : 1 + any(kM);
        const spec::TilePositions tile = memory.of(attend);
        known.equal(tile.known, q.size() >= attend.rows && k.size() >= attend.keys);
        if (!tile.known) continue;
        known.equal(tile.q, q.front());
        known.equal(tile.k, k.front());
    }
}
