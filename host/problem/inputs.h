// SPDX-License-Identifier: MIT
// Where q, k and v come from: a safetensors file, three .npy files, memory, or a seeded generator.
// Elements are converted to bf16 as they are asked for; nothing is held twice.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/io/tensor.h"
#include "host/problem/problem.h"
#include "host/reference/attention.h"

namespace tessera::host {

/// One operand, flattened to [heads][tokens][dim].
struct Operand {
    /// Elements [first, first + count) as the device gets them.
    std::function<void(uint64_t first, uint64_t count, uint16_t* out)> bf16;
    /// The same as they were given; empty if they were given as bf16.
    ElementReader original;
    std::string dtype;  ///< as given: "F32"
};

/// The elements of `tensor`, which must outlive the operand. UserError if it holds no numbers.
Operand operand_of(const TensorView& tensor);
/// The same of an array of bf16.
Operand operand_of(const std::vector<uint16_t>& values);
/// The operand as the device sees it, or, with `original`, as it was given. It must outlive the
/// reader.
ElementReader reader_of(const Operand& operand, bool original = false);

struct Inputs {
    Operand q, k, v;
    std::vector<double> sink_logits;  ///< of each query head; empty: no sinks, or shapes only
    std::vector<std::string> notes;   ///< what the user should know, a line each
    std::shared_ptr<void> storage;    ///< files or arrays that the operands read
    std::string description;          ///< for the report
    bool has_data = false;            ///< false: shapes only

    bool converted() const { return q.original || k.original || v.original; }
};

/// The dtype of the inputs as they were given, or that of each.
std::string dtypes_of(const Inputs& inputs);

/// Shapes of a generated problem.
struct RandomShape {
    uint64_t heads = 1, tokens = 0, dim = 0;     ///< of q
    uint64_t kv_heads = 0, keys = 0, dim_v = 0;  ///< 0: as q
    uint64_t batch = 0;  ///< sequences, each with so many heads; 0: no batch
};

struct InputFiles {
    std::string safetensors;                             ///< or:
    std::string q, k, v;                                 ///< .npy
    std::array<std::string, 3> names = {"q", "k", "v"};  ///< of the tensors in `safetensors`
    std::optional<HeadOrder> order = {};  ///< empty: heads first, and a note where tokens are fewer
    std::string sink_logits = {};        ///< a tensor of the safetensors file, or .npy; empty: none
    std::string tile_mask = {};          ///< read elsewhere; may be the safetensors file
    Experiment::Operands operands = {};  ///< in memory, instead of files
};

/// Opens and checks files or memory, and fills the shapes of `problem`. With `allow_nonfinite`, NaN
/// and Inf pass; in the padding of a batch, whose lengths `problem` has already, they always do.
/// With `shapes_only` no element is looked at. UserError names file, tensor and both shapes.
Inputs open_inputs(const InputFiles& files, bool allow_nonfinite, bool shapes_only,
                   Problem& problem);

/// Independent standard normal numbers, rounded to bf16: std::mt19937_64(seed), Box-Muller on
/// pairs of 53-bit uniforms, cosine before sine; arrays of so many, one after the other.
std::vector<std::vector<uint16_t>> random_arrays(uint64_t seed,
                                                 const std::vector<uint64_t>& counts);

/// The dimension `name` of --random; UserError unless it is 1 to 2^31 - 1.
uint32_t random_dimension(const char* name, uint64_t value);

/// q then k then v of random_arrays(), then the sink logits of a sequence's heads if `problem` has
/// some, in memory order. With `shapes_only` none are drawn.
Inputs random_inputs(const RandomShape& shape, uint64_t seed, bool shapes_only, Problem& problem);

/// The problem for the double-precision reference, on the operands as the device sees them, or,
/// with `original`, as they were given. `m`: tile tokens, for tile flags. Problem and inputs must
/// outlive it.
ReferenceProblem reference_problem(const Problem& problem, const Inputs& inputs, uint32_t m,
                                   bool original);

}  // namespace tessera::host
