// SPDX-License-Identifier: MIT
#include "host/operation/gemm.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "firmware/plan/tiles.h"
#include "host/error.h"
#include "host/io/npy.h"

namespace tessera::host {
namespace {

using fw::tiles_of;

void require_matrix(const TensorView& t) {
    const bool good = t.shape.size() == 2 && t.shape[0] >= 1 && t.shape[1] >= 1 &&
                      t.shape[0] < spec::kPositionLimit && t.shape[1] < spec::kPositionLimit;
    if (!good)
        throw UserError(
            fmt::format("{}: tensor {} has shape {}; allowed: [rows, columns], each 1 to {}",
                        t.file, t.name, shape_text(t.shape), spec::kPositionLimit - 1));
}

void check_by_firmware(const fw::GemmJob& job, const spec::DeviceParams& params) {
    const fw::JobRule rule = fw::check_gemm_job(job, params);
    if (rule == fw::JobRule::kNone) return;
    if (rule == fw::JobRule::kProfile)
        throw bad_value("`experiment`", "inner dimension", std::to_string(job.k),
                        fmt::format("1 to {} on this device, whose profile does not accumulate; "
                                    "any on profile stateful",
                                    fw::gemm_a_block(job, params)));
    throw std::logic_error(
        fmt::format("firmware refuses the gemm, rule {}", static_cast<uint32_t>(rule)));
}

void require_block(const char* matrix, uint32_t columns, uint32_t most) {
    if (columns <= most) return;
    throw UserError(
        fmt::format("gemm: a block of {} has {} columns; allowed: 1 to {}", matrix, columns, most));
}

/// Are the rows of A inside x, and does each, and each block of one, begin with a beat?
void require_slices(const Gemm& p, const Slices& x, const spec::DeviceParams& params) {
    const uint32_t beat = params.bus_bytes / 2;
    if (x.columns == 0 || x.columns % beat != 0 || x.stride == 0)
        throw UserError(
            fmt::format("gemm: slices of {} columns, every {} rows; allowed: a multiple of {} "
                        "columns, the bf16 of a bus beat, every row or fewer",
                        x.columns, x.stride, beat));
    const uint32_t block = gemm_a_block(p, params);
    if (p.k > block && block % beat != 0)
        throw UserError(
            fmt::format("gemm: a block of a has {} columns; allowed with slices: multiples of {}",
                        block, beat));
    if (block > x.step()) require_block("a", block, static_cast<uint32_t>(x.step()));
    const uint64_t end = (p.m - 1) * x.step() + p.k, elements = uint64_t{x.rows} * x.columns;
    if (end > elements)
        throw UserError(
            fmt::format("gemm: {} slices of {} elements, every {}, end at element {}; "
                        "allowed: up to {}",
                        p.m, p.k, x.step(), end, elements));
}

struct Files {
    NpyFile a, b;
};

}  // namespace

GemmInputs open_gemm(const std::string& a, const std::string& b, bool shapes_only, Gemm& gemm) {
    const auto files = std::make_shared<Files>(
        Files{about_field("workload.arrays.a", [&a] { return NpyFile(a, "a"); }),
              about_field("workload.arrays.b", [&b] { return NpyFile(b, "b"); })});
    const TensorView &left = files->a.tensor(), &right = files->b.tensor();
    require_matrix(left);
    require_matrix(right);
    if (left.shape[1] != right.shape[0])
        throw UserError(
            fmt::format("{}: tensor a has shape {} and tensor b of {} has shape {}; a must have as "
                        "many columns as b has rows",
                        left.file, shape_text(left.shape), right.file, shape_text(right.shape)));
    gemm.m = static_cast<uint32_t>(left.shape[0]);
    gemm.k = static_cast<uint32_t>(left.shape[1]);
    gemm.n = static_cast<uint32_t>(right.shape[1]);
    GemmInputs inputs;
    inputs.a = operand_of(left);
    inputs.b = operand_of(right);
    if (!shapes_only) {
        left.require_finite_matrix();
        right.require_finite_matrix();
    }
    inputs.storage = files;
    inputs.description = fmt::format("{}, {}", a, b);
    return inputs;
}

GemmInputs random_gemm(uint64_t seed, bool shapes_only, const Gemm& p) {
    GemmInputs inputs;
    inputs.a.dtype = inputs.b.dtype = "BF16";
    inputs.description = fmt::format("random, seed {}", seed);
    if (shapes_only) return inputs;
    const auto arrays = std::make_shared<std::vector<std::vector<uint16_t>>>(
        random_arrays(seed, {uint64_t{p.m} * p.k, uint64_t{p.k} * p.n}));
    inputs.a = operand_of((*arrays)[0]);
    inputs.b = operand_of((*arrays)[1]);
    inputs.storage = arrays;
    return inputs;
}

uint32_t gemm_a_block(const Gemm& p, const spec::DeviceParams& params) {
    if (p.a_columns != 0) return p.a_columns;
    const uint32_t most = fw::gemm_inner(params);
    if (!p.slices) return most;
    const uint32_t beat = params.bus_bytes / 2;
    const auto fit = static_cast<uint32_t>(std::min<uint64_t>(most, p.slices->step()));
    return p.k <= fit ? fit : std::max(beat, fit / beat * beat);
}

uint32_t gemm_c_block(const Gemm& p, const spec::DeviceParams& params) {
    return p.c_columns != 0 ? p.c_columns : params.d;
}

GemmLayout make_gemm_layout(const Gemm& p, const spec::DeviceParams& params, MemoryMap& map) {
    const uint32_t a_block = gemm_a_block(p, params), c_block = gemm_c_block(p, params);
    const uint32_t block = std::min(p.k, a_block);
    const ElementType type = p.bf16_output ? ElementType::kBf16 : ElementType::kFp32;
    require_block("a", a_block, fw::gemm_inner(params));
    require_block("b and c", c_block, params.d);
    if (p.slices) require_slices(p, *p.slices, params);
    GemmLayout layout;
    layout.driver = map.driver();
    layout.a = p.slices
                   ? TensorLayout::heads(ElementType::kBf16, 1, p.slices->rows, p.slices->columns)
                   : TensorLayout::matrix(ElementType::kBf16, p.m, p.k, a_block);
    layout.b = TensorLayout::matrix(ElementType::kBf16, p.k, p.n, c_block);
    layout.c = TensorLayout::matrix(type, p.m, p.n, c_block);
    fw::GemmJob& job = layout.job;
    job.m = p.m;
    job.k = p.k;
    job.n = p.n;
    job.a_columns = a_block;
    job.c_columns = c_block;
    job.bf16_output = p.bf16_output;
    job.a = layout.a_tensor = map.tensor("a", layout.a);
    if (p.slices) {
        job.a.head_stride = 2 * block;
        job.a.pitch *= p.slices->stride;
    }
    job.b = map.tensor("b", layout.b);
    job.identity = map.tensor("identity", TensorLayout::heads(ElementType::kBf16, 1, block, block));
    job.c = map.tensor("c", layout.c);
    map.check_size();
    check_by_firmware(job, params);
    return layout;
}

uint64_t gemm_calls(const Gemm& p, const spec::DeviceParams& params) {
    return uint64_t{tiles_of(p.m, params.m)} * tiles_of(p.n, gemm_c_block(p, params)) *
           tiles_of(p.k, gemm_a_block(p, params));
}

void write_gemm(const GemmInputs& inputs, const GemmLayout& layout, const MemoryAccess& memory) {
    const auto write = [&](const Operand& operand, const TensorLayout& matrix,
                           const fw::Tensor& to) {
        if (!operand.bf16) return;
        const uint64_t columns = matrix.elements() / matrix.rows;
        write_rows(to, matrix.blocks, matrix.rows, memory,
                   [&](uint64_t block, uint64_t row, uint16_t* out) {
                       operand.bf16(row * columns + block * matrix.columns,
                                    matrix.columns_of(block), out);
                   });
    };
    const fw::GemmJob& job = layout.job;
    write(inputs.a, layout.a, layout.a_tensor);
    write(inputs.b, layout.b, job.b);
    write_identity(job.identity, std::min(job.k, job.a_columns), memory);
}

}  // namespace tessera::host
