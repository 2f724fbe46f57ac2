// SPDX-License-Identifier: MIT
// The double reference against a scalar one in long double and against references computed
// elsewhere, and the bounds and comparisons that judge a run.
#include "host/reference/attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "host/io/safetensors.h"
#include "host/reference/error.h"
#include "spec/float.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;  // ten times slower: one head of the real tensors is enough
#else
constexpr bool kSanitized = false;
#endif
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Case {
    ReferenceProblem problem;
    std::vector<float> q, k, v;

    void bind() {
        problem.q = fp32_reader(q.data());
        problem.k = fp32_reader(k.data());
        problem.v = fp32_reader(v.data());
    }
};

/// Query i sees the keys 0 to i.
void causal_keys(uint32_t, uint32_t row, std::vector<KeyRange>& ranges) { ranges = {{0, row + 1}}; }

std::vector<float> gaussian(std::mt19937_64& random, size_t count) {
    std::normal_distribution<float> normal;
    std::vector<float> values(count);
    for (float& x : values) x = normal(random);
    return values;
}

uint32_t between(std::mt19937_64& random, uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
}

void random_case(std::mt19937_64& random, Case& c) {
    ReferenceProblem& p = c.problem;
    p.kv_heads = between(random, 1, 3);
    p.query_heads = p.kv_heads * between(random, 1, 3);
    p.nq = between(random, 1, 40);
    p.nk = between(random, 1, 400);
    p.d_k = between(random, 1, 20);
    p.d_v = between(random, 1, 20);
    p.scale = 1 / std::sqrt(static_cast<double>(p.d_k));
    if (between(random, 0, 3) != 0) {  // up to four runs of keys, other ones for every row
        const uint64_t seed = random();
        p.visible = [seed, nk = p.nk](uint32_t head, uint32_t row, std::vector<KeyRange>& ranges) {
            std::mt19937_64 of_row(seed + (uint64_t{head} << 32 | row));
            ranges.clear();
            for (uint32_t n = between(of_row, 0, 4); n != 0; --n) {
                const uint32_t begin = between(of_row, 0, nk - 1);
                ranges.push_back({begin, begin + between(of_row, 0, nk - begin)});
            }
            join(ranges);
        };
    }
    c.q = gaussian(random, size_t{p.query_heads} * p.nq * p.d_k);
    c.k = gaussian(random, size_t{p.kv_heads} * p.nk * p.d_k);
    c.v = gaussian(random, size_t{p.kv_heads} * p.nk * p.d_v);
    c.bind();
}

/// One row, as written in a book.
struct ScalarRow {
    long double lse = -std::numeric_limits<long double>::infinity();
    std::vector<long double> o, spread, magnitude;

    ScalarRow(const Case& c, uint32_t head, uint32_t i) {
        const ReferenceProblem& p = c.problem;
        const size_t kv = head / (p.query_heads / p.kv_heads);
        const float* q = c.q.data() + (size_t{head} * p.nq + i) * p.d_k;
        std::vector<long double> weight(p.nk);
        long double sum = 0;
        std::vector<bool> seen(p.nk);
        for (const KeyRange& range : visible_keys(p, head, i))
            std::fill(seen.begin() + range.begin, seen.begin() + range.end, true);
        for (uint32_t j = 0; j < p.nk; ++j) {
            if (!seen[j]) continue;
            long double s = 0;
            for (uint32_t x = 0; x < p.d_k; ++x)
                s += static_cast<long double>(q[x]) * c.k[(kv * p.nk + j) * p.d_k + x];
            sum += weight[j] = std::exp(s * p.scale);
        }
        o.assign(p.d_v, 0);
        spread = magnitude = o;
        if (sum == 0) return;
        lse = std::log(sum);
        const auto value = [&](uint32_t j, uint32_t x) {
            return static_cast<long double>(c.v[(kv * p.nk + j) * p.d_v + x]);
        };
        for (uint32_t x = 0; x < p.d_v; ++x) {
            for (uint32_t j = 0; j < p.nk; ++j) o[x] += weight[j] / sum * value(j, x);
            for (uint32_t j = 0; j < p.nk; ++j) {
                spread[x] += weight[j] / sum * std::fabs(value(j, x) - o[x]);
                magnitude[x] += weight[j] / sum * std::fabs(value(j, x));
            }
        }
    }
};

bool near(double a, long double b, double tolerance) {
    if (a == static_cast<double>(b)) return true;  // infinities too
    return std::fabs(static_cast<long double>(a) - b) <= tolerance * (1 + std::fabs(b));
}

/// A row of one head with weights 1/2, 1/2 on the values 1 and 3.
Case two_keys() {
    Case c;
    c.problem = {1, 1, 1, 2, 1, 1, 1.0, {}, {}, {}, {}};
    c.q = {0};
    c.k = {1, 1};
    c.v = {1, 3};
    c.bind();
    return c;
}

}  // namespace

TEST_CASE("the reference equals a scalar one in long double") {
    auto random = test::test_random();
    Compared elements("elements of o, spread, magnitude"), rows("log-sum-exps");
    for (int n = 0; n < 60; ++n) {
        Case c;
        random_case(random, c);
        const ReferenceResult r = reference_attention(c.problem);
        for (uint32_t head = 0; head < c.problem.query_heads; ++head)
            for (uint32_t i = 0; i < c.problem.nq; ++i) {
                const ScalarRow row(c, head, i);
                const size_t at = size_t{head} * c.problem.nq + i;
                rows.holds(near(r.lse[at], row.lse, 1e-13), [&] { return std::to_string(n); });
                for (uint32_t x = 0; x < c.problem.d_v; ++x) {
                    const size_t e = at * c.problem.d_v + x;
                    const bool good =
                        near(r.o[e], row.o[x], 1e-13) &&
                        near(static_cast<double>(r.spread[e]), row.spread[x], 1e-6) &&
                        near(static_cast<double>(r.magnitude[e]), row.magnitude[x], 1e-6);
                    elements.holds(good, [&] { return std::to_string(n); });
                }
            }
    }
}

TEST_CASE("the number of threads does not change a bit of the reference") {
    auto random = test::test_random();
    Compared elements("elements");
    Case c;
    random_case(random, c);
    ReferenceOptions one, three;
    one.threads = 1;
    three.threads = 3;
    const ReferenceResult a = reference_attention(c.problem, one);
    const ReferenceResult b = reference_attention(c.problem, three);
    for (size_t i = 0; i < a.o.size(); ++i) elements.equal(a.o[i], b.o[i]);
}

TEST_CASE("keys that a row may not see cannot spoil it") {
    Compared elements("elements of o");
    Case c;
    c.problem = {1, 1, 8, 8, 4, 4, 0.5, causal_keys, {}, {}, {}};
    c.q.assign(32, 1.0f);
    c.k.assign(32, 1.0f);
    c.v.assign(32, 2.0f);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (size_t i = 20; i < 32; ++i) c.k[i] = c.v[i] = nan;
    c.bind();
    const ReferenceResult r = reference_attention(c.problem);
    for (uint32_t i = 0; i < 32; ++i)
        elements.equal(i < 20 ? r.o[i] == 2.0 : std::isnan(r.o[i]), true,
                       [&] { return std::to_string(i); });
}

TEST_CASE("real tensors: the reference equals the stored ones") {
    const std::string folder = test::large_data_dir();
    Compared elements("elements of o and lse");
    for (const char* name :
         {"use-lite-layer0-n4096.safetensors", "use-lite-layer1-n2048.safetensors"}) {
        const SafetensorsFile file(folder + "/" + name);
        const auto& shape = file.tensor("q").shape;
        for (const bool causal : {false, true}) {
            ReferenceProblem p;
            p.query_heads = p.kv_heads = kSanitized ? 1 : static_cast<uint32_t>(shape[0]);
            p.nq = p.nk = static_cast<uint32_t>(shape[1]);
            p.d_k = p.d_v = static_cast<uint32_t>(shape[2]);
            p.scale = 1 / std::sqrt(static_cast<double>(p.d_k));
            if (causal) p.visible = causal_keys;
            const auto reader = [&](const char* tensor) {
                const TensorView& view = file.tensor(tensor);
                return [&view](size_t first, size_t count, double* out) {
                    view.to_double(first, count, out);
                };
            };
            p.q = reader("q");
            p.k = reader("k");
            p.v = reader("v");
            ReferenceOptions options;
            options.moments = false;
            const ReferenceResult r = reference_attention(p, options);
            const auto compare = [&](const TensorView& stored, const std::vector<double>& ours) {
                std::vector<double> values(stored.elements);
                stored.to_double(0, stored.elements, values.data());
                REQUIRE(values.size() * p.query_heads == ours.size() * shape[0]);
                for (size_t i = 0; i < ours.size(); ++i)
                    elements.holds(
                        std::fabs(values[i] - ours[i]) <= 1e-6 * (1 + std::fabs(ours[i])),
                        [&] { return stored.name + " " + std::to_string(i); });
            };
            compare(file.tensor(causal ? "o_causal" : "o"), r.o);
            compare(file.tensor(causal ? "lse_causal" : "lse"), r.lse);
        }
    }
}

TEST_CASE("bounds follow their formulas") {
    const Case c = two_keys();
    const ReferenceResult r = reference_attention(c.problem);
    REQUIRE(r.o[0] == 2.0);  // spread 1, magnitude 2, |q| max |k| 0
    const BoundParams params{128, false};
    const RowBound row = row_bound(c.problem, r, params, 0, 0);
    Compared terms("terms");
    const double sums = 129 * std::ldexp(1.0, -23), scores = std::expm1(std::log(2.0) / 65536);
    terms.equal(row.sums, sums);
    terms.holds(near(row.scores, scores, 1e-15), [] { return "scores"; });
    terms.holds(near(element_bound(r, params, row, 0), 4.1e-3 + 2 * sums, 1e-15),
                [] { return "element_bound"; });
    terms.holds(near(full_element_bound(r, params, row, 0), 4.1e-3 + 2 * sums + scores, 1e-15),
                [] { return "full_element_bound"; });
    terms.holds(near(lse_bound(row), 4.1e-3 + sums + scores, 1e-15), [] { return "lse_bound"; });
    const BoundParams bf16{128, true};
    const double inner = 4.1e-3 + 2 * sums;
    terms.holds(near(element_bound(r, bf16, row, 0), inner + (2 + inner) / 256, 1e-15),
                [] { return "bf16"; });
}

TEST_CASE("scores whose additions are exact are off by two roundings, others by all") {
    // One query, one key. 3 * 5 + 1/4 * 2^20: units of 2^-2, and 2^18 of them, are exact; with
    // 2^-8 in the place of 1/4 they are units of 2^-8 and products below 2^24 only of shorter rows.
    const double keys[][2] = {{5, 1048576}, {5, 1048577}};
    const double queries[][2] = {{3, 0.25}, {3, 0.00390625}};
    const bool exact[2][2] = {{true, false}, {true, false}};
    Compared bounds("bounds");
    for (int k = 0; k < 2; ++k)
        for (int q = 0; q < 2; ++q) {
            ReferenceProblem p;
            p.query_heads = p.kv_heads = p.nq = p.nk = 1;
            p.d_k = 2;
            p.d_v = 1;
            p.scale = 0.5;
            const auto reader = [](const double* x) {
                return [x](size_t first, size_t n, double* out) { std::copy_n(x + first, n, out); };
            };
            const double one = 1;
            p.q = reader(queries[q]);
            p.k = reader(keys[k]);
            p.v = reader(&one);
            const double score = 0.5 * (queries[q][0] * keys[k][0] + queries[q][1] * keys[k][1]);
            const double reach =
                std::hypot(queries[q][0], queries[q][1]) * std::hypot(keys[k][0], keys[k][1]);
            const double expected = exact[k][q] ? 2 * score : 4 * 0.5 * reach;
            const ReferenceResult r = reference_attention(p);
            bounds.holds(near(r.score_error[0], expected, 1e-12),
                         [&] { return std::to_string(k) + " " + std::to_string(q); });
        }
}

TEST_CASE("the unit roundoff of bf16 is 2^-8, and no less") {
    auto random = test::test_random();
    Compared values("values rounded to bf16");
    double worst = 0;
    for (int i = 0; i < 100000; ++i) {
        const uint32_t bits = between(random, 0x3f800000, 0x40800000);
        float x, y;
        std::memcpy(&x, &bits, sizeof x);
        const uint32_t rounded = uint32_t{spec::fp32_to_bf16(bits)} << 16;
        std::memcpy(&y, &rounded, sizeof y);
        const double error =
            std::fabs(static_cast<double>(y) - static_cast<double>(x)) / static_cast<double>(x);
        worst = std::fmax(worst, error);
        values.holds(error <= kBf16UnitRoundoff, [&] { return std::to_string(bits); });
    }
    CHECK(worst > 0.99 * kBf16UnitRoundoff);
}

TEST_CASE("a comparison finds what is wrong, and only that") {
    auto random = test::test_random();
    Case c;
    const auto late = [](uint32_t, uint32_t row, std::vector<KeyRange>& ranges) {
        ranges = {{0, row < 3 ? 0 : row - 2}};  // rows 0 to 2 see no key
    };
    c.problem = {2, 2, 30, 30, 8, 8, 0.35, late, {}, {}, {}};
    c.q = gaussian(random, 480);
    c.k = gaussian(random, 480);
    c.v = gaussian(random, 480);
    c.bind();
    const ReferenceResult r = reference_attention(c.problem);
    const std::vector<float> good(r.o.begin(), r.o.end());
    const BoundParams params{16, false};
    const auto compare = [&](const std::vector<float>& o, const std::vector<double>& lse) {
        return compare_with_reference(c.problem, r, params, o.data(), lse.data());
    };
    const ErrorSummary clean = compare(good, r.lse);
    CHECK(clean.within_bound());
    CHECK(clean.elements == 480);
    CHECK(clean.rows_empty == 6);
    // Rounding to fp32 is off by 2^-24 |o|; the bound is at least (M + T) 2^-23 |o|, T >= 1.
    CHECK(clean.max_over_bound <= 1.0 / (2 * (16 + 1)));

    Compared planted("planted errors found");
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const size_t at : {size_t{0}, size_t{7}, size_t{8 * 10 + 3}, size_t{479}})
        for (const float wrong : {good[at] + 1.0f, nan, std::numeric_limits<float>::infinity()}) {
            std::vector<float> bad = good;
            bad[at] = wrong;
            const ErrorSummary e = compare(bad, r.lse);
            planted.holds(!e.within_bound() && e.outside == 1 &&
                              (e.worst_head * 30 + e.worst_row) * 8 + e.worst_column == at,
                          [&] { return std::to_string(at); });
        }
    std::vector<float> tiny = good;
    tiny[0] = 1e-30f;  // a row with no key is exactly zero
    planted.equal(compare(tiny, r.lse).outside, 1u);
    for (const double wrong : {0.0, -700.0, kInfinity}) {
        std::vector<double> lse = r.lse;
        lse[1] = wrong;  // no key: exactly -inf
        planted.equal(compare(good, lse).lse_outside, 1u);
        lse = r.lse;
        lse[20] += 0.01;
        planted.equal(compare(good, lse).lse_outside, 1u);
    }
}

TEST_CASE("the histogram has every compared element where its error over the bound is") {
    auto random = test::test_random();
    Case c;
    random_case(random, c);
    const ReferenceResult r = reference_attention(c.problem);
    const BoundParams params{16, false};
    std::uniform_real_distribution<double> share(0, 1.3);
    std::vector<float> o(r.o.size());
    std::vector<double> over(o.size());
    for (size_t i = 0; i < o.size(); ++i) {
        const auto row = static_cast<uint32_t>(i / c.problem.d_v);
        const double bound = full_element_bound(
            r, params, row_bound(c.problem, r, params, row / c.problem.nq, row % c.problem.nq), i);
        o[i] = static_cast<float>(r.o[i] + share(random) * bound);
        // A row without keys is exact and has no bound.
        over[i] = bound == 0 ? 0 : std::fabs(static_cast<double>(o[i]) - r.o[i]) / bound;
    }
    const ErrorHistogram histogram =
        compare_with_reference(c.problem, r, params, o.data(), nullptr).histogram;
    const auto between_shares = [&](double low, double high) {
        return static_cast<uint64_t>(std::count_if(over.begin(), over.end(),
                                                   [&](double x) { return x >= low && x < high; }));
    };
    Compared bins("bins");
    for (size_t i = 0; i < histogram.counts.size(); ++i) {
        const double low = 0.02 * static_cast<double>(i);
        bins.equal(histogram.counts[i], between_shares(low, low + 0.02));
    }
    bins.equal(histogram.beyond, between_shares(1, kInfinity));
}

TEST_CASE("an exact Inf is met by an Inf, a NaN tells nothing, a number is a mismatch") {
    Case c = two_keys();
    c.v[1] = std::numeric_limits<float>::infinity();
    const ReferenceResult r = reference_attention(c.problem);
    Compared counts("counts");
    const auto compare = [&](float o) {
        const ErrorSummary e = compare_with_reference(c.problem, r, {128, false}, &o, nullptr);
        counts.equal(e.rows_nonfinite, 1u);
        counts.equal(e.all(), 1u);
        return e;
    };
    counts.equal(compare(5).outside, 1u);
    counts.equal(compare(-c.v[1]).outside, 1u);
    counts.equal(compare(c.v[1]).within_bound(), true);
    const ErrorSummary nan = compare(std::nanf(""));
    counts.equal(nan.not_compared(NotComparable::kNonFinite), 1u);
    counts.equal(nan.within_bound() || nan.outside_bound(), false);
}
