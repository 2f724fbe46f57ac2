// SPDX-License-Identifier: MIT
// Safetensors: u64 header length, JSON header, data. The reader accepts what the format allows and
// nothing else: no duplicate or unknown keys, no holes, no overlaps, no bytes left over. Only the
// element types are open: a tensor of a type that is not known here takes its bytes and can be
// asked for by nobody. The writer takes tensors as they are produced and leaves nothing behind
// unless it is committed.
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

/// A tensor of a type that is not known here, F4 for example.
struct UnknownTensor {
    std::string dtype;  ///< as in the header
    uint64_t bytes = 0;
};

/// What the header says. Views point into the data that was parsed.
struct SafetensorsContent {
    std::vector<TensorView> tensors;  ///< in the order of their data
    std::map<std::string, UnknownTensor> unknown;
    Metadata metadata;
};

/// Parses a whole file image of `bytes` bytes; `file` is its name in messages. UserError.
SafetensorsContent parse_safetensors(const std::string& file, const uint8_t* data, uint64_t bytes);

/// A safetensors file, or one in shards: the index that other tools call *.safetensors.index.json,
/// with its shards beside it. Of these only the tensors count that the index names.
class SafetensorsFile {
  public:
    /// Maps and checks the file, or all of the shards; UserError.
    explicit SafetensorsFile(const std::string& path);

    const std::string& path() const { return path_; }
    /// The file and, if it is an index, its shards.
    const std::vector<std::string>& files() const { return files_; }
    const std::vector<TensorView>& tensors() const { return content_.tensors; }
    const Metadata& metadata() const { return content_.metadata; }
    /// The tensor, or nullptr; nullptr too if its type is not known.
    const TensorView* find(const std::string& name) const;
    /// The tensor, for `use`. UserError if its type is not allowed, or if it is missing: what there
    /// is, and `advice`.
    const TensorView& tensor(const std::string& name, TensorUse use = TensorUse::kNumbers,
                             const std::string& advice = "") const;

  private:
    void read_shards(const MappedFile& index);
    /// Maps `path` and adds those of its tensors that `wanted` wants.
    template <typename Wanted>
    void add_file(const std::string& path, MappedFile file, Wanted&& wanted);
    std::string names() const;

    std::string path_;
    std::vector<std::string> files_;
    std::vector<MappedFile> mapped_;
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
