// SPDX-License-Identifier: MIT
// A gemm on the device: operands, their place in device memory, the result.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "firmware/driver/driver_config.h"
#include "firmware/gemm/gemm_job.h"
#include "host/operation/device_memory.h"
#include "host/operation/memory_map.h"
#include "host/problem/inputs.h"
#include "hw_model/config.h"

namespace tessera::host {

/// C = A B, A [m][k] and B [k][n].
struct Gemm {
    uint32_t m = 0, k = 0, n = 0;
    bool bf16_output = false;
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
    TensorLayout a, b, c;
};

/// Places matrices, in blocks of columns as fw::GemmJob has them, ring and record. UserError if
/// they do not fit the memory, or if the device does not accumulate and would have to.
GemmLayout make_gemm_layout(const Gemm& gemm, const spec::DeviceParams& params, MemoryMap& map);

/// Calls that a gemm takes: tiles of M x D of C times blocks of the inner dimension.
uint64_t gemm_calls(const Gemm& gemm, const spec::DeviceParams& params);

/// Writes A, B, as far as there is data of them, and the identity as bf16; padding is zero.
void write_gemm(const GemmInputs& inputs, const GemmLayout& layout, const MemoryAccess& memory);

}  // namespace tessera::host
