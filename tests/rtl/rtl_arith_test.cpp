// SPDX-License-Identifier: MIT
// The arithmetic units against spec/, at full rate, each result in exactly its cycle: 10^7 random
// and directed operand pairs (ties, cancellation, overflow, the flush boundary, NaN, Inf,
// subnormals).
#include <array>
#include <deque>
#include <functional>

#include "Vrtl_arith_top.h"
#include "spec/latency.h"
#include "spec/softmax.h"
#include "spec/state.h"
#include "tests/support/compared.h"

namespace {

using namespace tessera;
using test::Compared;

struct Pair {
    uint32_t a = 0, b = 0;
};

/// Operands that meet: random bits are rarely near each other, so most pairs are made to interact.
class Operands {
  public:
    explicit Operands(std::mt19937_64& random) : random_(random) {}

    Pair next() {
        const uint64_t r = random_();
        const uint32_t a = static_cast<uint32_t>(r), b = static_cast<uint32_t>(r >> 32);
        const uint64_t s = random_();
        switch (s % 16) {
            case 0: return {special(a), special(b)};
            case 1: return {special(a), b};
            case 2: return {a, special(b)};
            case 3: return {a, a ^ spec::kSign ^ (b & 0xff)};  // cancellation
            case 4: return {a, near_exponent(a, b, 3)};        // cancellation, few places
            case 5: return {near_one(a), near_one(b)};
            case 6: return {tie(a, b, 24), tie(b, a, 24)};
            case 7: return {low(a), low(b)};                 // flush boundary of a sum
            case 8: return {a, product_partner(a, b, 1)};    // flush boundary of a product
            case 9: return {a, product_partner(a, b, 255)};  // overflow of a product
            case 10: return {a, quotient_partner(a, b, 1)};
            case 11: return {a, quotient_partner(a, b, 255)};
            case 12: return {high(a), high(b)};  // overflow of a sum
            default: return {a, near_exponent(a, b, 26)};
        }
    }

  private:
    static uint32_t with_exponent(uint32_t x, int e) {
        const int clipped = e < 0 ? 0 : e > 255 ? 255 : e;
        return (x & 0x807fffffu) | static_cast<uint32_t>(clipped) << 23;
    }
    static int exponent(uint32_t x) { return static_cast<int>(x >> 23 & 255); }
    uint32_t special(uint32_t x) {
        constexpr std::array<uint32_t, 14> kSpecial = {
            0,          0x80000000, 1,          0x807fffff, 0x00800000, 0x80800000, 0x00800001,
            0x7f7fffff, 0x7f800000, 0xff800000, 0x7f800001, 0xffffffff, 0x7fc00000, 0x3f800000};
        return kSpecial[x % kSpecial.size()];
    }
    uint32_t near_exponent(uint32_t a, uint32_t b, int distance) {
        const int d = static_cast<int>(random_() % static_cast<uint64_t>(2 * distance + 1));
        return with_exponent(b, exponent(a) + d - distance);
    }
    static uint32_t near_one(uint32_t x) { return with_exponent(x, 126 + static_cast<int>(x & 3)); }
    /// Few significant bits, so that sums and products are exact or exactly half way.
    uint32_t tie(uint32_t x, uint32_t y, int span) {
        const uint32_t keep = ~0u << (random_() % 24);
        return with_exponent(x & keep, 127 + static_cast<int>(y % static_cast<uint32_t>(span)));
    }
    static uint32_t low(uint32_t x) { return with_exponent(x, static_cast<int>(x & 7)); }
    static uint32_t high(uint32_t x) { return with_exponent(x, 251 + static_cast<int>(x & 3)); }
    uint32_t product_partner(uint32_t a, uint32_t b, int result) {
        const int jitter = static_cast<int>(random_() % 5) - 2;
        return with_exponent(b, result + 127 - exponent(a) + jitter);
    }
    uint32_t quotient_partner(uint32_t a, uint32_t b, int result) {
        const int jitter = static_cast<int>(random_() % 5) - 2;
        return with_exponent(b, exponent(a) + 127 - result + jitter);
    }
    std::mt19937_64& random_;
};

/// Operands of the last cycles: at(1) are those of the previous one.
class History {
  public:
    void push(const Pair& p) {
        past_.push_front(p);
        if (past_.size() > 20) past_.pop_back();
    }
    bool has(size_t ago) const { return past_.size() > ago; }
    const Pair& at(size_t ago) const { return past_[ago]; }

  private:
    std::deque<Pair> past_;
};

std::string words(const Pair& p) {
    char text[40];
    std::snprintf(text, sizeof text, "a %08x b %08x", p.a, p.b);
    return text;
}

void tick(Vrtl_arith_top& dut) {
    dut.clk_i = 0;
    dut.eval();
    dut.clk_i = 1;
    dut.eval();
}

void run(uint64_t count, const std::function<Pair(uint64_t)>& operands) {
    Vrtl_arith_top dut;
    dut.rst_ni = 0;
    dut.valid_i = 0;
    tick(dut);
    dut.rst_ni = 1;
    History past;
    Compared mul16("bf16 products"), add1("sums, 1 stage"), add2("sums, 2 stages"),
        add4("sums, 4 stages"), add8("sums, 8 stages"), mul("products"), score("scores"),
        weight("bf16 roundings"), div("quotients"), scale("scaled");
    for (uint64_t i = 0; i < count; ++i) {
        const Pair p = operands(i);
        dut.a_i = p.a;
        dut.b_i = p.b;
        dut.valid_i = 1;
        past.push(p);
        tick(dut);
        const auto check = [&](Compared& what, uint32_t actual, size_t cycles, auto expected) {
            if (!past.has(cycles - 1)) return;
            const Pair& q = past.at(cycles - 1);
            what.equal(actual, expected(q), [&] { return words(q); });
        };
        const auto sum = [](const Pair& q) { return spec::fp_add(q.a, q.b); };
        check(mul16, dut.product_bf16_o, 1, [](const Pair& q) {
            return spec::bf16_product(static_cast<uint16_t>(q.a >> 16),
                                      static_cast<uint16_t>(q.b >> 16));
        });
        check(add1, dut.sum1_o, 1, sum);
        check(add2, dut.sum2_o, 2, sum);
        check(add4, dut.sum4_o, 4, sum);
        check(add8, dut.sum8_o, 8, sum);
        check(mul, dut.product_o, 2, [](const Pair& q) { return spec::fp_mul(q.a, q.b); });
        check(score, dut.t_o, 1,
              [](const Pair& q) { return static_cast<uint32_t>(spec::to_score(q.a).t); });
        check(score, dut.nan_o | dut.saturated_o << 1, 1, [](const Pair& q) {
            const spec::Score s = spec::to_score(q.a);
            return static_cast<uint32_t>(s.nan) | static_cast<uint32_t>(s.saturated) << 1;
        });
        check(weight, dut.weight_o, 1,
              [](const Pair& q) { return uint32_t{spec::fp32_to_bf16(q.a)}; });
        check(div, dut.quotient_o, spec::kDivideCycles,
              [](const Pair& q) { return spec::fp_div(q.a, q.b); });
        div.holds(dut.quotient_valid_o == past.has(spec::kDivideCycles - 1),
                  [] { return "valid"; });
        check(scale, dut.scaled_o, 1,
              [](const Pair& q) { return spec::fp_scale_down(q.a, q.b & 0xffff); });
    }
}

TEST_CASE("arithmetic units: random and directed operands") {
    auto random = test::test_random();
    Operands operands(random);
    run(10'000'000, [&](uint64_t) { return operands.next(); });
}

TEST_CASE("arithmetic units: every pair of edge values") {
    std::vector<uint32_t> edges;
    for (const uint32_t e : {0u,   1u,   2u,   23u,  24u,  25u,  63u,  64u,  102u, 103u, 126u, 127u,
                             128u, 133u, 134u, 141u, 142u, 150u, 190u, 191u, 253u, 254u, 255u})
        for (const uint32_t f : {0u, 1u, 2u, 0x3fffffu, 0x400000u, 0x400001u, 0x7ffffeu, 0x7fffffu,
                                 0x008000u, 0x018000u, 0x007fffu, 0x7f8000u, 0x7f0000u, 0x7e0000u})
            for (const uint32_t s : {0u, spec::kSign}) edges.push_back(s | e << 23 | f);
    const uint64_t n = edges.size();
    run(n * n, [&](uint64_t i) { return Pair{edges[i / n], edges[i % n]}; });
}

TEST_CASE("scaling down: every exponent with every delta that matters") {
    Vrtl_arith_top dut;
    Compared compared("scaled");
    for (uint32_t e = 0; e < 256; ++e)
        for (uint32_t delta = 0; delta < 65536; delta += delta < 520 ? 1 : 509)
            for (const uint32_t rest : {0u, 1u, 0x7fffffu, 0x80000000u, 0x80400000u}) {
                const uint32_t a = e << 23 | rest;
                dut.a_i = a;
                dut.b_i = delta;
                dut.eval();
                compared.equal(uint32_t{dut.scaled_o}, spec::fp_scale_down(a, delta), [&] {
                    return words({a, delta});
                });
            }
}

}  // namespace
