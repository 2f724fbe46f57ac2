// SPDX-License-Identifier: MIT
// A gemm on the device: operands, their place in device memory, the result.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/driver/driver_config.h"
#include "firmware/gemm/gemm_job.h"
#include "host/operation/device_memory.h"
#include "host/operation/memory_map.h"
#include "host/problem/inputs.h"
#include "hw_model/config.h"

namespace tessera::host {

/// A matrix x [rows][columns] whose slices are the rows of A: row t has the k elements from
/// x[t * stride][0] on. x lies row by row without gaps. So a convolution over time is a gemm, with
/// columns for channels and k = taps * columns, and nothing is copied.
struct Slices {
    uint32_t rows = 0, columns = 0, stride = 0;

    uint64_t step() const { return uint64_t{stride} * columns; }  ///< elements from row to row of A
};

/// How the device is made to multiply. Where A has few rows, forms differ much in cycles.
enum class GemmForm {
    kRows,     ///< rows of A are queries, B is values: C = A B
    kColumns,  ///< columns of B are queries, A is values: C^T = B^T A^T, with the same bits
    /// Columns of B are queries, rows of A keys: the score stage multiplies. What a block of k adds
    /// to an element of C is rounded to bf16.
    kScores
};
/// "rows", "columns" or "scores".
const char* form_name(GemmForm form);
constexpr bool is_transposed(GemmForm form) { return form != GemmForm::kRows; }

/// C = A B, A [m][k] and B [k][n].
struct Gemm {
    uint32_t m = 0, k = 0, n = 0;
    bool bf16_output = false;
    uint32_t a_columns = 0;        ///< of a block of k; 0: as many as fit
    uint32_t c_columns = 0;        ///< of a block of C, or of C^T; 0: as many as fit
    std::optional<Slices> slices;  ///< that A is; its buffer is then x. Form kRows only
    GemmForm form = GemmForm::kRows;
};

struct GemmInputs {
    Operand a, b;
    std::shared_ptr<void> storage;  ///< files or arrays that the operands read
    std::string description;        ///< for the report
};

/// Opens two .npy files and fills the shapes of `gemm`. With `shapes_only` no element is looked
/// at. UserError names file, tensor and shape; NaN and Inf do not pass, as one of them in A makes a
/// whole row NaN: it is multiplied with zeros of the identity.
GemmInputs open_gemm(const std::string& a, const std::string& b, bool shapes_only, Gemm& gemm);
/// The same of two tensors in memory, which must outlive the inputs.
GemmInputs take_gemm(const Experiment::Operand& a, const Experiment::Operand& b, bool shapes_only,
                     Gemm& gemm);
/// A then B of random_arrays(). With `shapes_only` none are drawn.
GemmInputs random_gemm(uint64_t seed, bool shapes_only, const Gemm& gemm);

/// A matrix in device memory, as it is or transposed.
struct PlacedMatrix {
    TensorLayout layout;
    fw::Tensor tensor;
    bool transposed = false;
};

/// kColumns has A, B and C transposed in memory, kScores B and C. B^T lies row by row, so that a
/// DRAM reads a tile from many banks; everything else lies in blocks of columns.
struct GemmLayout {
    fw::GemmJob job;
    fw::DriverConfig driver;
    PlacedMatrix a, b, c;  ///< a: x of slices
};

/// Columns of a block of k, and of one of C or C^T: as asked for, else as many as fit. Where rows
/// lie in one piece, blocks of k are whole beats.
uint32_t gemm_a_block(const Gemm& gemm, const spec::DeviceParams& params);
uint32_t gemm_c_block(const Gemm& gemm, const spec::DeviceParams& params);

/// How its matrices lie in memory. A: x of slices.
struct GemmMatrices {
    TensorLayout a, b, c;
};
GemmMatrices gemm_matrices(const Gemm& gemm, const spec::DeviceParams& params);

/// Places matrices, in blocks of columns as fw::GemmJob has them, ring and record. UserError if
/// they do not fit the memory, if the device has no such blocks or slices, or if it does not
/// accumulate and would have to.
GemmLayout make_gemm_layout(const Gemm& gemm, const spec::DeviceParams& params, MemoryMap& map);

/// Calls that a gemm takes: tiles of C times blocks of A.
uint64_t gemm_calls(const Gemm& gemm, const spec::DeviceParams& params);

/// Writes A (or x), B, as far as there is data of them, and the identity as bf16; padding is zero.
void write_gemm(const GemmInputs& inputs, const GemmLayout& layout, const MemoryAccess& memory);
/// The elements of a matrix, row by row, the right way round.
std::vector<float> read_placed(const PlacedMatrix& matrix, const MemoryAccess& memory);

}  // namespace tessera::host
