// SPDX-License-Identifier: MIT
// Where rows of data lie in device memory. Every job is made of such tensors.
#pragma once
#include <stdint.h>

namespace tessera::fw {

/// A tensor [heads][rows][row bytes] in device memory. All in bytes, multiples of the bus width.
struct Tensor {
    uint64_t address = 0;
    uint64_t head_stride = 0;
    uint32_t pitch = 0;  ///< from row to row

    template <typename Each>
    constexpr void fields(Each& each) {
        each(address, head_stride, pitch);
    }
};

constexpr uint64_t row_address(const Tensor& tensor, uint32_t head, uint32_t row) {
    return tensor.address + tensor.head_stride * head + uint64_t{tensor.pitch} * row;
}

/// Does a row of `row_bytes` fit, and does every row begin at a multiple of the bus width? Heads
/// may interleave: [tokens][heads][dim].
constexpr bool placed(const Tensor& tensor, uint32_t row_bytes, uint32_t bus_bytes) {
    const uint64_t bits = tensor.address | tensor.head_stride | tensor.pitch;
    return (bits & (bus_bytes - 1)) == 0 && tensor.pitch >= row_bytes;
}

}  // namespace tessera::fw
