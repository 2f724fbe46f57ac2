// SPDX-License-Identifier: MIT
// Percentiles and windows against the same from all the values.
#include "hw_model/memory/memory_stats.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;

TEST_CASE("percentiles, mean and largest equal those of the sorted values") {
    auto random = test::test_random();
    Compared compared("percentiles");
    for (int round = 0; round < 200; ++round) {
        std::vector<uint64_t> values(1 + random() % 300);
        const uint64_t range = round % 4 == 0   ? 10000
                               : round % 4 == 1 ? uint64_t{1} << (13 + random() % 28)
                                                : 1 + random() % 4000;
        hw::LatencyHistogram histogram;
        for (uint64_t& x : values) histogram.add(x = random() % range);
        std::sort(values.begin(), values.end());
        for (const uint32_t percent : {1u, 50u, 90u, 99u, 100u}) {
            const size_t rank = (values.size() * percent + 99) / 100;
            const uint64_t exact = values[rank - 1];
            const uint64_t told = histogram.percentile(percent);
            const uint64_t slack = exact < hw::LatencyHistogram::kExact ? 0 : exact / 64;
            compared.holds(told >= exact && told <= exact + slack,
                           [&] { return std::to_string(told) + " for " + std::to_string(exact); });
        }
        compared.equal(histogram.max(), values.back());
        const double sum = std::accumulate(values.begin(), values.end(), 0.0);
        compared.holds(std::abs(histogram.mean() - sum / static_cast<double>(values.size())) < 1e-9,
                       [&] { return std::to_string(histogram.mean()); });
    }
}

TEST_CASE("steps of a histogram hold all values, each within its step") {
    auto random = test::test_random();
    Compared steps("steps");
    for (int round = 0; round < 20; ++round) {
        hw::LatencyHistogram histogram;
        std::vector<uint64_t> values(300);
        for (uint64_t& x : values)
            histogram.add(x = random() % (uint64_t{1} << (1 + random() % 30)));
        uint64_t sum = 0, before = 0;
        histogram.for_each_step([&](uint64_t first, uint64_t last, uint64_t count) {
            const auto within = std::count_if(values.begin(), values.end(),
                                              [&](uint64_t x) { return x >= first && x <= last; });
            steps.equal(count, static_cast<uint64_t>(within));
            steps.holds(sum == 0 || first > before, [&] { return std::to_string(first); });
            before = last;
            sum += count;
        });
        steps.equal(sum, values.size());
    }
}

TEST_CASE("histograms added up are that of all values") {
    auto random = test::test_random();
    Compared compared("percentiles");
    for (int round = 0; round < 50; ++round) {
        hw::LatencyHistogram both, parts[2];
        for (int i = 0; i < 300; ++i) {
            const uint64_t x = random() % (uint64_t{1} << (1 + random() % 20));
            both.add(x);
            parts[i % 2].add(x);
        }
        parts[0].add(parts[1]);
        for (uint32_t percent = 1; percent <= 100; ++percent)
            compared.equal(parts[0].percentile(percent), both.percentile(percent));
        compared.equal(parts[0].count(), both.count());
        compared.equal(parts[0].max(), both.max());
        compared.holds(parts[0].mean() == both.mean(), [&] { return std::to_string(both.mean()); });
    }
}

TEST_CASE("windows keep every amount, near where it was") {
    auto random = test::test_random();
    Compared compared("windows");
    for (int round = 0; round < 50; ++round) {
        hw::WindowSeries series;
        std::vector<std::pair<uint64_t, uint64_t>> events(500);
        const uint64_t span = uint64_t{1} << (4 + random() % 28);
        for (auto& [cycle, amount] : events) {
            cycle = random() % span;
            amount = random() % 100;
            series.add(cycle, amount);
        }
        compared.holds(series.sums().size() <= hw::WindowSeries::kMax,
                       [&] { return std::to_string(series.sums().size()); });
        std::vector<uint64_t> expected(series.sums().size());
        for (const auto& [cycle, amount] : events) expected.at(cycle / series.width()) += amount;
        for (size_t i = 0; i < expected.size(); ++i) compared.equal(series.sums()[i], expected[i]);
    }
}
