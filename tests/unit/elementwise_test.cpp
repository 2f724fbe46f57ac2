// SPDX-License-Identifier: MIT
// Elementwise work of the firmware on a memory of the test: functions against the C library within
// their bounds, statistics, layouts, what is written and what is not, bytes and classes.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "firmware/elementwise/element_functions.h"
#include "firmware/elementwise/elementwise_job.h"
#include "host/float_bits.h"
#include "tests/support/compared.h"

using namespace tessera;
using fw::ElementFunction;
using host::bits_of;
using host::float_of;
using test::Compared;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

/// Memory from address 0 on; it counts accesses.
class PlainBus : public fw::Bus {
  public:
    explicit PlainBus(size_t bytes) : bytes_(bytes, 0xee) {}
    bool read32(uint64_t address, uint32_t& value) override {
        if (address + 4 > bytes_.size()) return false;
        std::memcpy(&value, &bytes_[address], 4);
        read += 4;
        return true;
    }
    bool write32(uint64_t address, uint32_t value) override {
        if (address + 4 > bytes_.size()) return false;
        std::memcpy(&bytes_[address], &value, 4);
        written += 4;
        return true;
    }
    void wait_irq() override {}
    uint8_t* at(uint64_t address) { return &bytes_[address]; }
    size_t size() const { return bytes_.size(); }
    uint64_t read = 0, written = 0;

  private:
    std::vector<uint8_t> bytes_;
};

spec::DeviceParams device() { return {16, 16, 2, 4, 16, spec::Profile::kStateful}; }

/// A job on tensors one behind the other, and what it reads and gives.
struct Setup {
    fw::ElementwiseJob job;
    uint64_t end = 0;

    fw::Tensor place(uint32_t blocks, uint32_t columns, bool bf16) {
        fw::Tensor t;
        t.address = end;
        t.pitch = static_cast<uint32_t>((columns * (bf16 ? 2 : 4) + 15) / 16 * 16);
        t.head_stride = uint64_t{t.pitch} * job.rows;
        end += blocks * t.head_stride;
        return t;
    }
    uint32_t columns_of(uint32_t block) const {
        return block + 1 == job.blocks ? job.last_columns : job.columns;
    }
};

Setup random_setup(std::mt19937_64& random) {
    Setup s;
    fw::ElementwiseJob& job = s.job;
    job.function = static_cast<ElementFunction>(random() % fw::kElementFunctions);
    job.blocks = static_cast<uint32_t>(1 + random() % 3);
    job.rows = static_cast<uint32_t>(1 + random() % 5);
    job.columns = static_cast<uint32_t>(1 + random() % 20);
    job.last_columns = static_cast<uint32_t>(1 + random() % job.columns);
    job.a_bf16 = random() % 2 == 0;
    job.b_bf16 = random() % 2 == 0;
    job.y_bf16 = random() % 2 == 0;
    job.factor = bits_of(-1.75f);
    job.across_blocks = random() % 2 == 0;
    const bool statistic = fw::is_statistic(job.function);
    job.a = s.place(job.blocks, job.columns, job.a_bf16);
    job.b = s.place(job.blocks, job.columns, job.b_bf16);
    job.y = s.place(statistic && job.across_blocks ? 1 : job.blocks, statistic ? 1 : job.columns,
                    job.y_bf16);
    return s;
}

void put(PlainBus& bus, const fw::Tensor& t, uint32_t block, uint32_t row, uint32_t column,
         bool bf16, float x) {
    uint8_t* at = bus.at(fw::row_address(t, block, row) + column * (bf16 ? 2 : 4));
    const uint32_t bits = bits_of(x);
    const uint16_t half = spec::fp32_to_bf16(bits);
    if (bf16)
        std::memcpy(at, &half, 2);
    else
        std::memcpy(at, &bits, 4);
}

float get(PlainBus& bus, const fw::Tensor& t, uint32_t block, uint32_t row, uint32_t column,
          bool bf16) {
    const uint8_t* at = bus.at(fw::row_address(t, block, row) + column * (bf16 ? 2 : 4));
    uint32_t bits = 0;
    std::memcpy(&bits, at, bf16 ? 2 : 4);
    return float_of(bf16 ? bits << 16 : bits);
}

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
    REQUIRE(fw::check_elementwise_job(job, device()) == fw::JobRule::kNone);
    PlainBus bus(s.end);
    std::normal_distribution<float> normal(0, random() % 2 == 0 ? 1.0f : 30.0f);
    for (uint32_t block = 0; block < job.blocks; ++block)
        for (uint32_t row = 0; row < job.rows; ++row)
            for (uint32_t c = 0; c < s.columns_of(block); ++c) {
                put(bus, job.a, block, row, c, job.a_bf16, normal(random));
                put(bus, job.b, block, row, c, job.b_bf16, normal(random));
            }
    PlainBus before = bus;
    REQUIRE(fw::do_elementwise(job, device(), bus));
    const fw::ElementWork work = fw::elementwise_work(job, device());
    accesses.equal(work.bytes_read, bus.read);
    accesses.equal(work.bytes_written, bus.written);
    accesses.equal(std::memcmp(bus.at(0), before.at(0), job.y.address), 0);  // operands stay
    const auto name = [&] { return "function " + std::to_string(static_cast<int>(job.function)); };
    const auto holds = [&](double actual, double exact, double bound) {
        elements.holds(std::fabs(actual - exact) <= stored(bound, exact, job.y_bf16), name);
    };
    for (uint32_t row = 0; row < job.rows; ++row) {
        std::vector<double> of_row;
        for (uint32_t block = 0; block < job.blocks; ++block) {
            for (uint32_t c = 0; c < s.columns_of(block); ++c) {
                const double a = get(bus, job.a, block, row, c, job.a_bf16);
                const double b = get(bus, job.b, block, row, c, job.b_bf16);
                of_row.push_back(a);
                if (fw::is_statistic(job.function)) continue;
                const double exact = exact_of(job.function, a, b, -1.75);
                holds(get(bus, job.y, block, row, c, job.y_bf16), exact,
                      bound_of(job.function, a, exact));
            }
            const bool last = block + 1 == job.blocks;
            if (!fw::is_statistic(job.function) || (job.across_blocks && !last)) continue;
            double bound = 0;
            const double exact = exact_statistic(job.function, of_row, bound);
            holds(get(bus, job.y, job.across_blocks ? 0 : block, row, 0, job.y_bf16), exact, bound);
            of_row.clear();
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
        const double error = std::fabs(double{float_of(fw::fp_exp(bits_of(x)))} - exact) / exact;
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
    exponentials.equal(float_of(fw::fp_exp(bits_of(89.0f))), kInf);
    exponentials.equal(fw::fp_exp(bits_of(-kInf)), 0u);
    exponentials.equal(fw::fp_exp(spec::kNan), spec::kNan);
    exponentials.equal(fw::fp_exp(0), spec::kOne);
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
    Setup s;
    s.job.rows = s.job.blocks = 1;
    s.job.columns = s.job.last_columns = 3;
    s.job.a = s.place(1, 3, false);
    s.job.y = s.place(1, 3, false);
    const auto run = [&](ElementFunction f, float first) {
        PlainBus bus(s.end);
        s.job.function = f;
        const float row[] = {first, -2, 3};
        for (uint32_t c = 0; c < 3; ++c) put(bus, s.job.a, 0, 0, c, false, row[c]);
        REQUIRE(fw::do_elementwise(s.job, device(), bus));
        return get(bus, s.job.y, 0, 0, 0, false);
    };
    for (const ElementFunction f :
         {ElementFunction::kRelu, ElementFunction::kSilu, ElementFunction::kGelu,
          ElementFunction::kSigmoid, ElementFunction::kRowMax, ElementFunction::kRowSum,
          ElementFunction::kRowMean, ElementFunction::kRowRms}) {
        results.holds(std::isnan(run(f, std::nanf(""))), [] { return "NaN stays"; });
        results.equal(run(f, kInf), f == ElementFunction::kSigmoid ? 1 : kInf);
    }
    results.equal(run(ElementFunction::kRelu, -kInf), 0.0f);
    results.equal(run(ElementFunction::kRowMax, -kInf), 3.0f);
    results.equal(run(ElementFunction::kSigmoid, -1000), 0.0f);
    results.equal(run(ElementFunction::kGelu, -1e30f), 0.0f);
    PlainBus shorter(s.end - 16);
    s.job.function = ElementFunction::kRelu;
    results.equal(fw::do_elementwise(s.job, device(), shorter), false);
    s.job.a.pitch = 8;
    results.equal(fw::check_elementwise_job(s.job, device()), fw::JobRule::kAlignment);
    s.job.rows = 0;
    results.equal(fw::check_elementwise_job(s.job, device()), fw::JobRule::kEmpty);
}
