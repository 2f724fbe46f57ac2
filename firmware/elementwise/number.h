// SPDX-License-Identifier: MIT
// An fp32 number of elementwise work: the arithmetic of spec/float.h with operators. Twice, with
// the same bits: in integer code for any processor, and by the float unit of an x86 that simulates
// one. Code is written for either, as a template.
#pragma once
#include <stdint.h>

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "spec/float.h"

namespace tessera::fw {

/// sqrt(x), rounded to nearest even; NaN below 0.
constexpr uint32_t fp_sqrt(uint32_t x) {
    if (spec::is_nan(x)) return spec::kNan;
    if (spec::is_zero(x)) return x & spec::kSign;
    if ((x & spec::kSign) != 0) return spec::kNan;
    if (spec::is_inf(x)) return x;
    const int32_t e = spec::detail::exponent(x) - 127;
    // The root of s * 2^k with k of e's parity has 32 bits: enough to round, with what is left
    // over.
    uint64_t rest = uint64_t{spec::detail::significand(x)} << ((e & 1) != 0 ? 40 : 39);
    uint64_t root = 0;
    for (uint64_t bit = uint64_t{1} << 62; bit != 0; bit >>= 2) {
        if (rest >= root + bit) {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    const int32_t half = (e - (e & 1)) / 2;
    return spec::detail::normalise_pack(0, 127 + 62 - 32 + half, root << 1 | (rest != 0 ? 1 : 0));
}

/// The nearest whole number, ties away from zero, of an fp32 below 2^9 in size.
constexpr int32_t fp_round(uint32_t x) {
    const int32_t shift = 126 + 24 - spec::detail::exponent(x);  // of a significand with 24 bits
    if (shift > 25) return 0;
    const auto rounded =
        static_cast<int32_t>(((spec::detail::significand(x) >> (shift - 1)) + 1) >> 1);
    return (x & spec::kSign) != 0 ? -rounded : rounded;
}

/// A whole number below 2^24 in size.
constexpr uint32_t fp_of(int32_t x) {
    if (x == 0) return 0;
    const uint32_t sign = x < 0 ? spec::kSign : 0;
    const uint64_t size = x < 0 ? static_cast<uint64_t>(-int64_t{x}) : static_cast<uint64_t>(x);
    return spec::detail::normalise_pack(sign, 127 + 62, size);
}

/// In integer code.
class SoftNumber {
  public:
    static constexpr SoftNumber of(uint32_t bits) { return SoftNumber(bits); }
    static constexpr SoftNumber whole(int32_t x) { return SoftNumber(fp_of(x)); }
    /// Every NaN leaves as the one of the contract.
    constexpr uint32_t bits() const { return spec::is_nan(bits_) ? spec::kNan : bits_; }
    constexpr int32_t rounded() const { return fp_round(bits_); }
    constexpr SoftNumber root() const { return SoftNumber(fp_sqrt(bits_)); }
    void settle() const {}

    friend constexpr SoftNumber operator+(SoftNumber a, SoftNumber b) {
        return SoftNumber(spec::fp_add(a.bits_, b.bits_));
    }
    friend constexpr SoftNumber operator*(SoftNumber a, SoftNumber b) {
        return SoftNumber(spec::fp_mul(a.bits_, b.bits_));
    }
    friend constexpr SoftNumber operator/(SoftNumber a, SoftNumber b) {
        return SoftNumber(spec::fp_div(a.bits_, b.bits_));
    }
    friend constexpr SoftNumber operator-(SoftNumber a) {
        return SoftNumber(a.bits_ ^ spec::kSign);
    }
    friend constexpr SoftNumber operator-(SoftNumber a, SoftNumber b) { return a + -b; }

  private:
    constexpr explicit SoftNumber(uint32_t bits) : bits_(bits) {}
    uint32_t bits_;
};

/// What SoftNumber needs around its arithmetic: nothing.
class SoftMode {
  public:
    SoftMode() {}
    ~SoftMode() {}
    SoftMode(const SoftMode&) = delete;
    SoftMode& operator=(const SoftMode&) = delete;
};

#ifdef __SSE2__
/// By the float unit, within the life of a NativeMode.
class NativeNumber {
  public:
    static NativeNumber of(uint32_t bits) {
        float value;
        __builtin_memcpy(&value, &bits, sizeof value);
        return NativeNumber(value);
    }
    static NativeNumber whole(int32_t x) { return NativeNumber(static_cast<float>(x)); }
    uint32_t bits() const {
        uint32_t bits;
        __builtin_memcpy(&bits, &value_, sizeof bits);
        return spec::is_nan(bits) ? spec::kNan : bits;
    }
    int32_t rounded() const {
        const auto whole = static_cast<int32_t>(value_);
        const float rest = value_ - static_cast<float>(whole);  // exact
        return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
    }
    /// For a number that is no element in memory: it is computed here, not behind its mode.
    void settle() const { asm volatile("" : : "x"(value_)); }
    NativeNumber root() const {
        return NativeNumber(_mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(value_))));
    }

    friend NativeNumber operator+(NativeNumber a, NativeNumber b) {
        return NativeNumber(a.value_ + b.value_);
    }
    friend NativeNumber operator*(NativeNumber a, NativeNumber b) {
        return NativeNumber(a.value_ * b.value_);
    }
    friend NativeNumber operator/(NativeNumber a, NativeNumber b) {
        return NativeNumber(a.value_ / b.value_);
    }
    friend NativeNumber operator-(NativeNumber a) { return NativeNumber(-a.value_); }
    friend NativeNumber operator-(NativeNumber a, NativeNumber b) { return a + -b; }

  private:
    explicit NativeNumber(float value) : value_(value) {}
    float value_;
};

/// Rounds to nearest and flushes subnormals, inputs and results. No call of the bus within its
/// life: another thread of the simulation may go on there. The two statements are barriers, so that
/// nothing is read before the first and nothing written behind the second.
class NativeMode {
  public:
    NativeMode() : saved_(_mm_getcsr()) { set(kMaskedExceptions | kFlushToZero | kZeros); }
    ~NativeMode() { set(saved_); }
    NativeMode(const NativeMode&) = delete;
    NativeMode& operator=(const NativeMode&) = delete;

  private:
    static constexpr unsigned kMaskedExceptions = 0x1f80, kFlushToZero = 0x8000, kZeros = 0x0040;
    static void set(unsigned mode) { asm volatile("ldmxcsr %0" : : "m"(mode) : "memory"); }
    unsigned saved_;
};

using Number = NativeNumber;
using NumberMode = NativeMode;
#else
using Number = SoftNumber;
using NumberMode = SoftMode;
#endif

}  // namespace tessera::fw
