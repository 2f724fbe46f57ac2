// SPDX-License-Identifier: MIT
// Numbers of elementwise work: the float unit has the bits of the integer code, operation by
// operation and function by function; the functions are as near as docs/contract/accuracy.md says.
#include <cmath>
#include <string>

#include "firmware/elementwise/chunk.h"
#include "firmware/elementwise/element_functions.h"
#include "tests/support/compared.h"
#include "tests/support/element_oracle.h"

using namespace tessera;
using fw::Number;
using fw::SoftNumber;
using host::bits_of;
using host::float_of;
using test::Compared;

namespace {

/// Every so many fp32 numbers are taken; the nightly run takes all (TESSERA_EVERY=1).
uint32_t every() {
    const char* given = std::getenv("TESSERA_EVERY");
    return given == nullptr ? 1009 : static_cast<uint32_t>(std::stoul(given));
}

/// A pair of numbers through an operation, by the float unit and by integer code.
template <typename F>
void compare_pairs(const uint32_t* a, const uint32_t* b, uint32_t count, F f, Compared& results) {
    std::vector<uint32_t> native(a, a + count);
    fw::each_pair(native.data(), b, count, f);
    for (uint32_t i = 0; i < count; ++i)
        results.equal(native[i], f(SoftNumber::of(a[i]), SoftNumber::of(b[i])).bits(),
                      [&] { return std::to_string(a[i]) + ", " + std::to_string(b[i]); });
}

void compare_operations(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b,
                        Compared& results) {
    const auto count = static_cast<uint32_t>(a.size());
    const auto both = [&](auto f) { compare_pairs(a.data(), b.data(), count, f, results); };
    both([](auto x, auto y) { return x + y; });
    both([](auto x, auto y) { return x - y; });
    both([](auto x, auto y) { return x * y; });
    both([](auto x, auto y) { return x / y; });
    both([](auto x, auto) { return x.root(); });
    both([](auto x, auto) { return -x; });
}

/// Zeros, subnormals, the ends of the range, powers of two and their neighbours, Inf, NaN of
/// several payloads, both signs.
std::vector<uint32_t> edges() {
    std::vector<uint32_t> all;
    for (const uint32_t x :
         {0u,          1u,          0x400000u,   0x7fffffu,   0x800000u,   0x800001u,   0xffffffu,
          0x1000000u,  0x1000001u,  0xc000000u,  0x1f800000u, 0x20000000u, 0x33800000u, 0x34000000u,
          0x3f000000u, 0x3f7ffffeu, 0x3f7fffffu, 0x3f800000u, 0x3f800001u, 0x40400000u, 0x4b7fffffu,
          0x4b800000u, 0x5f000000u, 0x5f800000u, 0x7e800000u, 0x7f000000u, 0x7f7fffffu, 0x7f800000u,
          0x7f800001u, 0x7fc00000u, 0x7fc00001u, 0x7fffffffu})
        for (const uint32_t sign : {0u, spec::kSign}) all.push_back(x | sign);
    return all;
}

/// The largest of error over bound so far, and where.
struct Worst {
    double share = 0;
    uint32_t at = 0;

    void add(double error, double bound, uint32_t x) {
        if (error <= share * bound) return;
        share = error / bound;
        at = x;
    }
    void print(const char* name) const {
        std::printf("%s: at most %.3f of the bound, at %a\n", name, share, double{float_of(at)});
    }
};

/// f over fp32 numbers of both signs of which `magnitudes` are the first and the last.
template <typename F, typename Exact, typename Bound>
void check_function(const char* name, F f, Exact exact, Bound bound, uint32_t first,
                    uint32_t last) {
    constexpr uint32_t kAtOnce = 4096;
    Compared results(name);
    Worst worst;
    const uint64_t step = every();
    for (const uint32_t sign : {0u, spec::kSign})
        for (uint64_t from = first; from <= last; from += kAtOnce * step) {
            uint32_t x[kAtOnce], y[kAtOnce], count = 0, outside = 0;
            for (; count < kAtOnce && from + count * step <= last; ++count)
                x[count] = y[count] = static_cast<uint32_t>(from + count * step) | sign;
            fw::each(y, count, f);
            for (uint32_t i = 0; i < count; ++i) {
                const double value = double{float_of(x[i])}, wanted = exact(value);
                const double error = std::fabs(double{float_of(y[i])} - wanted);
                worst.add(error, bound(value, wanted), x[i]);
                if (!(error <= bound(value, wanted))) ++outside;
            }
            results.add(count, outside, [&] { return "from " + std::to_string(from); });
        }
    worst.print(name);
}

double exact_gelu_erf(double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }

}  // namespace

TEST_CASE("the float unit computes the bits of the integer code: random and directed operands") {
    Compared results("results of operations");
    auto random = test::test_random();
    std::vector<uint32_t> a, b;
    for (const uint32_t x : edges())
        for (const uint32_t y : edges()) {
            a.push_back(x);
            b.push_back(y);
        }
    compare_operations(a, b, results);
    for (int i = 0; i < 1500; ++i) {
        a.clear();
        b.clear();
        for (int n = 0; n < 1000; ++n) {
            const uint64_t r = random();
            a.push_back(static_cast<uint32_t>(r));
            // Half of them with a result near the ends of the range, or a sum that cancels.
            const auto y = static_cast<uint32_t>(r >> 32);
            const uint32_t near = (n & 2) != 0 ? 0x3f800000u - (a.back() & spec::kInf) : a.back();
            b.push_back((n & 1) != 0 ? y : (near & spec::kInf) | (y & ~spec::kInf));
        }
        compare_operations(a, b, results);
    }
}

TEST_CASE("functions by the float unit, by integer code and by the oracle are the same bits") {
    Compared results("results of functions");
    auto random = test::test_random();
    std::vector<uint32_t> x = edges();
    std::normal_distribution<float> normal(0, 8);
    for (int i = 0; i < 60000; ++i) {
        x.push_back(static_cast<uint32_t>(random()));
        x.push_back(bits_of(normal(random)));
    }
    const auto compare = [&](auto f, auto oracle) {
        std::vector<uint32_t> native = x;
        fw::each(native.data(), static_cast<uint32_t>(x.size()), f);
        for (size_t i = 0; i < x.size(); ++i) {
            const auto where = [&] { return std::to_string(x[i]); };
            results.equal(native[i], f(SoftNumber::of(x[i])).bits(), where);
            results.equal(native[i], oracle(x[i]), where);
        }
    };
    const auto by_oracle = [](fw::Activation f) {
        return [f](uint32_t a) { return test::oracle_activation(f, a); };
    };
    compare([](auto a) { return fw::exp_of(a); }, test::oracle_exp);
    compare([](auto a) { return fw::relu_of(a); }, by_oracle(fw::Activation::kRelu));
    compare([](auto a) { return fw::sigmoid_of(a); }, by_oracle(fw::Activation::kSigmoid));
    compare([](auto a) { return fw::silu_of(a); }, by_oracle(fw::Activation::kSilu));
    compare([](auto a) { return fw::tanh_of(a); }, by_oracle(fw::Activation::kTanh));
    compare([](auto a) { return fw::gelu_erf(a); }, by_oracle(fw::Activation::kGeluErf));
    compare([](auto a) { return fw::gelu_tanh(a); }, by_oracle(fw::Activation::kGeluTanh));
}

TEST_CASE("tanh and gelu over all fp32 are within their bounds") {
    const auto of_tanh = [](double, double exact) { return 0x1p-22 * std::fabs(exact); };
    const auto of_gelu = [](double x, double exact) {
        return 0x1p-21 * (1 + x * x / 2) * std::fabs(exact) + 0x1p-120;
    };
    constexpr uint32_t kSmall = 0x00800000, kNear = 0x39800000, kLargest = 0x7f7fffff;
    constexpr uint32_t kFar = 0x41800000;  // 16, where all is 0 or x
    check_function(
        "tanh", fw::tanh_of<Number>, [](double x) { return std::tanh(x); }, of_tanh, kNear, kFar);
    check_function("gelu", fw::gelu_erf<Number>, exact_gelu_erf, of_gelu, kNear, kFar);
    Compared ends("results far from 1");
    for (uint32_t x = kSmall; x < kLargest - 99991; x = x + 99991 == kNear ? kFar : x + 99991) {
        if (x > kNear && x < kFar) continue;
        for (const uint32_t sign : {0u, spec::kSign}) {
            const uint32_t t = fw::tanh_of(SoftNumber::of(x | sign)).bits();
            const uint32_t g = fw::gelu_erf(SoftNumber::of(x | sign)).bits();
            const double value = double{float_of(x | sign)};
            const double exact_t = std::tanh(value), exact_g = exact_gelu_erf(value);
            ends.holds(std::fabs(double{float_of(t)} - exact_t) <= of_tanh(value, exact_t),
                       [&] { return "tanh of " + std::to_string(x | sign); });
            ends.holds(std::fabs(double{float_of(g)} - exact_g) <=
                           of_gelu(std::fmin(std::fabs(value), 1e9), exact_g),
                       [&] { return "gelu of " + std::to_string(x | sign); });
        }
    }
}

TEST_CASE("tanh, gelu and the exponential at special numbers") {
    Compared results("results");
    const auto tanh_bits = [](uint32_t x) { return fw::tanh_of(SoftNumber::of(x)).bits(); };
    const auto gelu_bits = [](uint32_t x) { return fw::gelu_erf(SoftNumber::of(x)).bits(); };
    results.equal(tanh_bits(0), 0u);
    results.equal(tanh_bits(spec::kSign), spec::kSign);
    results.equal(tanh_bits(spec::kInf), spec::kOne);
    results.equal(tanh_bits(spec::kInf | spec::kSign), spec::kOne | spec::kSign);
    results.equal(tanh_bits(0xff800001), spec::kNan);
    results.equal(gelu_bits(0), 0u);
    results.equal(gelu_bits(spec::kSign), spec::kSign);
    results.equal(gelu_bits(spec::kInf), spec::kInf);
    results.equal(gelu_bits(0x7f800001), spec::kNan);
    results.equal(gelu_bits(bits_of(-20.0f)), spec::kSign);
    results.equal(gelu_bits(bits_of(20.0f)), bits_of(20.0f));
    results.equal(fw::exp_of(SoftNumber::of(bits_of(89.0f))).bits(), spec::kInf);
}
