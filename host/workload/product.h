// SPDX-License-Identifier: MIT
// A product of two matrices on the device: operands, their place in device memory, the result.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "firmware/product_job.h"
#include "host/workload/device_memory.h"
#include "host/workload/inputs.h"
#include "hw_model/config.h"

namespace tessera::host {

/// C = A B, A [m][k] and B [k][n].
struct Product {
    uint32_t m = 0, k = 0, n = 0;
    bool bf16_output = false;
};

struct ProductInputs {
    Operand a, b;
    std::shared_ptr<void> storage;  ///< files or arrays that the operands read
    std::string description;        ///< for the report
};

/// Opens two .npy files and fills the shapes of `product`. With `shapes_only` no element is looked
/// at. UserError names file, tensor and shape; NaN and Inf do not pass, as one of them in A makes a
/// whole row NaN: it is multiplied with zeros of the identity.
ProductInputs open_product(const std::string& a, const std::string& b, bool shapes_only,
                           Product& product);
/// A then B of random_arrays(). With `shapes_only` none are drawn.
ProductInputs random_product(uint64_t seed, bool shapes_only, const Product& product);

struct ProductLayout {
    fw::ProductJob job;
    fw::DriverConfig driver;
    std::vector<Region> regions;  ///< ascending, without overlap
    uint64_t end = 0;             ///< first byte that is not used
};

/// Places matrices, in blocks of columns as fw::ProductJob has them, ring and record. UserError if
/// they do not fit the memory, or if the device does not accumulate and would have to.
ProductLayout make_product_layout(const Product& product, const hw::PlatformConfig& config);

/// Calls that a product takes: tiles of M x D of C times blocks of the inner dimension.
uint64_t product_calls(const Product& product, const spec::DeviceParams& params);

/// Writes A, B and the identity as bf16; padding is zero.
void write_product(const ProductInputs& inputs, const ProductLayout& layout,
                   const spec::DeviceParams& params, const MemoryAccess& memory);

/// C, [m][n].
std::vector<float> read_product(const ProductLayout& layout, const spec::DeviceParams& params,
                                const MemoryAccess& memory);

}  // namespace tessera::host
