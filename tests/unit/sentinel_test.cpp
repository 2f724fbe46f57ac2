// SPDX-License-Identifier: MIT
// What a sentinel tells: sums made of shares against the sums that the golden ATTEND has in its
// state, where shares stop telling, and how soon another level is found.
#include "firmware/merge/sentinel.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "host/problem/sentinel.h"
#include "host/verify/tile_reference.h"
#include "tests/support/compared.h"

using namespace tessera;
using fw::SentinelForm;
using fw::Shares;
using fw::Told;
using test::Compared;

namespace {

constexpr uint32_t kKeys = 15, kDim = 12;

uint32_t bits_of(double x) {
    const auto value = static_cast<float>(x);
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    return bits;
}

double number(uint32_t bits) {
    float x;
    std::memcpy(&x, &bits, 4);
    return static_cast<double>(x);
}

uint16_t bf16(double x) { return spec::fp32_to_bf16(bits_of(x)); }

/// One query, kKeys keys and the sentinel behind them; values have the indicator columns.
struct Tile {
    std::vector<uint16_t> q, k, v;
    std::vector<uint32_t> positions = std::vector<uint32_t>(kKeys + 1);
    fw::AttentionJob job;

    verify::AttendInput input(bool sentinel) const {
        verify::AttendInput in;
        in.q = q.data();
        in.k = k.data();
        in.v = v.data();
        in.q_stride = in.k_stride = in.d_k = kDim + 1;
        in.v_stride = in.d_v = kDim + 2;
        in.rows = 1;
        in.keys = sentinel ? kKeys + 1 : kKeys;
        in.q_position = in.k_position = positions.data();
        in.factor = job.factor;
        return in;
    }
};

Tile random_tile(std::mt19937_64& random, double level) {
    std::normal_distribution<double> normal;
    Tile t;
    t.job.d_k = t.job.d_v = kDim;
    t.job.factor = bits_of(0.05 + 0.01 * static_cast<double>(random() % 100));
    t.job.sentinel.query_column = true;
    t.job.sentinel.key = host::sentinel_key(t.job.factor);
    for (uint32_t i = 0; i < kDim; ++i) t.q.push_back(bf16(3 * normal(random)));
    t.q.push_back(bf16(level));
    for (uint32_t j = 0; j < kKeys; ++j) {
        for (uint32_t i = 0; i < kDim; ++i) t.k.push_back(bf16(normal(random)));
        t.k.push_back(0);
        for (uint32_t i = 0; i < kDim; ++i) t.v.push_back(bf16(normal(random)));
        t.v.push_back(0);
        t.v.push_back(0x3f80);
    }
    t.k.insert(t.k.end(), kDim, 0);
    t.k.push_back(t.job.sentinel.key);
    t.v.insert(t.v.end(), kDim, 0);
    t.v.push_back(0x3f80);
    t.v.push_back(0);
    return t;
}

/// Shares that a device returns if real weights are 2^`above` times the sentinel's.
Shares shares_of(double above) {
    if (above > 127) return {0, bits_of(1)};
    if (above < -127) return {bits_of(1), 0};
    const double ratio = std::exp2(above);
    return {bits_of(1 / (1 + ratio)), bits_of(ratio / (1 + ratio))};
}

}  // namespace

TEST_CASE("sums and values of shares are those of the device's state") {
    auto random = test::test_random();
    Compared sums("sums, values and log-sum-exps within a few roundings");
    for (int n = 0; n < 4000; ++n) {
        const bool paper = n % 2 == 1;
        const auto level = static_cast<int32_t>(random() % (paper ? 45 : 130)) - (paper ? 0 : 80);
        Tile t = random_tile(random, level);
        t.job.sentinel.form = paper ? SentinelForm::kTwoCalls : SentinelForm::kColumns;
        const std::vector<uint32_t> told =
            verify::reference_store(verify::reference_row(t.input(true), 0), true, false);
        const Shares shares{told[kDim], told[kDim + 1]};
        if (fw::told_by(t.job.sentinel.form, shares) != Told::kSum) continue;
        const fw::ToldRow row = fw::told_row(t.job, shares, t.q.back());
        const verify::ReferenceRow exact = verify::reference_row(t.input(false), 0);
        const std::vector<uint32_t> plain = verify::reference_store(exact, true, false);
        const auto scaled = [](uint32_t bits, int16_t m) { return std::ldexp(number(bits), m); };
        const auto where = [&] { return "tile " + std::to_string(n); };
        const double l = scaled(exact.state.l, exact.state.m);
        // The paper's u = 1 - w has but 24 bits behind the point.
        const double error = paper ? std::ldexp(1.0, -12) : std::ldexp(1.0, -21);
        sums.holds(std::fabs(scaled(row.state.l, row.state.m) - l) <= error * l, where);
        for (uint32_t j = 0; j < kDim; ++j) {
            const uint32_t value = paper ? plain[j] : told[j];
            const double o = scaled(spec::fp_mul(value, row.factor), row.state.m);
            double magnitude = 0;  // values cancel
            for (uint32_t i = 0; i < kKeys; ++i)
                magnitude = std::fmax(
                    magnitude, std::fabs(number(spec::bf16_to_fp32(t.v[i * (kDim + 2) + j]))));
            sums.holds(std::fabs(o - scaled(exact.o[j], exact.state.m)) <= error * l * magnitude,
                       where);
        }
    }
    CHECK(sums.count() > 20000);
}

TEST_CASE("shares tell up to the limits and not beyond, and NaN is passed on") {
    Compared answers("answers");
    const auto told = [](double above) {
        return fw::told_by(SentinelForm::kColumns, shares_of(above));
    };
    answers.holds(told(-60) == Told::kSum, [] { return "-60"; });
    answers.holds(told(-60.1) == Told::kTooHigh, [] { return "-60.1"; });
    answers.holds(told(100) == Told::kSum, [] { return "100"; });
    answers.holds(told(100.1) == Told::kTooLow, [] { return "100.1"; });
    answers.holds(told(200) == Told::kTooLow, [] { return "200"; });
    answers.holds(told(-200) == Told::kNothing, [] { return "-200"; });
    const auto paper = [](uint32_t w) { return fw::told_by(SentinelForm::kTwoCalls, {0, w}); };
    answers.holds(paper(bits_of(1 - std::ldexp(1.0, -11))) == Told::kTooLow, [] { return "2^11"; });
    answers.holds(paper(bits_of(1 - std::ldexp(1.0, -9))) == Told::kSum, [] { return "2^9"; });
    answers.holds(paper(bits_of(1)) == Told::kTooLow, [] { return "1"; });
    answers.holds(paper(bits_of(1.0000002)) == Told::kTooLow, [] { return "over 1"; });
    answers.holds(paper(0) == Told::kNothing, [] { return "0"; });
    for (const auto form :
         {SentinelForm::kColumns, SentinelForm::kSplit, SentinelForm::kTwoCalls}) {
        answers.holds(fw::told_by(form, {0x3f000000, spec::kNan}) == Told::kNan,
                      [] { return "w"; });
        if (form == SentinelForm::kTwoCalls) continue;
        answers.holds(fw::told_by(form, {spec::kNan, 0x3f000000}) == Told::kNan,
                      [] { return "u"; });
    }
}

TEST_CASE("whatever the sum is, a level that tells it is found") {
    auto random = test::test_random();
    Compared found("rows resolved");
    uint32_t most = 0;
    for (int n = 0; n < 20000; ++n) {
        const SentinelForm form = n % 2 == 0 ? SentinelForm::kColumns : SentinelForm::kTwoCalls;
        // Small distances as often as large ones. Levels are bf16: beyond 2^14 they are 128 apart,
        // more than the paper's form can tell.
        const double range = std::fmin(std::exp2(1 + static_cast<double>(random() % 15)),
                                       form == SentinelForm::kColumns ? 32000 : 16000);
        const auto anywhere = [&] {
            return (static_cast<double>(random() % 20001) - 10000) / 10000 * range;
        };
        const double sum = anywhere();
        uint16_t level = bf16(anywhere());
        fw::Levels levels{-fw::kLevelLimit, fw::kLevelLimit};
        uint32_t round = 0;
        bool told = false;
        for (; round < 24; ++round) {
            Shares shares = shares_of(sum - number(spec::bf16_to_fp32(level)));
            told = fw::told_by(form, shares) == Told::kSum;
            if (told || !fw::next_level(form, shares, round, levels, level)) break;
        }
        most = std::max(most, round);
        found.holds(told, [&] { return "sum 2^" + std::to_string(sum); });
    }
    std::printf("most attempts beside the first: %u\n", most);
    found.holds(most <= 20, [&] { return std::to_string(most); });
}

TEST_CASE("the sentinel's score is the level that a query asks for, as a power of two") {
    auto random = test::test_random();
    Compared levels("levels");
    for (int n = 0; n < 2000; ++n) {
        fw::AttentionJob job;
        job.sentinel.form = SentinelForm::kColumns;
        job.sentinel.query_column = true;
        job.factor = bits_of(std::exp2(static_cast<double>(random() % 60) - 30) *
                             (random() % 2 == 0 ? 1 : -1) *
                             (1 + 1e-3 * static_cast<double>(random() % 1000)));
        job.sentinel.key = host::sentinel_key(job.factor);
        const double level = static_cast<double>(random() % 257) - 128;
        // Equal shares: the sum is the sentinel's weight.
        const fw::ToldRow row = fw::told_row(job, {0x3f000000, 0x3f000000}, bf16(level));
        const double is = std::log2(number(row.state.l)) + row.state.m;
        levels.holds(std::fabs(is - level) <= std::fabs(level) / 200 + 0.01,
                     [&] { return std::to_string(level) + " is " + std::to_string(is); });
    }
}
