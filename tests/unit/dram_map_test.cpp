// SPDX-License-Identifier: MIT
// Where addresses are in a DRAM: each place once, pieces of a channel that cover the bytes and
// nothing else, and the mappings at addresses worked out by hand.
#include <algorithm>
#include <set>
#include <tuple>

#include "hw_model/memory/dram_spec.h"
#include "tests/support/compared.h"

using namespace tessera;

namespace {

using Place = std::tuple<uint32_t, uint32_t, uint32_t, uint32_t, uint32_t>;

Place tuple_of(const hw::DramAddress& a) {
    return {a.pseudo_channel, a.bank_group, a.bank, a.row, a.column};
}

hw::DramOrganisation random_organisation(std::mt19937_64& random) {
    const auto power = [&](uint32_t most) { return 1u << (random() % (most + 1)); };
    hw::DramOrganisation o;
    o.channels = power(2);
    o.pseudo_channels = power(1);
    o.bank_groups = power(2);
    o.banks_per_group = power(2);
    o.rows = power(5);
    o.transaction_bytes = 16 * power(2);
    o.row_bytes = o.transaction_bytes * 4 * power(4);
    o.interleave_bytes = o.transaction_bytes * power(3);
    return o;
}

}  // namespace

TEST_CASE("every transaction of a DRAM has a place of its own") {
    auto random = test::test_random();
    test::Compared compared("places");
    for (uint32_t i = 0; i < 60; ++i) {
        hw::DramOrganisation o = random_organisation(random);
        for (const auto mapping : {hw::DramMapping::kRoBaRaCoCh, hw::DramMapping::kMop4Clxor}) {
            o.mapping = mapping;
            const hw::DramMap map(o);
            const uint64_t count =
                uint64_t{o.pseudo_channels} * o.banks() * o.rows * o.row_transactions();
            std::set<Place> places;
            for (uint64_t n = 0; n < count; ++n) {
                const hw::DramAddress a = map.place(n);
                const bool inside = a.pseudo_channel < o.pseudo_channels &&
                                    a.bank_group < o.bank_groups && a.bank < o.banks_per_group &&
                                    a.row < o.rows && a.column < o.row_transactions();
                compared.holds(inside && places.insert(tuple_of(a)).second,
                               [&] { return "transaction " + std::to_string(n); });
            }
            // Beyond the capacity it begins again.
            compared.holds(tuple_of(map.place(count + 5)) == tuple_of(map.place(5)),
                           [] { return "beyond the capacity"; });
        }
    }
}

TEST_CASE("neighbours are the columns that follow in the row") {
    auto random = test::test_random();
    test::Compared compared("neighbours");
    for (uint32_t i = 0; i < 60; ++i) {
        hw::DramOrganisation o = random_organisation(random);
        const hw::DramMap map(o);
        for (uint64_t n = 0; n < 300; ++n) {
            const uint32_t count = map.neighbours(n);
            hw::DramAddress a = map.place(n);
            for (uint32_t k = 0; k < count; ++k, ++a.column)
                compared.holds(tuple_of(map.place(n + k)) == tuple_of(a),
                               [&] { return std::to_string(n); });
            compared.equal(a.column, o.row_transactions());
        }
        o.mapping = hw::DramMapping::kMop4Clxor;
        compared.equal(hw::DramMap(o).neighbours(random() % 1000), 1u);
    }
}

TEST_CASE("the channels' parts of a burst are exactly its bytes") {
    auto random = test::test_random();
    test::Compared compared("transactions of bursts");
    for (uint32_t i = 0; i < 3000; ++i) {
        const hw::DramOrganisation o = random_organisation(random);
        const hw::DramMap map(o);
        const uint64_t address = random() % 10000, bytes = 1 + random() % 2048;
        // Of each channel, by definition: its pieces side by side, cut into transactions.
        std::vector<std::set<uint64_t>> expected(o.channels);
        for (uint64_t byte = address; byte < address + bytes; ++byte) {
            const uint64_t piece = byte / o.interleave_bytes;
            const uint64_t mine =
                piece / o.channels * o.interleave_bytes + byte % o.interleave_bytes;
            expected[piece % o.channels].insert(mine / o.transaction_bytes);
        }
        for (uint32_t channel = 0; channel < o.channels; ++channel) {
            const hw::DramMap::Range range = map.in_channel(channel, address, bytes);
            std::set<uint64_t> is;
            for (uint64_t n = range.first; n < range.end; ++n) is.insert(n);
            compared.holds(is == expected[channel], [&] {
                return std::to_string(bytes) + " bytes at " + std::to_string(address) +
                       ", channel " + std::to_string(channel) + " of " + std::to_string(o.channels);
            });
        }
    }
}

TEST_CASE("the bits of an address are where the mapping says") {
    test::Compared compared("places");
    hw::DramOrganisation o;  // 4 groups of 4 banks, 128 columns
    o.pseudo_channels = 2;
    const auto place = [&](uint64_t n) { return tuple_of(hw::DramMap(o).place(n)); };
    // pseudo-channel, bank group, bank, row, column
    compared.holds(place(127) == Place{0, 0, 0, 0, 127}, [] { return "last column"; });
    compared.holds(place(1 << 7) == Place{1, 0, 0, 0, 0}, [] { return "pseudo-channel"; });
    compared.holds(place(1 << 8) == Place{0, 1, 0, 0, 0}, [] { return "group"; });
    compared.holds(place(1 << 10) == Place{0, 0, 1, 0, 0}, [] { return "bank"; });
    compared.holds(place(1 << 12) == Place{0, 0, 0, 1, 0}, [] { return "row"; });
    o.mapping = hw::DramMapping::kMop4Clxor;
    // Column bit 0 changes the pseudo-channel, bits 1 and 2 the group, 3 and 4 the bank, 5 and 6
    // the row.
    compared.holds(place(1) == Place{1, 0, 0, 0, 1}, [] { return "column 1"; });
    compared.holds(place(2) == Place{0, 1, 0, 0, 2}, [] { return "column 2"; });
    compared.holds(place(1 << 2) == Place{1, 0, 0, 0, 0}, [] { return "pseudo-channel"; });
    compared.holds(place(1 << 3) == Place{0, 1, 0, 0, 0}, [] { return "group"; });
    compared.holds(place(1 << 5) == Place{0, 0, 1, 0, 0}, [] { return "bank"; });
    compared.holds(place(1 << 7) == Place{0, 2, 0, 0, 4}, [] { return "column 4"; });
    compared.holds(place(1 << 8) == Place{0, 0, 1, 0, 8}, [] { return "column 8"; });
    compared.holds(place(1 << 9) == Place{0, 0, 2, 0, 16}, [] { return "column 16"; });
    compared.holds(place(1 << 10) == Place{0, 0, 0, 1, 32}, [] { return "column 32"; });
    compared.holds(place(1 << 12) == Place{0, 0, 0, 1, 0}, [] { return "row"; });
    compared.holds(place((1 << 12) + 3) == Place{1, 1, 0, 1, 3}, [] { return "together"; });
}
