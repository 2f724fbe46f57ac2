// SPDX-License-Identifier: MIT
// Small safetensors and .npy files as inputs.
#pragma once
#include <fstream>
#include <string>
#include <vector>

#include "host/io/safetensors.h"

namespace tessera::test {

inline host::TensorSpec f32(const char* name, std::vector<uint64_t> shape) {
    return {name, host::Dtype::kF32, std::move(shape)};
}

/// Ones, and `odd_one` as the last element of each.
inline void write_tensors(const std::string& path, const std::vector<host::TensorSpec>& tensors,
                          float odd_one = 1) {
    host::SafetensorsWriter writer(path, tensors, {});
    for (const host::TensorSpec& spec : tensors) {
        std::vector<float> ones(*host::element_count(spec.shape), 1.0f);
        ones.back() = odd_one;
        writer.write(spec.name, 0, ones.data(), ones.size());
    }
    writer.commit();
}

/// A .npy file of a matrix in F32.
inline void write_matrix(const std::string& path, uint32_t rows, uint32_t columns,
                         const std::vector<float>& values) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                         std::to_string(rows) + ", " + std::to_string(columns) + "), }";
    header.resize(117, ' ');
    header += '\n';
    std::ofstream file(path, std::ios::binary);
    file << std::string("\x93NUMPY\x01\0\x76\0", 10) << header;
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(4 * values.size()));
}

}  // namespace tessera::test
