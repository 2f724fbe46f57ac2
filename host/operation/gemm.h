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

/// C = A B, A [m][k] and B [k][n].
struct Gemm {
    uint32_t m = 0, k = 0, n = 0;
    bool bf16_output = false;
    uint32_t a_columns = 0, c_columns = 0;  ///< fw::GemmJob
    std::optional<Slices> slices;           ///< that A is; its buffer is then x
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
/// A then B of random_arrays(). With `shapes_only` none are drawn.
GemmInputs random_gemm(uint64_t seed, bool shapes_only, const Gemm& gemm);

struct GemmLayout {
    fw::GemmJob job;
    fw::DriverConfig driver;
    TensorLayout a, b, c;  ///< a: x of slices
    fw::Tensor a_tensor;   ///< where that is; of slices job.a sees it otherwise
};

/// Columns of a block of A: as asked for, else as many as fit. Blocks of slices are whole beats.
uint32_t gemm_a_block(const Gemm& gemm, const spec::DeviceParams& params);
uint32_t gemm_c_block(const Gemm& gemm, const spec::DeviceParams& params);

/// Places matrices, in blocks of columns as fw::GemmJob has them, ring and record. UserError if
/// they do not fit the memory, if the device has no such blocks or slices, or if it does not
/// accumulate and would have to.
GemmLayout make_gemm_layout(const Gemm& gemm, const spec::DeviceParams& params, MemoryMap& map);

/// Calls that a gemm takes: tiles of C times blocks of A.
uint64_t gemm_calls(const Gemm& gemm, const spec::DeviceParams& params);

/// Writes A (or x), B, as far as there is data of them, and the identity as bf16; padding is zero.
void write_gemm(const GemmInputs& inputs, const GemmLayout& layout, const MemoryAccess& memory);

}  // namespace tessera::host
