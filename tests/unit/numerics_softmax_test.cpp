// SPDX-License-Identifier: MIT
// spec/softmax.h: fixed-point scores against doubles, the exponential against std::exp2, and the
// corners of the row maximum.
#include "spec/softmax.h"

#include <cmath>
#include <cstring>

#include "tests/support/compared.h"

using namespace tessera::spec;
using tessera::test::Compared;

namespace {

uint32_t bits_of(float x) {
    uint32_t r;
    std::memcpy(&r, &x, 4);
    return r;
}
float native(uint32_t bits) {
    float r;
    std::memcpy(&r, &bits, 4);
    return r;
}
double value(uint16_t bf16) { return static_cast<double>(native(uint32_t{bf16} << 16)); }

/// to_score by doubles: every fp32 times 2^16 is exact there, and nearbyint rounds to even.
Score by_double(uint32_t t) {
    if (is_nan(t)) return {-kScoreLimit, true, false};
    if (is_zero(t)) return {0, false, false};
    const double x = std::nearbyint(static_cast<double>(native(t)) * 65536.0);
    const double limit = kScoreLimit;
    if (std::fabs(x) > limit) return {x < 0 ? -kScoreLimit : kScoreLimit, false, true};
    return {static_cast<int32_t>(x), false, false};
}

struct Scores {
    Compared t{"scores"}, flags{"score flags"};

    void compare(uint32_t x) {
        const auto where = [&] { return "fp32 bits " + std::to_string(x); };
        const Score actual = to_score(x);
        const Score expected = by_double(x);
        t.equal(actual.t, expected.t, where);
        flags.holds(actual.nan == expected.nan && actual.saturated == expected.saturated, where);
    }
};

}  // namespace

TEST_CASE("exp2 at all 65,536 fractions") {
    Compared errors{"errors of 0.522 bf16 ulp or less"}, steps{"steps that do not fall"};
    double worst = 0;
    uint16_t last = 0;
    for (int32_t x = -65536; x <= 0; ++x) {
        const uint16_t p = exp2_weight(x, 0);
        const double exact = std::exp2(x / 65536.0);
        const double ulp = std::ldexp(1.0, std::ilogb(exact) - 7);
        const double error = std::fabs(value(p) - exact) / ulp;
        worst = std::max(worst, error);
        errors.holds(error < 0.5225, [&] { return std::to_string(x); });
        steps.holds(p >= last, [&] { return std::to_string(x); });
        last = p;
    }
    std::printf("largest error %.4f bf16 ulp\n", worst);
    CHECK(worst > 0.5);
    CHECK(exp2_weight(0, 0) == 0x3f80);
}

TEST_CASE("the fraction decides the significand, the rest the exponent") {
    Compared weights{"weights"};
    for (int32_t whole = 0; whole < 140; ++whole)
        for (int32_t f = 0; f < 65536; f += 7) {
            const int32_t n = whole + 1;  // x = f*2^-16 - n
            const uint16_t p = exp2_weight(f - 65536 * n, 0);
            const uint16_t at_one = exp2_weight(f - 65536, 0);
            const uint32_t expected = n >= 127 ? 0u : at_one - static_cast<uint32_t>(whole) * 128;
            weights.equal(uint32_t{p}, expected, [&] { return std::to_string(f - 65536 * n); });
        }
}

TEST_CASE("corners of the exponential") {
    Compared corners{"corners"};
    constexpr int32_t kCarry = 65535;  // u = 256: the significand carries into the exponent
    corners.equal(exp2_weight(kCarry - 65536, 0), uint16_t{0x3f80});
    corners.equal(exp2_weight(-126 * 65536, 0), uint16_t{0x0080});
    corners.equal(exp2_weight(kCarry - 126 * 65536, 0), uint16_t{0x0100});
    corners.equal(exp2_weight(-126 * 65536 - 1, 0), uint16_t{0});  // n = 127, though u = 256
    corners.equal(exp2_weight(-127 * 65536, 0), uint16_t{0});
    corners.equal(exp2_weight(-128 * 65536, 0), uint16_t{0});
    // x needs 33 bits: -65534 * 65536.
    corners.equal(exp2_weight(-kScoreLimit, 32767), uint16_t{0});
    corners.equal(exp2_weight(kScoreLimit, 32767), uint16_t{0x3f80});
    corners.equal(exp2_weight(-kScoreLimit, -32767), uint16_t{0x3f80});
    // All maxima, exactly at and one below.
    for (int32_t m = -32767; m <= 32767; ++m) {
        corners.equal(exp2_weight(m * 65536, static_cast<int16_t>(m)), uint16_t{0x3f80});
        if (m > -32767)
            corners.equal(exp2_weight(m * 65536 - 65536, static_cast<int16_t>(m)),
                          uint16_t{0x3f00});
        corners.equal(exp2_weight(-kScoreLimit, static_cast<int16_t>(m)),
                      static_cast<uint16_t>(m + 32767 < 127 ? (127 - m - 32767) * 128 : 0));
    }
}

TEST_CASE("fixed-point scores: every exponent") {
    Scores scores;
    auto random = tessera::test::test_random();
    for (uint32_t high = 0; high < 512; ++high) {
        const uint32_t base = high << 23;
        for (const uint32_t fraction : {0u, 1u, 0x3fffffu, 0x400000u, 0x400001u, 0x7fffffu})
            scores.compare(base | fraction);
        for (uint32_t i = 0; i < 4000; ++i)
            scores.compare(base | (static_cast<uint32_t>(random()) & 0x7fffff));
    }
}

TEST_CASE("fixed-point scores: ties and the limit") {
    Scores scores;
    for (int32_t i = -65536; i <= 65536; ++i) {
        // Ties are odd multiples of 2^-17; both neighbours of each.
        const uint32_t tie = bits_of(static_cast<float>(2 * i + 1) * 0x1p-17f);
        scores.compare(tie);
        scores.compare(tie - 1);
        scores.compare(tie + 1);
    }
    for (uint32_t step = 0; step < 1000; ++step)
        for (const uint32_t sign : {0u, kSign}) {
            scores.compare(sign | (bits_of(32767.0f) + step));
            scores.compare(sign | (bits_of(32767.0f) - step));
            scores.compare(sign | (bits_of(32768.0f) + step));
        }
    CHECK(to_score(bits_of(32767.0f)).saturated == false);
    CHECK(to_score(bits_of(32767.0f) + 1).saturated);
    CHECK(to_score(kInf).saturated);
    CHECK(to_score(kInf | kSign).t == -kScoreLimit);
    CHECK(to_score(kNan).nan);
    CHECK(to_score(kSign).t == 0);
}

TEST_CASE("the row maximum") {
    Compared ceilings{"ceilings"};
    ceilings.equal(score_ceiling(kScoreLimit), 32767);
    ceilings.equal(score_ceiling(kScoreLimit - 1), 32767);
    ceilings.equal(score_ceiling(-kScoreLimit), -32767);
    ceilings.equal(score_ceiling(-kScoreLimit + 1), -32766);
    auto random = tessera::test::test_random();
    const auto compare = [&](int32_t t) {
        const double exact = std::ceil(t / 65536.0);
        ceilings.equal(score_ceiling(t), static_cast<int32_t>(exact));
        ceilings.holds(score_ceiling(t) > kEmpty, [] { return std::string("EMPTY"); });
    };
    for (int32_t t = -200000; t <= 200000; ++t) compare(t);
    for (uint32_t i = 0; i < 1000000; ++i) {
        const int32_t t = static_cast<int32_t>(random());
        if (t >= -kScoreLimit && t <= kScoreLimit) compare(t);
    }
}

TEST_CASE("adding -0 gates a masked key") {
    Compared gates{"gated sums"};
    const auto compare = [&](uint32_t x) {
        const uint32_t kept = is_nan(x) ? kNan : is_zero(x) ? x & kSign : x;
        gates.equal(fp_add(x, kSign), kept, [&] { return std::to_string(x); });
    };
    for (const uint32_t sign : {0u, kSign})
        for (const uint32_t x :
             {0u, 1u, 0x7fffffu, 0x800000u, 0x3f800000u, 0x7f7fffffu, kInf, kNan})
            compare(sign | x);
    for (uint32_t high = 0; high < 65536; ++high) compare(high << 16 | 0x1234);
}
