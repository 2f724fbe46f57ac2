// SPDX-License-Identifier: MIT
// spec/state.h: merging rows and storing them, at the corners and against std::ldexp.
#include "spec/state.h"

#include <cmath>
#include <cstring>

#include "tests/support/compared.h"

using namespace tessera::spec;
using tessera::test::Compared;

namespace {

float native(uint32_t bits) {
    float r;
    std::memcpy(&r, &bits, 4);
    return r;
}
uint32_t bits_of(float x) {
    uint32_t r;
    std::memcpy(&r, &x, 4);
    return r;
}

/// x * 2^-delta by ldexp, which is exact unless the result is subnormal.
uint32_t scaled_by_ldexp(uint32_t x, uint32_t delta) {
    if (is_nan(x) || is_inf(x)) return x;
    if (is_zero(x)) return x & kSign;
    const double r = std::ldexp(static_cast<double>(native(x)), -static_cast<int>(delta));
    if (std::fabs(r) < 0x1p-126) return x & kSign;
    return bits_of(static_cast<float>(r));
}

RowState any_row(std::mt19937_64& random) {
    const uint64_t r = random();
    const int32_t near = static_cast<int32_t>(r >> 40 & 255) - 128;
    const int16_t m = (r & 3) == 0   ? kEmpty
                      : (r & 3) == 1 ? static_cast<int16_t>(r >> 8)
                                     : static_cast<int16_t>(near);
    return {m, static_cast<uint16_t>(r >> 4 & 3), static_cast<uint32_t>(random())};
}

uint32_t canonical(uint32_t x) { return is_nan(x) ? kNan : x; }

}  // namespace

TEST_CASE("scaling down") {
    Compared scaled{"scaled numbers"};
    auto random = tessera::test::test_random();
    const uint32_t deltas[] = {0, 1, 2, 125, 126, 127, 128, 253, 254, 255, 256, 511, 512, 65534};
    for (const uint32_t delta : deltas)
        for (uint32_t high = 0; high < 512; ++high)
            for (const uint32_t fraction :
                 {0u, 1u, 0x7fffffu, static_cast<uint32_t>(random()) & 0x7fffff}) {
                const uint32_t x = high << 23 | fraction;
                scaled.equal(fp_scale_down(x, delta), scaled_by_ldexp(x, delta),
                             [&] { return std::to_string(x) + " by " + std::to_string(delta); });
            }
}

TEST_CASE("merged elements at chosen distances") {
    Compared merged{"merged elements"};
    const auto merge = [](int32_t state, int32_t tile, uint32_t a, uint32_t b) {
        return merge_element(merge_plan(static_cast<int16_t>(state), static_cast<int16_t>(tile)), a,
                             b);
    };
    merged.equal(merge(0, 0, kOne, kOne), 0x40000000u);
    merged.equal(merge(1, 0, kOne, kOne), 0x3fc00000u);
    merged.equal(merge(0, 1, kOne, kOne), 0x3fc00000u);
    // 1 * 2^-126 is the smallest normal number; at 127 it is a zero.
    merged.equal(merge(0, 126, kOne, 0), 0x00800000u);
    merged.equal(merge(0, 127, kOne, 0), 0u);
    merged.equal(merge(0, 127, kOne | kSign, kSign), kSign);
    merged.equal(merge(0, 127, kOne | kSign, 0), 0u);
    // The largest exponent field is 254: one bit is left at 253, nothing from 254 on.
    merged.equal(merge(-253, 0, 0x7f7fffff, 0), 0x00ffffffu);
    merged.equal(merge(-254, 0, 0x7f7fffff, 0), 0u);
    merged.equal(merge(-255, 0, 0x7f7fffff, kOne), kOne);
    merged.equal(merge(-32767, 32767, 0x7f7fffff, kOne), kOne);
    merged.equal(merge(32767, -32767, kOne, 0x7f7fffff), kOne);
    // Exponent field 255 is not scaled at any distance.
    for (const int32_t distance : {0, 1, 126, 127, 254, 255, 32767}) {
        merged.equal(merge(-distance, 0, kInf, kOne), kInf);
        merged.equal(merge(-distance, 0, kInf | kSign, kOne), kInf | kSign);
        merged.equal(merge(-distance, 0, kInf, kInf | kSign), kNan);
        merged.equal(merge(0, -distance, kOne, 0xffc01234), kNan);
    }
    // EMPTY with x is x, whatever its bits.
    for (const uint32_t x : {0u, kSign, 1u, kOne, kInf, 0xffc01234u}) {
        merged.equal(merge(kEmpty, 5, kOne, x), x);
        merged.equal(merge(5, kEmpty, x, kOne), x);
        merged.equal(merge(kEmpty, kEmpty, x, kOne), x);
    }
}

TEST_CASE("merged rows") {
    Compared rows{"row states"};
    const RowState a{10, kRowNan, 0x3f800000};
    const RowState b{12, kRowSaturated, 0x3f800000};
    const RowState empty{kEmpty, kRowSaturated, 0};
    const auto compare = [&](const RowState& x, int16_t m, uint32_t flags, uint32_t l) {
        rows.equal(x.m, m);
        rows.equal(uint32_t{x.flags}, flags);
        rows.equal(x.l, l);
    };
    compare(merge_row(a, b), 12, kRowNan | kRowSaturated, 0x3fa00000);
    compare(merge_row(a, empty), 10, kRowNan | kRowSaturated, 0x3f800000);
    compare(merge_row(empty, a), 10, kRowNan | kRowSaturated, 0x3f800000);
    compare(merge_row(empty, RowState{}), kEmpty, kRowSaturated, 0);
    for (uint32_t word = 0; word < 65536; ++word) {
        const RowState row = row_state(7, word | (word * 3 & 3) << 16);
        rows.equal(state_word(row), word | (word * 3 & 3) << 16);
    }
}

TEST_CASE("merging commutes") {
    Compared pairs{"pairs of rows"};
    auto random = tessera::test::test_random();
    for (uint32_t i = 0; i < 2000000; ++i) {
        const RowState a = any_row(random);
        const RowState b = any_row(random);
        const auto where = [&] { return std::to_string(a.m) + " with " + std::to_string(b.m); };
        const RowState ab = merge_row(a, b);
        const RowState ba = merge_row(b, a);
        pairs.equal(state_word(ab), state_word(ba), where);
        if (a.m != kEmpty || b.m != kEmpty) pairs.equal(canonical(ab.l), canonical(ba.l), where);
    }
}

TEST_CASE("merged elements are one rounded sum") {
    Compared sums{"merged elements"};
    auto random = tessera::test::test_random();
    for (uint32_t i = 0; i < 1000000; ++i) {
        const uint64_t r = random();
        const int32_t m = static_cast<int32_t>(r & 15);
        const uint32_t a = static_cast<uint32_t>(r >> 32);
        const uint32_t b = (a & 0x7f800000) ^ (static_cast<uint32_t>(r >> 8) & 0x81ffffff);
        const uint32_t merged = merge_element(merge_plan(static_cast<int16_t>(m), 7), a, b);
        const uint32_t x = scaled_by_ldexp(a, m < 7 ? static_cast<uint32_t>(7 - m) : 0);
        const uint32_t y = scaled_by_ldexp(b, m > 7 ? static_cast<uint32_t>(m - 7) : 0);
        const float sum = native(x) + native(y);
        const uint32_t flushed = is_zero(bits_of(sum)) ? bits_of(sum) & kSign : bits_of(sum);
        sums.equal(merged, canonical(flushed), [&] { return std::to_string(i); });
    }
}

TEST_CASE("stored elements") {
    Compared stored{"stored elements"};
    constexpr uint32_t kTwo = 0x40000000, kThree = 0x40400000;
    const RowState row{3, 0, kTwo};
    const RowState zero{0, 0, 0};
    const RowState empty{kEmpty, 0, kTwo};
    stored.equal(store_element(row, kThree, true), 0x3fc00000u);
    stored.equal(store_element(row, kThree, false), kThree);
    stored.equal(store_element(row, 0x80000001, false), kSign);
    stored.equal(store_element(row, 0x00800000, true), 0u);  // the quotient is subnormal
    stored.equal(store_element(row, 0x80800000, true), kSign);
    stored.equal(store_element(row, 0xffffffff, false), kNan);
    stored.equal(store_element(row, 0xffffffff, true), kNan);
    for (const uint32_t o : {0u, kThree, kInf, kNan, kSign})
        for (const bool normalise : {false, true})
            stored.equal(store_element(empty, o, normalise), 0u);
    stored.equal(store_element(zero, kThree, true), kInf);
    stored.equal(store_element(zero, 0, true), kNan);
    stored.equal(store_element(zero, kThree, false), kThree);
    stored.holds(divides_by_zero(zero), [] { return std::string("l = 0"); });
    stored.holds(divides_by_zero(row_state(kSign | 1, 0)), [] { return std::string("l = -tiny"); });
    stored.holds(!divides_by_zero(row), [] { return std::string("l = 2"); });
    stored.holds(!divides_by_zero(RowState{}), [] { return std::string("EMPTY"); });
    // bf16 is the quotient, rounded a second time: 1 + 2^-8 + 2^-23 is above the tie, and the
    // quotient that rounds onto the tie goes to even.
    stored.equal(fp32_to_bf16(store_element({0, 0, 0x3f800000}, 0x3f808001, true)),
                 uint16_t{0x3f81});
    stored.equal(fp32_to_bf16(store_element({0, 0, 0x3f800000}, 0x3f808000, true)),
                 uint16_t{0x3f80});
    stored.equal(fp32_to_bf16(store_element({0, 0, 0x3f800000}, 0x3f818000, true)),
                 uint16_t{0x3f82});
}
