// SPDX-License-Identifier: MIT
// NumPy's .npy, versions 1 to 3, one C-ordered little-endian array of numbers: <f4, <f2, <f8 or
// bfloat16 (which ml_dtypes saves as two raw bytes, V2); or of flags: |b1, |u1, |i1. Nothing is
// evaluated; other content is an error.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/io/mapped_file.h"
#include "host/io/tensor.h"

namespace tessera::host {

/// Parses a whole file image of `bytes` bytes; `file` is its name in messages, `name` the
/// tensor's. The view points into `data`. UserError, also for a type that is not for `use`.
TensorView parse_npy(const std::string& file, const std::string& name, const uint8_t* data,
                     uint64_t bytes, TensorUse use = TensorUse::kNumbers);

class NpyFile {
  public:
    /// Maps and checks the file; UserError. `name` is what messages call the tensor: "q".
    NpyFile(const std::string& path, const std::string& name, TensorUse use = TensorUse::kNumbers);
    const TensorView& tensor() const { return tensor_; }

  private:
    MappedFile file_;
    TensorView tensor_;
};

/// Writes an array of <f4, version 1. UserError; nothing is left behind then.
void write_npy(const std::string& path, const std::vector<uint64_t>& shape,
               const std::vector<float>& numbers);

}  // namespace tessera::host
