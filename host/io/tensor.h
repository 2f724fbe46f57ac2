// SPDX-License-Identifier: MIT
// A tensor in a file or in memory: element type, shape, and a view on its bytes (any alignment,
// little-endian, last dimension fastest). Conversions follow docs/contract/device.md, 5: bf16 by
// round to nearest even, below 2^-126 a zero of the same sign, one NaN.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "include/tessera/experiment.h"

namespace tessera::host {

/// Element types of the safetensors format whose size is a whole number of bytes.
enum class Dtype {
    kBf16,
    kF16,
    kF32,
    kF64,
    kBool,
    kU8,
    kI8,
    kF8E5M2,
    kF8E4M3,
    kI16,
    kU16,
    kI32,
    kU32,
    kI64,
    kU64
};

/// Its name in a safetensors header: "BF16".
const char* dtype_name(Dtype dtype);
uint32_t dtype_bytes(Dtype dtype);
std::optional<Dtype> dtype_from_name(std::string_view name);

/// What a tensor is for, which says what types it may have.
enum class TensorUse {
    kNumbers,  ///< q, k, v, a, b: what to_bf16, to_float, to_double and find_nonfinite work on
    kFlags     ///< of tiles: a byte each
};
bool is_allowed(Dtype dtype, TensorUse use);
/// The names of the types that are, comma-separated, for messages.
std::string allowed_dtypes(TensorUse use);

using tessera::HeadOrder;

/// "[4, 4096, 64]".
std::string shape_text(const std::vector<uint64_t>& shape);
/// Product of the dimensions (1 for none); nothing if it exceeds 64 bits.
std::optional<uint64_t> element_count(const std::vector<uint64_t>& shape);
/// Element `index` for a person: "head 1, token 17, dim 3" ([heads, tokens, dim], with a leading
/// batch if there are four dimensions, no head if two; heads and tokens in `order`); "[..]" for
/// other ranks.
std::string position_text(const std::vector<uint64_t>& shape, uint64_t index,
                          HeadOrder order = HeadOrder::kHeadsFirst);

/// Elements that no device can take. Counts of elements, `first` is the lowest index among them.
struct NonFinite {
    uint64_t nans = 0;
    uint64_t infs = 0;
    uint64_t overflows = 0;  ///< finite here, but infinite as bf16
    uint64_t first = UINT64_MAX;
    uint64_t count() const { return nans + infs + overflows; }
};

/// Tokens of an entry of a batch, from `begin` up to `end`.
struct TokenRange {
    uint32_t begin = 0, end = 0;
};

/// Points into the file or memory it came from, which must outlive it.
struct TensorView {
    std::string file;  ///< for messages
    std::string name;
    Dtype dtype = Dtype::kF32;
    std::vector<uint64_t> shape;
    HeadOrder order = HeadOrder::kHeadsFirst;  ///< what the dimensions of `shape` are
    const uint8_t* data = nullptr;
    uint64_t elements = 0;

    uint64_t bytes() const { return elements * dtype_bytes(dtype); }
    /// Elements [first, first + count) into out[0..count). UserError if the type cannot be
    /// converted, std::out_of_range if the range is not inside the tensor.
    void to_bf16(uint64_t first, uint64_t count, uint16_t* out) const;
    void to_float(uint64_t first, uint64_t count, float* out) const;
    void to_double(uint64_t first, uint64_t count, double* out) const;
    /// Looks at all elements, or of each entry of a batch only at the tokens of its range.
    /// UserError if the type cannot be converted.
    NonFinite find_nonfinite(const std::vector<TokenRange>& ranges = {}) const;
    /// UserError if the type is not for this use.
    void require_use(TensorUse use) const;
    /// UserError with tensor and position if there is an element that no device can take.
    /// Looks where find_nonfinite does.
    void require_finite(const std::vector<TokenRange>& ranges = {}) const;
    /// The same for a matrix of a command that has no --allow-nonfinite: row and column.
    void require_finite_matrix() const;
};

/// The operand as a tensor, which messages call NAME of the file "memory". UserError if no memory
/// can hold its shape.
TensorView tensor_in_memory(const std::string& name, const Experiment::Operand& operand);

}  // namespace tessera::host
