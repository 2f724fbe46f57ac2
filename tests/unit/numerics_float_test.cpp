// SPDX-License-Identifier: MIT
// spec/float.h against the processor's own floats with FTZ and DAZ, and the bf16 conversions
// against doubles: exhaustive where the domain allows, otherwise random and directed.
#include "spec/float.h"

#include <immintrin.h>

#include <cmath>
#include <cstring>

#include "tests/support/compared.h"

using namespace tessera::spec;
using tessera::test::Compared;
using Random = std::mt19937_64;

namespace {

/// Flush-to-zero and denormals-are-zero for a scope.
class FlushMode {
  public:
    FlushMode() : saved_(_mm_getcsr()) { _mm_setcsr(0x9fc0); }
    ~FlushMode() { _mm_setcsr(saved_); }
    FlushMode(const FlushMode&) = delete;
    FlushMode& operator=(const FlushMode&) = delete;

  private:
    unsigned saved_;
};

float native(uint32_t bits) {
    float r;
    std::memcpy(&r, &bits, 4);
    return r;
}
uint32_t bits_of(float x) {
    uint32_t r;
    std::memcpy(&r, &x, 4);
    return is_nan(r) ? kNan : r;
}

/// One operation, three ways to say a wrong result.
struct Operations {
    Compared add{"additions"}, mul{"multiplications"}, div{"divisions"};

    void compare(uint32_t a, uint32_t b) {
        const auto where = [&] {
            char text[64];
            std::snprintf(text, sizeof text, "%08x, %08x", a, b);
            return std::string(text);
        };
        add.equal(fp_add(a, b), bits_of(native(a) + native(b)), where);
        mul.equal(fp_mul(a, b), bits_of(native(a) * native(b)), where);
        div.equal(fp_div(a, b), bits_of(native(a) / native(b)), where);
    }
    /// Both orders, all signs.
    void compare_all(uint32_t a, uint32_t b) {
        for (uint32_t signs = 0; signs < 4; ++signs) {
            const uint32_t x = a ^ signs << 31;
            const uint32_t y = b ^ (signs & 2) << 30;
            compare(x, y);
            compare(y, x);
        }
    }
};

/// Significands where rounding is decided: few bits set, or all but few.
uint32_t sparse(Random& random) {
    const uint32_t r = static_cast<uint32_t>(random());
    const uint32_t bits = (1u << r % 23 | 1u << (r >> 8) % 23) & 0x7fffff;
    return (r >> 30) == 0 ? bits ^ 0x7fffff : (r >> 30) == 1 ? 0 : bits;
}

uint32_t number(uint32_t sign, uint32_t exponent, uint32_t fraction) {
    return sign << 31 | exponent << 23 | fraction;
}

double exact(uint16_t bf16) {
    const uint32_t bits = bf16_to_fp32(bf16);
    return static_cast<double>(native(bits));
}

/// Nearest of the two bf16 around a finite fp32 other than zero, by distance.
uint16_t nearest_bf16(uint32_t x) {
    const uint32_t low = x >> 16;
    const auto value = [](uint32_t bf16) {
        const uint32_t exponent = bf16 >> 7 & 255;
        return std::ldexp(128 + (bf16 & 127), static_cast<int>(exponent) - 134);
    };
    const double size = std::fabs(static_cast<double>(native(x)));
    const double below = size - value(low);
    const double above = value(low + 1) - size;
    const bool up = above < below || (above == below && (low & 1) != 0);
    return static_cast<uint16_t>(up ? low + 1 : low);
}

}  // namespace

TEST_CASE("random operands of any bits") {
    const FlushMode mode;
    Random random = tessera::test::test_random();
    Operations operations;
    for (uint32_t i = 0; i < 2000000; ++i) {
        const uint64_t r = random();
        operations.compare(static_cast<uint32_t>(r), static_cast<uint32_t>(r >> 32));
    }
}

TEST_CASE("random operands of close exponents") {
    const FlushMode mode;
    Random random = tessera::test::test_random();
    Operations operations;
    for (uint32_t i = 0; i < 2000000; ++i) {
        const uint64_t r = random();
        const uint32_t e = 32 + (r >> 8 & 127);
        const uint32_t other = e + static_cast<uint32_t>(r >> 16 & 63) - 32;
        const bool few = (r & 1) != 0;
        const uint32_t a = few ? sparse(random) : static_cast<uint32_t>(r >> 40) & 0x7fffff;
        const uint32_t b = few ? sparse(random) : static_cast<uint32_t>(random()) & 0x7fffff;
        operations.compare(number(r >> 1 & 1, e, a), number(r >> 2 & 1, other, b));
    }
}

TEST_CASE("random operands whose results are near the ends of the range") {
    const FlushMode mode;
    Random random = tessera::test::test_random();
    Operations operations;
    for (uint32_t i = 0; i < 1000000; ++i) {
        const uint64_t r = random();
        const uint32_t e = 1 + static_cast<uint32_t>(r >> 8 & 255) % 254;
        const uint32_t step = static_cast<uint32_t>(r >> 16 & 3);
        // e + other near 127 or 381 for the product, e - other for the quotient; both tiny for add.
        const uint32_t others[4] = {128 - e + step, 382 - e - step, e + 125 + step, 1 + step};
        const uint32_t other = others[r >> 20 & 3] & 255;
        operations.compare(number(r & 1, e, sparse(random)),
                           number(r >> 1 & 1, other, sparse(random)));
        operations.compare(number(r & 1, 1 + step, sparse(random)),
                           number(r >> 1 & 1, 1 + (r >> 24 & 1), sparse(random)));
    }
}

TEST_CASE("directed operands in every pair") {
    const FlushMode mode;
    Operations operations;
    // Zeros, subnormals, around 2^-126, powers of two and their neighbours, ties, the largest, Inf,
    // NaN of several payloads.
    const uint32_t values[] = {
        0,          1,          0x400000,   0x7fffff,   0x800000,   0x800001,   0x00ffffff,
        0x01000000, 0x01000001, 0x0c000000, 0x0c7fffff, 0x1f800000, 0x20000000, 0x33000000,
        0x33800000, 0x33800001, 0x34000000, 0x3effffff, 0x3f000000, 0x3f000001, 0x3f7fffff,
        0x3f800000, 0x3f800001, 0x3f800002, 0x3f800003, 0x3fffffff, 0x40000000, 0x40400000,
        0x4b000000, 0x4b7fffff, 0x4b800000, 0x4b800001, 0x5f000000, 0x5f800000, 0x7e800000,
        0x7effffff, 0x7f000000, 0x7f7ffffe, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fbfffff,
        0x7fc00000, 0x7fc00001, 0x7fffffff};
    for (const uint32_t a : values)
        for (const uint32_t b : values) operations.compare_all(a, b);
}

TEST_CASE("results by hand") {
    Compared results{"results"};
    results.equal(fp_add(0x80000000, 0x80000000), 0x80000000u);
    results.equal(fp_add(0x80000000, 0), 0u);
    results.equal(fp_add(0x3f800000, 0xbf800000), 0u);
    results.equal(fp_add(0x3f800000, 0x33800000), 0x3f800000u);  // tie to even, down
    results.equal(fp_add(0x3f800001, 0x33800000), 0x3f800002u);  // tie to even, up
    results.equal(fp_add(0x00800001, 0x80800000), 0u);           // subnormal difference, flushed
    results.equal(fp_add(0x80800001, 0x00800000), 0x80000000u);
    results.equal(fp_add(0x7f7fffff, 0x73000000), kInf);
    results.equal(fp_add(0x7f7fffff, 0x72ffffff), 0x7f7fffffu);
    results.equal(fp_add(kInf, kInf | kSign), kNan);
    // Tiny before rounding, 2^-126 after: kept.
    results.equal(fp_mul(0x3f7ffffe, 0x00800001), 0x00800000u);
    results.equal(fp_mul(0x3f000000, 0x00ffffff), 0u);  // exact, and tiny
    results.equal(fp_mul(0, kInf), kNan);
    results.equal(fp_mul(0x80000001, 0x7f7fffff), 0x80000000u);
    results.equal(fp_div(0, 0), kNan);
    results.equal(fp_div(0x3f800000, 0x80000000), kInf | kSign);
    results.equal(fp_div(0x3f800000, 0x40400000), 0x3eaaaaabu);
}

TEST_CASE("bf16 to fp32 and back, all 65,536") {
    Compared wide{"conversions to fp32"}, back{"conversions to bf16"};
    for (uint32_t i = 0; i < 65536; ++i) {
        const uint16_t x = static_cast<uint16_t>(i);
        const uint32_t magnitude = i & 0x7fff;
        const uint32_t expected = magnitude > 0x7f80 ? kNan
                                  : magnitude < 0x80 ? (i & 0x8000) << 16
                                                     : i << 16;
        wide.equal(bf16_to_fp32(x), expected);
        back.equal(uint32_t{fp32_to_bf16(bf16_to_fp32(x))}, expected >> 16);
    }
}

TEST_CASE("fp32 to bf16, around every bf16 and every tie") {
    Compared rounded{"roundings"};
    Random random = tessera::test::test_random();
    for (uint32_t high = 0; high < 65536; ++high)
        for (uint32_t n = 0; n < 10; ++n) {
            const uint32_t lows[8] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, 0x4000, 0xc000};
            const uint32_t low = n < 8 ? lows[n] : static_cast<uint32_t>(random()) & 0xffff;
            const uint32_t x = high << 16 | low;
            uint16_t expected = kNanBf16;
            if (is_zero(x))
                expected = static_cast<uint16_t>(high & 0x8000);
            else if (is_inf(x))
                expected = static_cast<uint16_t>(high);
            else if (!is_nan(x))
                expected = nearest_bf16(x);
            rounded.equal(fp32_to_bf16(x), expected, [&] { return std::to_string(x); });
        }
}

TEST_CASE("products of bf16") {
    Compared products{"products"};
    Random random = tessera::test::test_random();
    for (uint32_t i = 0; i < 4000000; ++i) {
        const uint32_t r = static_cast<uint32_t>(random());
        const uint16_t a = static_cast<uint16_t>(r);
        // Half of them with an exponent that brings the product to an end of the range.
        const uint32_t e = (i & 4) != 0 ? 125u : 379u;
        const uint32_t other = (e + (r >> 24 & 7) - (a >> 7 & 255)) & 255;
        const uint16_t b =
            static_cast<uint16_t>((i & 1) != 0 ? r >> 16 : (r >> 16 & 0x807f) | other << 7);
        const double product = exact(a) * exact(b);
        uint32_t expected = bits_of(static_cast<float>(product));
        if (std::fabs(product) < std::ldexp(1.0, -126))
            expected = bits_of(std::copysign(0.0f, static_cast<float>(product)));
        products.equal(bf16_product(a, b), expected,
                       [&] { return std::to_string(a) + " * " + std::to_string(b); });
        products.holds(is_nan(expected) || is_inf(expected) || is_zero(expected) ||
                           static_cast<double>(native(expected)) == product,
                       [] { return std::string("exact"); });
    }
}
