// SPDX-License-Identifier: MIT
// Where a gemm's matrices lie, in each of its forms.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "firmware/plan/tiles.h"
#include "host/error.h"
#include "host/operation/gemm.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

using fw::tiles_of;

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

constexpr const char* kInnerBlock = "workload.inner_block";
constexpr const char* kColumnBlock = "workload.column_block";

void require_block(const char* field, uint32_t columns, uint32_t most) {
    if (columns <= most) return;
    const char* what = field == kInnerBlock ? "k" : "c";
    const std::string allowed = fmt::format("1 to {}", most);
    throw UserError(
        fmt::format("gemm: a block of {} has {} columns; allowed: {}", what, columns, allowed),
        {field, std::to_string(columns), allowed});
}

uint32_t beat_of(const spec::DeviceParams& params) { return params.bus_bytes / 2; }

/// Blocks within rows that lie in one piece begin with a beat.
void require_whole_beats(const Gemm& p, const spec::DeviceParams& params) {
    const uint32_t block = gemm_a_block(p, params), beat = beat_of(params);
    if (p.k <= block || block % beat == 0) return;
    const std::string allowed = fmt::format("multiples of {}", beat);
    throw UserError(
        fmt::format("gemm: a block of k has {} columns; allowed with {}: {}", block,
                    p.slices ? "slices" : fmt::format("form {}", form_name(p.form)), allowed),
        {kInnerBlock, std::to_string(block), allowed});
}

/// Are the rows of A inside x, and does each begin with a beat?
void require_slices(const Gemm& p, const Slices& x, const spec::DeviceParams& params) {
    const uint32_t beat = beat_of(params);
    if (p.form != GemmForm::kRows)
        throw UserError(fmt::format("gemm: slices need form rows, not {}", form_name(p.form)));
    if (x.columns == 0 || x.columns % beat != 0 || x.stride == 0)
        throw UserError(
            fmt::format("gemm: slices of {} columns, every {} rows; allowed: a multiple of {} "
                        "columns, the bf16 of a bus beat, every row or fewer",
                        x.columns, x.stride, beat));
    const uint32_t block = gemm_a_block(p, params);
    if (block > x.step()) require_block(kInnerBlock, block, static_cast<uint32_t>(x.step()));
    const uint64_t end = (p.m - 1) * x.step() + p.k, elements = uint64_t{x.rows} * x.columns;
    if (end > elements)
        throw UserError(
            fmt::format("gemm: {} slices of {} elements, every {}, end at element {}; "
                        "allowed: up to {}",
                        p.m, p.k, x.step(), end, elements));
}

/// Does B^T lie row by row? A beat may be more than the device takes of a row; then in blocks.
bool weights_by_rows(const Gemm& p, const spec::DeviceParams& params) {
    return is_transposed(p.form) && fw::gemm_inner(params) >= beat_of(params);
}

/// Sees rows that lie in one piece in blocks of `block` columns: whole beats, or a single block.
fw::Tensor in_blocks(fw::Tensor rows, uint32_t block, uint32_t stride,
                     const spec::DeviceParams& params) {
    rows.head_stride = spec::round_up(uint64_t{2} * block, params.bus_bytes);
    rows.pitch *= stride;
    return rows;
}

fw::GemmStage stage_of(GemmForm form) {
    return form == GemmForm::kScores ? fw::GemmStage::kScore : fw::GemmStage::kValue;
}

/// The job on matrices that have their place.
void fill_job(const Gemm& p, const spec::DeviceParams& params, GemmLayout& layout) {
    fw::GemmJob& job = layout.job;
    const bool transposed = is_transposed(p.form);
    job.m = transposed ? p.n : p.m;
    job.k = p.k;
    job.n = transposed ? p.m : p.n;
    job.a_columns = gemm_a_block(p, params);
    job.c_columns = gemm_c_block(p, params);
    job.bf16_output = p.bf16_output;
    job.stage = stage_of(p.form);
    job.a = transposed ? layout.b.tensor : layout.a.tensor;
    job.b = transposed ? layout.a.tensor : layout.b.tensor;
    const uint32_t block = std::min(job.k, job.a_columns);
    if (p.slices) job.a = in_blocks(job.a, block, p.slices->stride, params);
    if (weights_by_rows(p, params)) job.a = in_blocks(job.a, block, 1, params);
}

uint32_t identity_rows(const fw::GemmJob& job) {
    return job.stage == fw::GemmStage::kScore ? std::min(job.n, job.c_columns)
                                              : std::min(job.k, job.a_columns);
}

/// [columns][rows] of a matrix [rows][columns].
template <typename Number>
std::vector<Number> transposed(const std::vector<Number>& matrix, uint64_t rows, uint64_t columns) {
    std::vector<Number> result(matrix.size());
    for (uint64_t row = 0; row < rows; ++row)
        for (uint64_t column = 0; column < columns; ++column)
            result[column * rows + row] = matrix[row * columns + column];
    return result;
}

void write_placed(const Operand& operand, const PlacedMatrix& matrix, const MemoryAccess& memory) {
    if (!operand.bf16) return;
    const TensorLayout& layout = matrix.layout;
    const uint64_t columns = layout.elements() / layout.rows;
    Operand source = operand;
    std::vector<uint16_t> elements;
    if (matrix.transposed) {
        elements.resize(layout.elements());
        operand.bf16(0, elements.size(), elements.data());
        elements = transposed(elements, columns, layout.rows);
        source = operand_of(elements);
    }
    write_rows(matrix.tensor, layout.blocks, layout.rows, memory,
               [&](uint64_t block, uint64_t row, uint16_t* out) {
                   source.bf16(row * columns + block * layout.columns, layout.columns_of(block),
                               out);
               });
}

}  // namespace

const char* form_name(GemmForm form) {
    switch (form) {
        case GemmForm::kColumns: return "columns";
        case GemmForm::kScores: return "scores";
        default: return "rows";
    }
}

uint32_t gemm_a_block(const Gemm& p, const spec::DeviceParams& params) {
    if (p.a_columns != 0) return p.a_columns;
    uint32_t most = fw::gemm_inner(params);
    if (p.slices) most = static_cast<uint32_t>(std::min<uint64_t>(most, p.slices->step()));
    if (p.k <= most || (!p.slices && !weights_by_rows(p, params))) return most;
    const uint32_t beat = beat_of(params);
    return std::max(beat, most / beat * beat);
}

uint32_t gemm_c_block(const Gemm& p, const spec::DeviceParams& params) {
    return p.c_columns != 0 ? p.c_columns : fw::gemm_columns(stage_of(p.form), params);
}

GemmMatrices gemm_matrices(const Gemm& p, const spec::DeviceParams& params) {
    const uint32_t a_block = gemm_a_block(p, params), c_block = gemm_c_block(p, params);
    const bool columns = p.form == GemmForm::kColumns, transposed = is_transposed(p.form);
    const ElementType bf16 = ElementType::kBf16;
    const ElementType type = p.bf16_output ? bf16 : ElementType::kFp32;
    GemmMatrices lie;
    if (p.slices)
        lie.a = TensorLayout::heads(bf16, 1, p.slices->rows, p.slices->columns);
    else
        lie.a = columns ? TensorLayout::matrix(bf16, p.k, p.m, c_block)
                        : TensorLayout::matrix(bf16, p.m, p.k, a_block);
    if (weights_by_rows(p, params))
        lie.b = TensorLayout::heads(bf16, 1, p.n, p.k);
    else
        lie.b = transposed ? TensorLayout::matrix(bf16, p.n, p.k, a_block)
                           : TensorLayout::matrix(bf16, p.k, p.n, c_block);
    lie.c = transposed ? TensorLayout::matrix(type, p.n, p.m, c_block)
                       : TensorLayout::matrix(type, p.m, p.n, c_block);
    return lie;
}

GemmLayout make_gemm_layout(const Gemm& p, const spec::DeviceParams& params, MemoryMap& map) {
    require_block(kInnerBlock, gemm_a_block(p, params), fw::gemm_inner(params));
    require_block(kColumnBlock, gemm_c_block(p, params),
                  fw::gemm_columns(stage_of(p.form), params));
    if (p.slices) require_slices(p, *p.slices, params);
    if (p.slices || weights_by_rows(p, params)) require_whole_beats(p, params);
    GemmLayout layout;
    layout.driver = map.driver();
    const GemmMatrices lie = gemm_matrices(p, params);
    layout.a = {lie.a, map.tensor("a", lie.a), p.form == GemmForm::kColumns};
    layout.b = {lie.b, map.tensor("b", lie.b), is_transposed(p.form)};
    fill_job(p, params, layout);
    const uint32_t rows = identity_rows(layout.job);
    layout.job.identity =
        map.tensor("identity", TensorLayout::heads(ElementType::kBf16, 1, rows, rows));
    layout.c = {lie.c, map.tensor("c", lie.c), is_transposed(p.form)};
    layout.job.c = layout.c.tensor;
    map.check_size();
    check_by_firmware(layout.job, params);
    return layout;
}

uint64_t gemm_calls(const Gemm& p, const spec::DeviceParams& params) {
    const bool transposed = is_transposed(p.form);
    return uint64_t{tiles_of(transposed ? p.n : p.m, params.m)} *
           tiles_of(transposed ? p.m : p.n, gemm_c_block(p, params)) *
           tiles_of(p.k, gemm_a_block(p, params));
}

void write_gemm(const GemmInputs& inputs, const GemmLayout& layout, const MemoryAccess& memory) {
    write_placed(inputs.a, layout.a, memory);
    write_placed(inputs.b, layout.b, memory);
    write_identity(layout.job.identity, identity_rows(layout.job), memory);
}

std::vector<float> read_placed(const PlacedMatrix& matrix, const MemoryAccess& memory) {
    std::vector<float> elements = read_matrix(matrix.layout, matrix.tensor, memory);
    const uint64_t rows = matrix.layout.rows;
    return matrix.transposed ? transposed(elements, rows, elements.size() / rows) : elements;
}

}  // namespace tessera::host
