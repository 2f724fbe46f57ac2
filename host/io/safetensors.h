// SPDX-License-Identifier: MIT
// Safetensors: u64 header length, JSON header, data. The reader accepts what the format allows and
// nothing else: no duplicate or unknown keys, no holes, no overlaps, no bytes left over. The writer
// takes tensors as they are produced and leaves nothing behind unless it is committed.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/io/mapped_file.h"
#include "host/io/output_file.h"
#include "host/io/tensor.h"

namespace tessera::host {

inline constexpr uint64_t kMaxSafetensorsHeaderBytes = 100'000'000;  ///< as in the format

using Metadata = std::map<std::string, std::string>;

/// What the header says. Views point into the data that was parsed.
struct SafetensorsContent {
    std::vector<TensorView> tensors;  ///< in the order of their data
    Metadata metadata;
};

/// Parses a whole file image of `bytes` bytes; `file` is its name in messages. UserError.
SafetensorsContent parse_safetensors(const std::string& file, const uint8_t* data, uint64_t bytes);

class SafetensorsFile {
  public:
    /// Maps and checks the file; UserError.
    explicit SafetensorsFile(const std::string& path);

    const std::string& path() const { return file_.path(); }
    const std::vector<TensorView>& tensors() const { return content_.tensors; }
    const Metadata& metadata() const { return content_.metadata; }
    /// The tensor, or nullptr.
    const TensorView* find(const std::string& name) const;
    /// The tensor; UserError that lists the tensors there are.
    const TensorView& tensor(const std::string& name) const;

  private:
    MappedFile file_;
    SafetensorsContent content_;
};

/// A tensor to be written.
struct TensorSpec {
    std::string name;
    Dtype dtype = Dtype::kF32;
    std::vector<uint64_t> shape;
};

class SafetensorsWriter {
  public:
    /// Writes the header. Names must differ and not be "__metadata__" (std::invalid_argument);
    /// UserError if `path` cannot be written.
    SafetensorsWriter(const std::string& path, const std::vector<TensorSpec>& tensors,
                      const Metadata& metadata);

    /// Elements [first, first + count) of tensor `name`, little-endian as in the file. Ranges may
    /// come in any order; each element is to be written once. std::out_of_range outside.
    void write(const std::string& name, uint64_t first, const void* data, uint64_t count);
    /// Puts the file in place; std::logic_error if elements are missing.
    void commit();

  private:
    struct Placed {
        uint64_t offset = 0;  ///< in the file
        uint64_t elements = 0;
        uint64_t written = 0;
        uint32_t width = 0;
    };
    OutputFile file_;
    std::map<std::string, Placed> placed_;
};

}  // namespace tessera::host
