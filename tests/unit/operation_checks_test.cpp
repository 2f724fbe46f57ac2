// SPDX-License-Identifier: MIT
// The checks that judge `tessera gemm` and `tessera linear`: what is off by more than its bound is
// found, what is not is not, in any element.
#include <cmath>
#include <limits>
#include <utility>

#include "host/reference/gemm.h"
#include "host/reference/linear.h"
#include "tests/support/compared.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;

namespace {

using Floats = std::vector<float>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Floats normal_numbers(size_t count, std::mt19937_64& random) {
    std::normal_distribution<float> draw;
    Floats numbers(count);
    for (float& x : numbers) x = draw(random);
    return numbers;
}

void no_progress(double /*share*/) {}

/// A product, its exact result and the bound of each element.
struct ProductCase {
    static constexpr uint32_t kM = 3, kK = 11, kN = 5, kInner = 4;
    const bool rounded_sums;
    Floats a, b;
    std::vector<double> exact, bound;

    ProductCase(std::mt19937_64& random, bool bf16, bool rounded)
        : rounded_sums(rounded),
          a(normal_numbers(kM * kK, random)),
          b(normal_numbers(kK * kN, random)) {
        for (uint32_t i = 0; i < kM; ++i)
            for (uint32_t j = 0; j < kN; ++j) {
                double sum = 0, size = 0, tiles[3] = {};  // of 4, 4 and 3 terms
                for (uint32_t x = 0; x < kK; ++x) {
                    const double term =
                        static_cast<double>(a[i * kK + x]) * static_cast<double>(b[x * kN + j]);
                    sum += term;
                    size += std::fabs(term);
                    tiles[x / kInner] += term;
                }
                double fp32 = (4 + 3) * 0x1p-23 * size + (2 * 11 + 3) * 0x1p-126;
                for (const double tile : tiles)
                    if (rounded) fp32 += 0x1p-8 * std::fabs(tile) + 0x1p-126;
                exact.push_back(sum);
                bound.push_back(bf16 ? fp32 + 0x1p-8 * (std::fabs(sum) + fp32) : fp32);
            }
    }
    ElementErrors errors(bool bf16, const Floats& c) const {
        const ReferenceGemm product{
            kM, kK, kN, fp32_reader(a.data()), fp32_reader(b.data()), rounded_sums};
        return compare_gemm(product, kInner, bf16, c, no_progress);
    }
};

double positive(double x) { return x > 0 ? x + 1 : std::exp(x); }

/// Linear attention of two query heads and one key/value head, by its definition.
struct LinearCase {
    static constexpr uint32_t kHeads = 2, kTokens = 9, kDk = 4, kDv = 3;
    static constexpr double kRelative = 0.01;
    bool causal;
    Floats q, k, v;
    std::vector<int> query_exponents = std::vector<int>(kHeads * kTokens);
    int key_exponent = 0;
    std::vector<double> exact, bound;

    LinearCase(std::mt19937_64& random, bool is_causal)
        : causal(is_causal),
          q(normal_numbers(size_t{kHeads} * kTokens * kDk, random)),
          k(normal_numbers(size_t{kTokens} * kDk, random)),
          v(normal_numbers(size_t{kTokens} * kDv, random)) {
        for (uint32_t row = 0; row < kHeads * kTokens; ++row)
            for (uint32_t c = 0; c < kDv; ++c) add(row, c);
    }
    ReferenceLinear problem() const {
        return {kHeads,
                1,
                kTokens,
                kTokens,
                kDk,
                kDv,
                causal,
                positive,
                fp32_reader(q.data()),
                fp32_reader(k.data()),
                fp32_reader(v.data()),
                query_exponents,
                {key_exponent}};
    }
    ElementErrors errors(const Floats& o) const {
        return compare_linear(problem(), kRelative, o, no_progress);
    }

  private:
    void add(uint32_t row, uint32_t c) {
        double sum = 0, size = 0, all = 0;
        for (uint32_t j = 0; j < (causal ? row % kTokens + 1 : kTokens); ++j) {
            double weight = 0;
            for (uint32_t r = 0; r < kDk; ++r)
                weight += positive(static_cast<double>(q[row * kDk + r])) *
                          positive(static_cast<double>(k[j * kDk + r]));
            const double value = static_cast<double>(v[j * kDv + c]);
            sum += weight * value;
            size += weight * std::fabs(value);
            all += weight;
        }
        exact.push_back(sum / all);
        bound.push_back((2 * kRelative / (1 - kRelative) + 0x1p-23) * size / all);
    }
};

/// Each element in turn is off by 1.5 and 0.5 of its bound, and NaN; all others are exact.
template <typename Check>
void each_element(const std::vector<double>& exact, const std::vector<double>& bound, Check&& check,
                  Compared& compared) {
    const Floats good(exact.begin(), exact.end());
    for (size_t i = 0; i < exact.size(); ++i) {
        const auto with = [&](double value) {
            Floats changed = good;
            changed[i] = static_cast<float>(value);
            return check(changed);
        };
        const auto where = [&] { return "element " + std::to_string(i); };
        for (const double sign : {-1.0, 1.0}) {
            const ElementErrors beyond = with(exact[i] + sign * 1.5 * bound[i]);
            compared.equal(beyond.elements, uint64_t{exact.size()}, where);
            compared.equal(beyond.outside, uint64_t{1}, where);
            compared.holds(beyond.max_over_bound > 1.2 && beyond.max_over_bound < 1.8, where);
            const ElementErrors within = with(exact[i] + sign * 0.5 * bound[i]);
            compared.equal(within.outside, uint64_t{0}, where);
            compared.holds(within.max_over_bound > 0.2 && within.max_over_bound < 0.8, where);
        }
        const ElementErrors nan = with(std::nan(""));
        compared.equal(nan.outside, uint64_t{1}, where);
        compared.equal(nan.not_compared(), uint64_t{0}, where);
        compared.equal(nan.max_abs, kInfinity, where);
        compared.equal(nan.max_over_bound, kInfinity, where);
        compared.equal(nan.rms_relative, kInfinity, where);
    }
}

}  // namespace

TEST_CASE("a product's check finds what is beyond the bound, and NaN") {
    auto random = test::test_random();
    Compared compared("results of checks");
    for (const auto& [bf16, rounded] :
         {std::pair{false, false}, {true, false}, {false, true}, {true, true}}) {
        const ProductCase p(random, bf16, rounded);
        each_element(
            p.exact, p.bound, [&, bf16 = bf16](const Floats& c) { return p.errors(bf16, c); },
            compared);
    }
}

TEST_CASE("a product's check leaves out sums that may leave the fp32 range") {
    auto random = test::test_random();
    Compared compared("results of checks");
    ProductCase p(random, false, false);
    for (uint32_t x = 0; x < ProductCase::kK; ++x) p.a[x] = 0x1p126f;
    const ElementErrors errors = p.errors(false, Floats(p.exact.begin(), p.exact.end()));
    compared.equal(errors.not_compared(NotComparable::kRange), uint64_t{ProductCase::kN});
    compared.equal(errors.elements, uint64_t{(ProductCase::kM - 1) * ProductCase::kN});
    compared.equal(errors.outside, uint64_t{0});
}

TEST_CASE("the check of linear attention finds what is beyond the bound, and NaN") {
    auto random = test::test_random();
    Compared compared("results of checks");
    for (const bool causal : {false, true}) {
        const LinearCase p(random, causal);
        each_element(
            p.exact, p.bound, [&](const Floats& o) { return p.errors(o); }, compared);
    }
}

TEST_CASE("the check of linear attention leaves out denominators that may be flushed to zero") {
    auto random = test::test_random();
    Compared compared("results of checks");
    // exp(-60) is far above what is flushed, exp(-87) just above it, exp(-100) below, exp(-1e4) 0
    // even in double precision. Multiplied by 2^144, exp(-100) is about 1.
    const struct {
        float q;
        int exponent;
        bool compared;
    } queries[] = {{-60, 0, true},    {-87, 0, false},   {-87, 125, true}, {-100, 0, false},
                   {-100, 144, true}, {-1e4f, 0, false}, {-60, -60, false}};
    for (const auto& query : queries)
        for (const bool causal : {false, true}) {
            const LinearCase exact(random, causal);
            LinearCase p = exact;
            // Row 4 of head 1. Its o, not comparable, is what the device makes of 0 / 0.
            const uint32_t row = LinearCase::kTokens + 4;
            for (uint32_t r = 0; r < LinearCase::kDk; ++r) p.q[row * LinearCase::kDk + r] = query.q;
            p.query_exponents[row] = query.exponent;
            Floats o(exact.exact.begin(), exact.exact.end());
            for (uint32_t c = 0; c < LinearCase::kDv; ++c)
                o[row * LinearCase::kDv + c] = std::nanf("");
            const uint64_t skipped = query.compared ? 0 : LinearCase::kDv;
            const ElementErrors errors = p.errors(o);
            const auto where = [&] { return std::to_string(query.q); };
            compared.equal(errors.not_compared(NotComparable::kDenominator), skipped, where);
            compared.equal(errors.elements, exact.exact.size() - skipped, where);
            compared.equal(errors.outside, LinearCase::kDv - skipped, where);
        }
}

TEST_CASE("the check of linear attention leaves out sums that may leave the fp32 range") {
    auto random = test::test_random();
    Compared compared("results of checks");
    LinearCase p(random, false);
    p.v[0] = 0x1p127f;
    const ElementErrors errors = p.errors(Floats(p.exact.begin(), p.exact.end()));
    const uint64_t rows = LinearCase::kHeads * LinearCase::kTokens;
    compared.equal(errors.not_compared(NotComparable::kRange), rows);
    compared.equal(errors.elements, rows * (LinearCase::kDv - 1));
    compared.equal(errors.outside, uint64_t{0});
}

TEST_CASE("a NaN or Inf is met by the same, or is not comparable, or is a mismatch") {
    enum Outcome { kGood, kNotComparable, kMismatch };
    const double nan = std::nan("");
    const struct {
        double exact, actual;
        Outcome outcome;
    } cases[] = {{nan, nan, kGood},
                 {kInfinity, kInfinity, kGood},
                 {-kInfinity, -kInfinity, kGood},
                 {nan, 1, kMismatch},
                 {kInfinity, 3e38, kMismatch},
                 {kInfinity, -kInfinity, kMismatch},
                 {-kInfinity, kInfinity, kMismatch},
                 {nan, kInfinity, kNotComparable},
                 {kInfinity, nan, kNotComparable},
                 {-kInfinity, nan, kNotComparable},
                 {1, nan, kMismatch},
                 {1, kInfinity, kMismatch}};
    Compared compared("elements that are not finite");
    for (const auto& c : cases) {
        ElementErrors errors;
        errors.add(c.actual, c.exact, 1, 0.5);
        errors.finish();
        const auto where = [&] {
            return std::to_string(c.exact) + ", " + std::to_string(c.actual);
        };
        compared.equal(errors.elements, uint64_t{c.outcome == kNotComparable ? 0u : 1u}, where);
        compared.equal(errors.not_compared(), uint64_t{c.outcome == kNotComparable}, where);
        compared.equal(errors.outside, uint64_t{c.outcome == kMismatch}, where);
        compared.equal(errors.within_bound(), c.outcome == kGood, where);
    }
}

TEST_CASE("a check of nothing is no pass") {
    Compared compared("checks of nothing");
    ElementErrors errors;
    compared.equal(errors.within_bound(), false);
    errors.add(1, 1, 0x1p127, 1);
    errors.skip(NotComparable::kDenominator, 3);
    errors.finish();
    compared.equal(errors.within_bound(), false);
    compared.equal(errors.outside_bound(), false);
    compared.equal(errors.elements, uint64_t{0});
    compared.equal(errors.all(), uint64_t{4});
}

TEST_CASE("rows of linear attention whose denominators may be lost are found") {
    auto random = test::test_random();
    Compared compared("rows");
    for (const bool causal : {false, true}) {
        LinearCase p(random, causal);
        for (const uint32_t row : {3u, LinearCase::kTokens + 4u})
            for (uint32_t r = 0; r < LinearCase::kDk; ++r) p.q[row * LinearCase::kDk + r] = -100;
        const std::vector<RowName> lost = lost_denominators(p.problem());
        REQUIRE(lost.size() == 2);
        compared.equal(lost[0].head * LinearCase::kTokens + lost[0].row, 3u);
        compared.equal(lost[1].head, 1u);
        compared.equal(lost[1].row, 4u);
        // A NaN of the input loses nothing: its results are NaN, as they should be.
        for (uint32_t r = 0; r < LinearCase::kDk; ++r) p.q[3 * LinearCase::kDk + r] = std::nanf("");
        compared.equal(lost_denominators(p.problem()).size(), size_t{1});
    }
}
