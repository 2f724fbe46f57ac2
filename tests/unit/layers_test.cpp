// SPDX-License-Identifier: MIT
// What the processor does around the gemms of a network, on a memory of the test: epilogue, gate,
// norms, rotary positions, gathered rows, pooling. Each job bit for bit as the oracle, which works
// on whole matrices, and every access counted.
#include <algorithm>
#include <cmath>

#include "firmware/elementwise/epilogue_job.h"
#include "firmware/elementwise/gate_job.h"
#include "firmware/elementwise/gather_job.h"
#include "firmware/elementwise/norm_job.h"
#include "firmware/elementwise/pool_job.h"
#include "firmware/elementwise/rotary_job.h"
#include "tests/support/compared.h"
#include "tests/support/element_oracle.h"
#include "tests/support/matrix_memory.h"

using namespace tessera;
using host::bits_of;
using test::Compared;
using test::fp_add;
using test::fp_div;
using test::fp_mul;
using test::Matrix;
using test::PlainBus;

namespace {

/// Random places and numbers.
class Draw {
  public:
    explicit Draw(std::mt19937_64& random) : random_(random) {}

    uint32_t up_to(uint32_t most) { return static_cast<uint32_t>(1 + random_() % most); }
    bool coin() { return random_() % 2 == 0; }
    /// In any blocks, of any type, perhaps from a column in the middle on.
    fw::MatrixView operand(uint32_t rows, uint32_t columns) {
        const uint32_t first = coin() ? 0 : up_to(20);
        return places_.place(rows, columns, up_to(first + columns), coin(), first);
    }
    fw::MatrixView result(uint32_t rows, uint32_t columns) {
        return places_.place(rows, columns, up_to(columns), coin());
    }
    fw::MatrixView row_of_fp32(uint32_t columns) {
        return places_.place(1, columns, columns, false);
    }
    fw::MatrixView fp32(uint32_t rows, uint32_t columns, uint32_t block) {
        return places_.place(rows, columns, block, false);
    }
    Matrix fill(PlainBus& bus, const fw::MatrixView& view, uint32_t rows, uint32_t columns,
                float spread = 1) {
        return test::put_random(bus, view, rows, columns, spread, random_);
    }
    PlainBus memory() const { return PlainBus(places_.end()); }
    std::mt19937_64& random() { return random_; }

  private:
    std::mt19937_64& random_;
    test::Places places_;
};

/// What all jobs are held against.
struct Checks {
    Compared elements{"elements, bit for bit"}, accesses{"bytes of accesses"};

    template <typename Job>
    void run(const Job& job, PlainBus& bus, const Matrix& expected, const std::string& name) {
        const spec::DeviceParams device = test::beats_of_16();
        REQUIRE(fw::check_elementwise_job(job, device) == fw::JobRule::kNone);
        REQUIRE(fw::do_elementwise(job, device, bus));
        const fw::ElementWork work = fw::elementwise_work(job, device);
        accesses.equal(work.bytes_read, bus.read, [&] { return name; });
        accesses.equal(work.bytes_written, bus.written, [&] { return name; });
        for (uint32_t row = 0; row < expected.rows; ++row)
            for (uint32_t c = 0; c < expected.columns; ++c)
                elements.equal(test::get_element(bus, job.y, row, c),
                               test::oracle_stored(expected.at(row, c), job.y.bf16), [&] {
                                   return name + ": row " + std::to_string(row) + ", column " +
                                          std::to_string(c);
                               });
    }
};

fw::Activation random_activation(Draw& draw) {
    return static_cast<fw::Activation>(draw.up_to(fw::kActivations) - 1);
}

void run_epilogue(Draw& draw, Checks& checks) {
    fw::EpilogueJob job;
    job.activation = random_activation(draw);
    job.scaling = static_cast<fw::Scaling>(draw.up_to(3) - 1);
    job.has_bias = draw.coin();
    job.has_residual = draw.coin();
    job.rows = draw.up_to(5);
    job.columns = draw.up_to(150);
    job.factor = bits_of(0.37f);
    job.a = draw.operand(job.rows, job.columns);
    job.scales = draw.row_of_fp32(job.columns);
    job.bias = draw.row_of_fp32(job.columns);
    job.residual = draw.operand(job.rows, job.columns);
    job.y = draw.result(job.rows, job.columns);
    PlainBus bus = draw.memory();
    const Matrix a = draw.fill(bus, job.a, job.rows, job.columns, 3);
    const Matrix scales = draw.fill(bus, job.scales, 1, job.columns);
    const Matrix bias = draw.fill(bus, job.bias, 1, job.columns);
    const Matrix residual = draw.fill(bus, job.residual, job.rows, job.columns);
    Matrix y(job.rows, job.columns);
    for (uint32_t row = 0; row < job.rows; ++row)
        for (uint32_t c = 0; c < job.columns; ++c) {
            uint32_t x = a.at(row, c);
            if (job.scaling == fw::Scaling::kFactor) x = fp_mul(x, job.factor);
            if (job.scaling == fw::Scaling::kColumns) x = fp_mul(x, scales.at(0, c));
            if (job.has_bias) x = fp_add(x, bias.at(0, c));
            x = test::oracle_activation(job.activation, x);
            y.at(row, c) = job.has_residual ? fp_add(x, residual.at(row, c)) : x;
        }
    checks.run(job, bus, y, "epilogue");
}

void run_gate(Draw& draw, Checks& checks) {
    fw::GateJob job;
    job.activation = random_activation(draw);
    job.rows = draw.up_to(5);
    job.columns = draw.up_to(150);
    job.a = draw.operand(job.rows, 2 * job.columns);
    job.b = job.a;
    job.b.first += job.columns;
    job.y = draw.result(job.rows, job.columns);
    PlainBus bus = draw.memory();
    const Matrix all = draw.fill(bus, job.a, job.rows, 2 * job.columns, 3);
    Matrix y(job.rows, job.columns);
    for (uint32_t row = 0; row < job.rows; ++row)
        for (uint32_t c = 0; c < job.columns; ++c)
            y.at(row, c) =
                fp_mul(all.at(row, c),
                       test::oracle_activation(job.activation, all.at(row, job.columns + c)));
    checks.run(job, bus, y, "gate");
}

/// Numbers added 64 at a time, and these sums then.
uint32_t long_sum(const std::vector<uint32_t>& all) {
    uint32_t total = 0;
    for (size_t first = 0; first < all.size(); first += 64) {
        uint32_t part = 0;
        for (size_t i = first; i < std::min(all.size(), first + 64); ++i)
            part = fp_add(part, all[i]);
        total = fp_add(total, part);
    }
    return total;
}

/// The sum of (a - mean)^power over rows [first, end).
uint32_t oracle_sum(const Matrix& a, uint32_t first, uint32_t end, uint32_t mean, bool squares) {
    std::vector<uint32_t> rows;
    for (uint32_t row = first; row < end; ++row) {
        uint32_t sum = 0;
        for (uint32_t c = 0; c < a.columns; ++c) {
            const uint32_t x = fp_add(a.at(row, c), mean ^ spec::kSign);
            sum = fp_add(sum, squares ? fp_mul(x, x) : a.at(row, c));
        }
        rows.push_back(sum);
    }
    return long_sum(rows);
}

/// The exact root of an fp32, rounded once.
uint32_t oracle_root(uint32_t x) { return bits_of(std::sqrt(host::float_of(x))); }

Matrix oracle_norm(const fw::NormJob& job, const Matrix& a, const Matrix& gamma,
                   const Matrix& beta) {
    Matrix y(a.rows, a.columns);
    const uint32_t together = job.norm == fw::Norm::kWhole ? a.rows : 1;
    for (uint32_t first = 0; first < a.rows; first += together) {
        const uint32_t end = first + together;
        const auto mean_of = [&](uint32_t sum) {
            return fp_div(fp_div(sum, bits_of(static_cast<float>(a.columns))),
                          bits_of(static_cast<float>(together)));
        };
        uint32_t mean = 0;
        if (job.norm == fw::Norm::kLayer || job.norm == fw::Norm::kWhole)
            mean = mean_of(oracle_sum(a, first, end, 0, false));
        uint32_t squares = oracle_sum(a, first, end, mean, true);
        if (job.norm != fw::Norm::kL2) squares = mean_of(squares);
        const uint32_t inverse = fp_div(spec::kOne, oracle_root(fp_add(squares, job.eps)));
        for (uint32_t row = first; row < end; ++row)
            for (uint32_t c = 0; c < a.columns; ++c) {
                uint32_t x = fp_mul(fp_add(a.at(row, c), mean ^ spec::kSign), inverse);
                if (job.has_gamma) x = fp_mul(x, gamma.at(0, c));
                y.at(row, c) = job.has_beta ? fp_add(x, beta.at(0, c)) : x;
            }
    }
    return y;
}

void run_norm(Draw& draw, Checks& checks) {
    fw::NormJob job;
    job.norm = static_cast<fw::Norm>(draw.up_to(fw::kNorms) - 1);
    job.has_gamma = draw.coin();
    job.has_beta = draw.coin();
    job.rows = draw.up_to(job.norm == fw::Norm::kWhole ? 200 : 5);
    job.columns = draw.up_to(150);
    job.eps = bits_of(1e-5f);
    job.a = draw.operand(job.rows, job.columns);
    job.gamma = draw.row_of_fp32(job.columns);
    job.beta = draw.row_of_fp32(job.columns);
    job.y = draw.coin() && job.a.first == 0 ? job.a : draw.result(job.rows, job.columns);
    PlainBus bus = draw.memory();
    const Matrix a = draw.fill(bus, job.a, job.rows, job.columns, 3);
    const Matrix gamma = draw.fill(bus, job.gamma, 1, job.columns);
    const Matrix beta = draw.fill(bus, job.beta, 1, job.columns);
    checks.run(job, bus, oracle_norm(job, a, gamma, beta),
               "norm " + std::to_string(static_cast<int>(job.norm)));
}

void run_rotary(Draw& draw, Checks& checks) {
    fw::RotaryJob job;
    job.pairs = draw.coin() ? fw::RotaryPairs::kInterleaved : fw::RotaryPairs::kHalves;
    job.has_factor = draw.coin();
    job.rows = draw.up_to(5);
    job.heads = draw.up_to(3);
    job.width = draw.up_to(140);
    job.rotated = draw.up_to(job.width + 1) / 2 * 2;
    job.rotated = std::min(job.rotated, job.width / 2 * 2);
    job.position = draw.up_to(4) - 1;
    job.factor = bits_of(0.125f);
    const uint32_t columns = job.heads * job.width, positions = job.position + job.rows;
    job.a = draw.operand(job.rows, columns);
    job.table = draw.fp32(positions, std::max(job.rotated, 2u), std::max(job.rotated, 2u));
    job.y = draw.result(job.rows, columns);
    PlainBus bus = draw.memory();
    const Matrix a = draw.fill(bus, job.a, job.rows, columns);
    const Matrix table = draw.fill(bus, job.table, positions, std::max(job.rotated, 2u));
    Matrix y = a;
    const uint32_t pairs = job.rotated / 2;
    for (uint32_t row = 0; row < job.rows; ++row)
        for (uint32_t at = 0; at < job.heads * pairs; ++at) {
            const uint32_t i = at % pairs, head = at / pairs * job.width;
            const bool halves = job.pairs == fw::RotaryPairs::kHalves;
            const uint32_t u = head + (halves ? i : 2 * i);
            const uint32_t v = halves ? u + pairs : u + 1;
            const uint32_t cosine = table.at(job.position + row, i);
            const uint32_t sine = table.at(job.position + row, pairs + i);
            y.at(row, u) =
                fp_add(fp_mul(a.at(row, u), cosine), fp_mul(a.at(row, v), sine) ^ spec::kSign);
            y.at(row, v) = fp_add(fp_mul(a.at(row, v), cosine), fp_mul(a.at(row, u), sine));
        }
    if (job.has_factor)
        for (uint32_t& x : y.bits) x = fp_mul(x, job.factor);
    checks.run(job, bus, y, "rotary");
}

void run_gather(Draw& draw, Checks& checks) {
    fw::GatherJob job;
    job.has_factor = draw.coin();
    job.rows = draw.up_to(6);
    job.columns = draw.up_to(150);
    job.table_rows = draw.up_to(9);
    job.factor = bits_of(0.75f);
    job.ids = draw.fp32(job.rows, 1, 1);
    job.table = draw.operand(job.table_rows, job.columns);
    job.y = draw.result(job.rows, job.columns);
    PlainBus bus = draw.memory();
    const Matrix table = draw.fill(bus, job.table, job.table_rows, job.columns);
    Matrix y(job.rows, job.columns);
    for (uint32_t row = 0; row < job.rows; ++row) {
        const uint32_t id = draw.up_to(job.table_rows + 1) - 1;  // now and then there is none
        test::put_element(bus, job.ids, row, 0, id);
        for (uint32_t c = 0; c < job.columns; ++c) {
            const uint32_t x = id < job.table_rows ? table.at(id, c) : spec::kNan;
            y.at(row, c) = job.has_factor ? fp_mul(x, job.factor) : x;
        }
    }
    checks.run(job, bus, y, "gather");
}

void run_pool(Draw& draw, Checks& checks) {
    fw::PoolJob job;
    job.rows = draw.up_to(200);
    job.columns = draw.up_to(150);
    job.a = draw.operand(job.rows, job.columns);
    job.y = draw.result(1, job.columns);
    PlainBus bus = draw.memory();
    const Matrix a = draw.fill(bus, job.a, job.rows, job.columns);
    Matrix y(1, job.columns);
    for (uint32_t c = 0; c < job.columns; ++c) {
        std::vector<uint32_t> column(job.rows);
        for (uint32_t row = 0; row < job.rows; ++row) column[row] = a.at(row, c);
        y.at(0, c) = fp_div(long_sum(column), bits_of(static_cast<float>(job.rows)));
    }
    checks.run(job, bus, y, "pool");
}

/// 150 random jobs of a kind.
template <typename Run>
void many(Run run) {
    auto random = test::test_random();
    Checks checks;
    for (int i = 0; i < 150; ++i) {
        Draw draw(random);
        run(draw, checks);
    }
}

}  // namespace

TEST_CASE("epilogues of linear layers: the bits of the oracle") { many(run_epilogue); }
TEST_CASE("gates of two halves of a matrix: the bits of the oracle") { many(run_gate); }
TEST_CASE("norms: the bits of the oracle") { many(run_norm); }
TEST_CASE("rotary positions: the bits of the oracle") { many(run_rotary); }
TEST_CASE("gathered rows: the bits of the oracle") { many(run_gather); }
TEST_CASE("means over rows: the bits of the oracle") { many(run_pool); }
