// SPDX-License-Identifier: MIT
// Elementwise work of the firmware on a memory of the test: functions against the C library within
// their bounds, statistics, operands in different blocks, what is written and what is not, bytes.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "firmware/elementwise/element_functions.h"
#include "firmware/elementwise/elementwise_job.h"
#include "host/float_bits.h"
#include "tests/support/compared.h"
#include "tests/support/matrix_memory.h"

using namespace tessera;
using fw::ElementFunction;
using host::bits_of;
using host::float_of;
using test::Compared;
using test::Matrix;
using test::PlainBus;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

/// A job on matrices one behind the other.
struct Setup {
    fw::ElementwiseJob job;
    test::Places places;

    uint32_t result_columns() const {
        if (!fw::is_statistic(job.function)) return job.columns;
        return job.across_blocks ? 1 : (job.columns + job.a.block - 1) / job.a.block;
    }
};

/// Each operand with blocks of its own.
Setup random_setup(std::mt19937_64& random) {
    Setup s;
    fw::ElementwiseJob& job = s.job;
    job.function = static_cast<ElementFunction>(random() % fw::kElementFunctions);
    job.rows = static_cast<uint32_t>(1 + random() % 5);
    job.columns = static_cast<uint32_t>(1 + random() % (random() % 4 == 0 ? 300 : 40));
    job.factor = bits_of(-1.75f);
    job.across_blocks = random() % 2 == 0;
    const auto place = [&](uint32_t columns, bool may_be_bf16) {
        const auto block = static_cast<uint32_t>(1 + random() % columns);
        return s.places.place(job.rows, columns, block, may_be_bf16 && random() % 2 == 0);
    };
    job.a = place(job.columns, true);
    job.b = place(job.columns, true);
    job.y = place(s.result_columns(), job.function != ElementFunction::kRowArgmax);
    return s;
}

uint32_t exp_bits(uint32_t x) { return fw::exp_of(fw::SoftNumber::of(x)).bits(); }

double exact_of(ElementFunction f, double a, double b, double factor) {
    const double w = std::sqrt(8 / std::acos(-1.0)) * (a + 0.044715 * a * a * a);
    switch (f) {
        case ElementFunction::kAdd: return a + b;
        case ElementFunction::kScale: return a * factor;
        case ElementFunction::kRelu: return a > 0 ? a : 0;
        case ElementFunction::kSigmoid: return 1 / (1 + std::exp(-a));
        case ElementFunction::kSilu: return a / (1 + std::exp(-a));
        default: return a / (1 + std::exp(-w));
    }
}

/// docs/contract/schedules.md, section 8.
double bound_of(ElementFunction f, double a, double exact) {
    if (f <= ElementFunction::kScale) return std::ldexp(std::fabs(exact), -24) + 0x1p-126;
    if (f == ElementFunction::kRelu) return 0;
    const double w = f == ElementFunction::kGelu ? 1.6 * a + 0.0714 * a * a * a : a;
    return 0x1p-21 * (1 + std::fabs(w)) * std::fabs(exact) + 0x1p-120;
}

double exact_statistic(ElementFunction f, const std::vector<double>& row, double& bound) {
    const auto n = static_cast<double>(row.size());
    double most = row[0], sum = 0, size = 0, squares = 0;
    for (const double x : row) {
        most = std::max(most, x);
        sum += x;
        size += std::fabs(x);
        squares += x * x;
    }
    const double of_sum = n * (0x1p-24 * size + 0x1p-126);
    switch (f) {
        case ElementFunction::kRowMax: bound = 0; return most;
        case ElementFunction::kRowSum: bound = of_sum; return sum;
        case ElementFunction::kRowMean:
            bound = of_sum / n + 0x1p-24 * std::fabs(sum / n) + 0x1p-126;
            return sum / n;
        default: break;
    }
    const double rms = std::sqrt(squares / n);
    bound = (n + 4) * 0x1p-24 * rms + 0x1p-62;
    return rms;
}

double stored(double bound, double exact, bool bf16) {
    return bf16 ? bound + (std::fabs(exact) + bound) / 256 : bound;
}

/// Runs it on random numbers and holds every element of y against the exact one.
void run_setup(Setup& s, std::mt19937_64& random, Compared& elements, Compared& accesses) {
    const fw::ElementwiseJob& job = s.job;
    REQUIRE(fw::check_elementwise_job(job, test::beats_of_16()) == fw::JobRule::kNone);
    PlainBus bus(s.places.end());
    const float spread = random() % 2 == 0 ? 1.0f : 30.0f;
    const Matrix a = test::put_random(bus, job.a, job.rows, job.columns, spread, random);
    const Matrix b = test::put_random(bus, job.b, job.rows, job.columns, spread, random);
    PlainBus before = bus;
    REQUIRE(fw::do_elementwise(job, test::beats_of_16(), bus));
    const fw::ElementWork work = fw::elementwise_work(job, test::beats_of_16());
    accesses.equal(work.bytes_read, bus.read);
    accesses.equal(work.bytes_written, bus.written);
    accesses.equal(std::memcmp(bus.at(0), before.at(0), job.y.tensor.address), 0);  // operands stay
    const auto name = [&] { return "function " + std::to_string(static_cast<int>(job.function)); };
    const Matrix y = test::get_matrix(bus, job.y, job.rows, s.result_columns());
    const auto holds = [&](uint32_t row, uint32_t column, double exact, double bound) {
        const double error = std::fabs(y.value(row, column) - exact);
        elements.holds(error <= stored(bound, exact, job.y.bf16), name);
    };
    for (uint32_t row = 0; row < job.rows; ++row) {
        std::vector<double> of_row;
        for (uint32_t c = 0; c < job.columns; ++c) {
            of_row.push_back(a.value(row, c));
            if (fw::is_statistic(job.function)) continue;
            const double exact = exact_of(job.function, of_row[c], b.value(row, c), -1.75);
            holds(row, c, exact, bound_of(job.function, of_row[c], exact));
        }
        if (!fw::is_statistic(job.function)) continue;
        const uint32_t length = job.across_blocks ? job.columns : job.a.block;
        for (uint32_t c = 0; c < job.columns; c += length) {
            const auto first = of_row.begin() + c;
            const std::vector<double> some(first, first + std::min(length, job.columns - c));
            if (job.function == ElementFunction::kRowArgmax) {
                const auto most = std::max_element(some.begin(), some.end());
                elements.equal(y.at(row, c / length), uint32_t(most - some.begin()), name);
                continue;
            }
            double bound = 0;
            const double exact = exact_statistic(job.function, some, bound);
            holds(row, c / length, exact, bound);
        }
    }
}

}  // namespace

TEST_CASE("exponential and square root are as near as their bounds say") {
    auto random = test::test_random();
    Compared exponentials("exponentials"), roots("square roots"), numbers("whole numbers");
    std::uniform_real_distribution<float> reach(-87.3f, 88.7f), near(-1, 1);
    double worst = 0;
    for (int i = 0; i < 300000; ++i) {
        const float x = i % 3 == 0 ? near(random) : reach(random);
        const double exact = std::exp(double{x});
        const double error = std::fabs(double{float_of(exp_bits(bits_of(x)))} - exact) / exact;
        worst = std::max(worst, error);
        exponentials.holds(error <= 0x1p-22, [&] { return std::to_string(x); });
        const auto bits = static_cast<uint32_t>(random()) & ~spec::kSign;
        if (spec::is_nan(bits) || spec::is_zero(bits)) continue;
        roots.equal(fw::fp_sqrt(bits), bits_of(std::sqrt(float_of(bits))));
    }
    std::printf("exp: worst relative error 2^%.2f\n", std::log2(worst));
    for (const int32_t n : {0, 1, -1, 127, -126, 4711, 16777215, -16777215})
        numbers.equal(float_of(fw::fp_of(n)), static_cast<float>(n));
    for (int i = -5000; i < 5000; ++i) {
        const float x = static_cast<float>(i) * 0.03125f;
        numbers.equal(fw::fp_round(bits_of(x)), static_cast<int32_t>(std::round(x)));
    }
    exponentials.equal(float_of(exp_bits(bits_of(89.0f))), kInf);
    exponentials.equal(exp_bits(bits_of(-kInf)), 0u);
    exponentials.equal(exp_bits(spec::kNan), spec::kNan);
    exponentials.equal(exp_bits(0), spec::kOne);
    roots.equal(fw::fp_sqrt(spec::kInf), spec::kInf);
    roots.equal(fw::fp_sqrt(bits_of(-1.0f)), spec::kNan);
    roots.equal(fw::fp_sqrt(0), 0u);
}

TEST_CASE("random elementwise jobs: every element within its bound, every access counted") {
    auto random = test::test_random();
    Compared elements("elements"), accesses("counts of bytes, operands");
    for (int i = 0; i < 600; ++i) {
        Setup setup = random_setup(random);
        run_setup(setup, random, elements, accesses);
    }
}

TEST_CASE("elementwise work on NaN, Inf and a memory that ends") {
    Compared results("results");
    test::Places places;
    fw::ElementwiseJob job;
    job.rows = 1;
    job.columns = 3;
    job.across_blocks = true;
    job.a = places.place(1, 3, 3, false);
    job.y = places.place(1, 3, 3, false);
    const auto run_bits = [&](ElementFunction f, uint32_t first) {
        PlainBus bus(places.end());
        job.function = f;
        const uint32_t row[] = {first, bits_of(-2.0f), bits_of(3.0f)};
        for (uint32_t c = 0; c < 3; ++c) test::put_element(bus, job.a, 0, c, row[c]);
        REQUIRE(fw::do_elementwise(job, test::beats_of_16(), bus));
        return test::get_element(bus, job.y, 0, 0);
    };
    const auto run = [&](ElementFunction f, float first) {
        return float_of(run_bits(f, bits_of(first)));
    };
    for (const ElementFunction f :
         {ElementFunction::kRelu, ElementFunction::kSilu, ElementFunction::kGelu,
          ElementFunction::kSigmoid, ElementFunction::kRowMax, ElementFunction::kRowSum,
          ElementFunction::kRowMean, ElementFunction::kRowRms}) {
        results.equal(run_bits(f, 0x7f812345), spec::kNan);
        results.equal(run_bits(f, 0xffc00001), spec::kNan);
        results.equal(run(f, kInf), f == ElementFunction::kSigmoid ? 1 : kInf);
    }
    results.equal(run(ElementFunction::kRelu, -kInf), 0.0f);
    results.equal(run(ElementFunction::kRowMax, -kInf), 3.0f);
    results.equal(run(ElementFunction::kSigmoid, -1000), 0.0f);
    results.equal(run(ElementFunction::kGelu, -1e30f), 0.0f);
    results.equal(run_bits(ElementFunction::kRowArgmax, bits_of(3.0f)), 0u);  // first of equals
    results.equal(run_bits(ElementFunction::kRowArgmax, bits_of(2.0f)), 2u);
    results.equal(run_bits(ElementFunction::kRowArgmax, 0xffc00001), 0u);  // a NaN is largest
    PlainBus shorter(places.end() - 16);
    job.function = ElementFunction::kRelu;
    results.equal(fw::do_elementwise(job, test::beats_of_16(), shorter), false);
    job.a.tensor.pitch = 8;
    results.equal(fw::check_elementwise_job(job, test::beats_of_16()), fw::JobRule::kAlignment);
    job.a.block = 0;
    results.equal(fw::check_elementwise_job(job, test::beats_of_16()), fw::JobRule::kAlignment);
    job.rows = 0;
    results.equal(fw::check_elementwise_job(job, test::beats_of_16()), fw::JobRule::kEmpty);
}
