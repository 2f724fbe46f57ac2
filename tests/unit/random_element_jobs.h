// SPDX-License-Identifier: MIT
// Random legal jobs of the processor's own work, for a device with 16 bytes a beat.
#pragma once
#include <cstdint>
#include <random>

#include "firmware/elementwise/elementwise_job.h"
#include "firmware/elementwise/epilogue_job.h"
#include "firmware/elementwise/gate_job.h"
#include "firmware/elementwise/gather_job.h"
#include "firmware/elementwise/norm_job.h"
#include "firmware/elementwise/pool_job.h"
#include "firmware/elementwise/rotary_job.h"
#include "tests/support/matrix_memory.h"

namespace tessera::test {

/// Jobs one after the other; their operands lie in places of their own.
class RandomElementJobs {
  public:
    explicit RandomElementJobs(std::mt19937_64& random) : random_(random) {}

    fw::ElementwiseJob elementwise() {
        fw::ElementwiseJob job;
        job.function = choice<fw::ElementFunction>(fw::kElementFunctions);
        job.rows = draw(1, 4);
        job.columns = draw(1, 90);
        job.factor = bits();
        job.a = operand(job.rows, job.columns);
        job.b = operand(job.rows, job.columns);
        job.across_blocks = fw::is_statistic(job.function) && coin();
        uint32_t columns = job.columns;
        if (fw::is_statistic(job.function))
            columns = job.across_blocks ? 1 : (columns + job.a.block - 1) / job.a.block;
        job.y = result(job.rows, columns);
        if (job.function == fw::ElementFunction::kRowArgmax) job.y = fp32(job.rows, columns);
        return job;
    }
    fw::EpilogueJob epilogue() {
        fw::EpilogueJob job;
        job.activation = choice<fw::Activation>(fw::kActivations);
        job.scaling = choice<fw::Scaling>(fw::kScalings);
        job.has_bias = coin();
        job.has_residual = coin();
        job.rows = draw(1, 4);
        job.columns = draw(1, 90);
        job.factor = bits();
        job.a = operand(job.rows, job.columns);
        job.scales = operand(1, job.columns);
        job.bias = operand(1, job.columns);
        job.residual = operand(job.rows, job.columns);
        job.y = result(job.rows, job.columns);
        return job;
    }
    fw::GateJob gate() {
        fw::GateJob job;
        job.activation = choice<fw::Activation>(fw::kActivations);
        job.rows = draw(1, 4);
        job.columns = draw(1, 90);
        job.a = operand(job.rows, job.columns);
        job.b = operand(job.rows, job.columns);
        job.y = result(job.rows, job.columns);
        return job;
    }
    fw::NormJob norm() {
        fw::NormJob job;
        job.norm = choice<fw::Norm>(fw::kNorms);
        job.has_gamma = coin();
        job.has_beta = coin();
        job.rows = draw(1, 4);
        job.columns = draw(1, 90);
        job.eps = bits();
        job.a = operand(job.rows, job.columns);
        job.gamma = operand(1, job.columns);
        job.beta = operand(1, job.columns);
        job.y = result(job.rows, job.columns);
        return job;
    }
    fw::RotaryJob rotary() {
        fw::RotaryJob job;
        job.pairs = choice<fw::RotaryPairs>(fw::kRotaryPairs);
        job.has_factor = coin();
        job.rows = draw(1, 4);
        job.heads = draw(1, 3);
        job.width = draw(2, 40);
        job.rotated = 2 * draw(1, job.width / 2);
        job.position = draw(0, 5);
        job.factor = bits();
        job.a = operand(job.rows, job.heads * job.width);
        job.table = operand(job.position + job.rows, job.rotated);
        job.y = result(job.rows, job.heads * job.width);
        return job;
    }
    fw::GatherJob gather() {
        fw::GatherJob job;
        job.has_factor = coin();
        job.rows = draw(1, 4);
        job.columns = draw(1, 90);
        job.table_rows = draw(1, 9);
        job.factor = bits();
        job.ids = fp32(job.rows, 1);
        job.table = operand(job.table_rows, job.columns);
        job.y = result(job.rows, job.columns);
        return job;
    }
    fw::PoolJob pool() {
        fw::PoolJob job;
        job.rows = draw(1, 90);
        job.columns = draw(1, 90);
        job.a = operand(job.rows, job.columns);
        job.y = result(1, job.columns);
        return job;
    }

  private:
    uint32_t draw(uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random_() % (high - low + 1));
    }
    bool coin() { return random_() % 2 == 0; }
    /// Of a number of some size.
    uint32_t bits() { return 0x3f000000 + draw(0, 0xffffff); }
    template <typename Choice>
    Choice choice(uint32_t count) {
        return static_cast<Choice>(draw(0, count - 1));
    }
    /// In any blocks, of any type, perhaps from a column in the middle on.
    fw::MatrixView operand(uint32_t rows, uint32_t columns) {
        const uint32_t first = coin() ? 0 : draw(1, 20);
        return places_.place(rows, columns, draw(1, first + columns), coin(), first);
    }
    fw::MatrixView result(uint32_t rows, uint32_t columns) {
        return places_.place(rows, columns, draw(1, columns), coin());
    }
    fw::MatrixView fp32(uint32_t rows, uint32_t columns) {
        return places_.place(rows, columns, columns, false);
    }

    std::mt19937_64& random_;
    Places places_;
};

}  // namespace tessera::test
