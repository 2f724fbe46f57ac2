// SPDX-License-Identifier: MIT
// The audit's statistics: bounds, errors, the rows that are drawn, and the verdict's words.
#include "host/approximation/audit.h"

#include <cmath>
#include <limits>
#include <set>

#include "tests/support/compared.h"

using namespace tessera;
using host::AuditedRow;
using test::Compared;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Probability of at most `failures` of `samples`, summed term by term in long double.
long double tail(uint64_t failures, uint64_t samples, long double p) {
    long double term = std::pow(1 - p, static_cast<long double>(samples)), sum = term;
    for (uint64_t i = 0; i < failures; ++i) {
        term *=
            static_cast<long double>(samples - i) / static_cast<long double>(i + 1) * p / (1 - p);
        sum += term;
    }
    return sum;
}

/// `failing` of 256 rows off by 0.5, the others by 0.01.
std::vector<AuditedRow> rows_with(uint32_t failing, double samples, double share) {
    std::vector<AuditedRow> rows(256, {0.01, samples, share, false});
    for (uint32_t i = 0; i < failing; ++i) rows[i].error = 0.5;
    return rows;
}

}  // namespace

TEST_CASE("Clopper and Pearson's bound, by its definition") {
    auto random = test::test_random();
    Compared bounds("bounds");
    for (int n = 0; n < 2000; ++n) {
        const uint64_t samples = 1 + random() % 2000, failures = random() % samples;
        const double confidence = 0.5 + 0.499 * static_cast<double>(random() % 1000) / 1000;
        const double p = host::clopper_pearson_upper(failures, samples, confidence);
        if (p > 0.9) continue;  // (1 - p)^samples underflows
        const auto reached = static_cast<double>(tail(failures, samples, p));
        bounds.holds(std::fabs(reached - (1 - confidence)) < 1e-8, [&] {
            return std::to_string(failures) + " of " + std::to_string(samples) + ": " +
                   std::to_string(p);
        });
    }
}

TEST_CASE("Clopper and Pearson's bound in closed form and in tables") {
    Compared bounds("bounds");
    const auto near = [&](double a, double b, double within) {
        bounds.holds(std::fabs(a - b) <= within, [&] { return std::to_string(a); });
    };
    for (const uint64_t n : {1u, 2u, 10u, 256u, 1000000u}) {
        const auto count = static_cast<double>(n);
        near(host::clopper_pearson_upper(0, n), 1 - std::pow(0.05, 1 / count), 1e-12);
        near(host::clopper_pearson_upper(n - 1, n), std::pow(0.95, 1 / count), 1e-8);
        near(host::clopper_pearson_upper(n, n), 1, 0);
    }
    // One-sided 97.5 % bounds are the upper ends of the two-sided 95 % intervals that tables have.
    near(host::clopper_pearson_upper(1, 10, 0.975), 0.4450, 5e-5);
    near(host::clopper_pearson_upper(5, 10, 0.975), 0.8129, 5e-5);
    near(host::clopper_pearson_upper(10, 100, 0.975), 0.1762, 5e-5);
    // One-sided 95 %.
    near(host::clopper_pearson_upper(1, 10), 0.3942, 5e-5);
    near(host::clopper_pearson_upper(2, 20), 0.2826, 5e-5);
}

TEST_CASE("the bound covers the truth as often as it says") {
    auto random = test::test_random();
    Compared shares("true shares");
    for (const double truth : {0.005, 0.02, 0.05, 0.3}) {
        constexpr int kRuns = 2000;
        int covered = 0;
        for (int n = 0; n < kRuns; ++n) {
            const auto failures = std::binomial_distribution<uint64_t>(256, truth)(random);
            if (truth <= host::clopper_pearson_upper(failures, 256)) ++covered;
        }
        // 95 %, less four standard deviations.
        shares.holds(covered >= kRuns * (0.95 - 4 * std::sqrt(0.95 * 0.05 / kRuns)),
                     [&] { return std::to_string(covered); });
    }
}

TEST_CASE("audited rows are drawn without replacement, in whole tiles") {
    Compared lists("lists");
    const auto size = [](uint32_t nq, uint32_t m) { return host::audit_rows(nq, m, 7).size(); };
    lists.equal(size(1000, 32), 256u);
    lists.equal(size(1000, 48), 288u);
    lists.equal(size(1000, 300), 300u);
    lists.equal(size(200, 32), 200u);
    lists.equal(size(256, 32), 256u);
    lists.equal(size(280, 48), 280u);
    std::vector<uint32_t> often(1000);
    const uint64_t first = test::test_seed() * 1000;
    for (uint64_t seed = first; seed < first + 1000; ++seed) {
        const std::vector<uint32_t> rows = host::audit_rows(1000, 32, seed);
        lists.holds(std::is_sorted(rows.begin(), rows.end()) &&
                        std::set<uint32_t>(rows.begin(), rows.end()).size() == rows.size() &&
                        rows.back() < 1000,
                    [&] { return std::to_string(seed); });
        for (const uint32_t row : rows) ++often[row];
    }
    for (const uint32_t count : often)
        lists.holds(std::fabs(count - 256.0) <= 5 * std::sqrt(256 * (1 - 0.256)),
                    [&] { return std::to_string(count); });
}

TEST_CASE("a row's error, and what cannot be divided") {
    Compared errors("errors");
    const double nan = std::nan(""), tiny = 0x1p-600;
    const auto error = [](std::vector<double> a, std::vector<double> b) {
        return host::row_error(a.data(), b.data(), static_cast<uint32_t>(a.size()));
    };
    errors.equal(error({3, 4}, {3, 4}), 0.0);
    errors.equal(error({6, 8}, {3, 4}), 1.0);
    errors.equal(error({3, 9}, {3, 4}), 1.0);
    errors.equal(error({0, 0}, {0, 0}), 0.0);
    errors.equal(error({0, 1e-300}, {0, 0}), kInfinity);
    errors.equal(error({3 * tiny, 9 * tiny}, {3 * tiny, 4 * tiny}), 1.0);
    errors.equal(error({nan, 0}, {1, 0}), kInfinity);
    errors.equal(error({nan, 0}, {nan, 0}), kInfinity);
    errors.equal(error({1, 0}, {kInfinity, 0}), kInfinity);
    errors.equal(error({kInfinity, 0}, {kInfinity, 0}), kInfinity);
}

TEST_CASE("a head's figures") {
    Compared figures("figures");
    std::vector<AuditedRow> rows;
    for (int i = 1; i <= 100; ++i) rows.push_back({i / 100.0, 1000.0 - i, i / 250.0, i > 90});
    const host::HeadAudit head = host::audit_head(rows, 0.9, false);
    figures.equal(head.rows, 100u);
    figures.equal(head.failures, 10u);
    figures.equal(head.median, 0.5);
    figures.equal(head.p95, 0.95);
    figures.equal(head.bound, host::clopper_pearson_upper(10, 100));
    figures.equal(head.least_samples, 910.0);
    figures.equal(head.largest_share, 0.36);
    figures.equal(host::audit_head(rows, 0.9, true).bound, 0.1);
    const host::HeadAudit few = host::audit_head({rows.begin(), rows.begin() + 7}, 0.9, true);
    figures.equal(few.median, 0.04);
    figures.equal(few.p95, 0.07);
    for (AuditedRow& row : rows) row.complete = true;
    figures.equal(host::audit_head(rows, 0.9, true).least_samples, kInfinity);
    figures.equal(host::audit_head(rows, 0.9, true).largest_share, 0.0);
    rows[0].error = kInfinity;
    figures.equal(host::audit_head(rows, 2, true).failures, 1u);
}

TEST_CASE("verdicts: each condition by itself, of the worst head") {
    Compared verdicts("verdicts");
    const host::HeadAudit good = host::audit_head(rows_with(6, 100, 0.5), 0.1, false);
    const auto verdict = [&](uint32_t failing, double samples, double share) {
        const auto head = host::audit_head(rows_with(failing, samples, share), 0.1, false);
        return host::verdict_of({good, head, good}, 0.1);
    };
    const auto check = [&](const host::Verdict& v, bool fail, bool samples, bool tile,
                           const std::string& text) {
        verdicts.equal(v.few_fail, fail);
        verdicts.equal(v.enough_samples, samples);
        verdicts.equal(v.no_heavy_tile, tile);
        verdicts.equal(v.valid(), fail && samples && tile);
        verdicts.equal(v.text(), text);
    };
    const std::string no = "approximation not valid for this input: ";
    const std::string rows =
        "7 of 256 audited rows are off by more than 0.1, so up to 5.07 % of all rows may be; "
        "allowed: 5 %";
    const std::string samples = "a row has an effective sample size of 99; needed: 100";
    const std::string tile = "a seen tile carries 50.1 % of a row; allowed: 50 %";
    check(verdict(6, 100, 0.5), true, true, true, "VALID");
    check(verdict(7, 100, 0.5), false, true, true, no + rows);
    check(verdict(0, 99, 0.5), true, false, true, no + samples);
    check(verdict(0, 100, 0.501), true, true, false, no + tile);
    check(verdict(7, 99, 0.501), false, false, false, no + rows + "; " + samples + "; " + tile);
}
