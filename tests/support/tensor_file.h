// SPDX-License-Identifier: MIT
// Small safetensors files as inputs.
#pragma once
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

}  // namespace tessera::test
