// SPDX-License-Identifier: MIT
#include "host/operation/gemm.h"

#include <fmt/format.h>

#include "host/error.h"
#include "host/io/npy.h"

namespace tessera::host {
namespace {

void require_matrix(const TensorView& t) {
    const bool good = t.shape.size() == 2 && t.shape[0] >= 1 && t.shape[1] >= 1 &&
                      t.shape[0] < spec::kPositionLimit && t.shape[1] < spec::kPositionLimit;
    if (!good)
        throw UserError(
            fmt::format("{}: tensor {} has shape {}; allowed: [rows, columns], each 1 to {}",
                        t.file, t.name, shape_text(t.shape), spec::kPositionLimit - 1));
}

struct Files {
    NpyFile a, b;
};

/// Both tensors must outlive the inputs.
GemmInputs inputs_from(const TensorView& left, const TensorView& right, bool shapes_only,
                       Gemm& gemm) {
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
    if (!shapes_only) {
        left.require_finite_matrix();
        right.require_finite_matrix();
    }
    GemmInputs inputs;
    inputs.a = operand_of(left);
    inputs.b = operand_of(right);
    return inputs;
}

}  // namespace

GemmInputs open_gemm(const std::string& a, const std::string& b, bool shapes_only, Gemm& gemm) {
    const auto files = std::make_shared<Files>(
        Files{about_field("workload.arrays.a", [&a] { return NpyFile(a, "a"); }),
              about_field("workload.arrays.b", [&b] { return NpyFile(b, "b"); })});
    GemmInputs inputs = inputs_from(files->a.tensor(), files->b.tensor(), shapes_only, gemm);
    inputs.storage = files;
    inputs.description = fmt::format("{}, {}", a, b);
    return inputs;
}

GemmInputs take_gemm(const Experiment::Operand& a, const Experiment::Operand& b, bool shapes_only,
                     Gemm& gemm) {
    const auto tensors = std::make_shared<std::pair<TensorView, TensorView>>(
        about_field("workload.operands.a", [&a] { return tensor_in_memory("a", a); }),
        about_field("workload.operands.b", [&b] { return tensor_in_memory("b", b); }));
    GemmInputs inputs = inputs_from(tensors->first, tensors->second, shapes_only, gemm);
    inputs.storage = tensors;
    inputs.description = "memory";
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

}  // namespace tessera::host
