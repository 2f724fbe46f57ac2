// SPDX-License-Identifier: MIT
// Who has which part of device memory. Nothing else hands out addresses.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "firmware/driver/driver_config.h"
#include "firmware/plan/tensor.h"
#include "hw_model/config.h"
#include "spec/params.h"

namespace tessera::host {

inline constexpr uint32_t kRingDescriptors = 1024;
inline constexpr uint64_t kRingBytes = uint64_t{kRingDescriptors} * spec::kDescriptorBytes;
inline constexpr uint64_t kRegionAlignment = 4096;

/// How long a region keeps its place.
enum class Lifetime {
    kStep,  ///< until the end of the operation that placed it
    kKept   ///< until it is freed: other operations may read it
};

/// A part of device memory, in bytes.
struct Region {
    std::string name;
    uint64_t address = 0, bytes = 0;
    Lifetime lifetime = Lifetime::kStep;
};

/// Whole numbers of 32 bits (kIndex) name rows.
enum class ElementType { kBf16, kFp32, kIndex };
constexpr uint32_t element_bytes(ElementType type) { return type == ElementType::kBf16 ? 2 : 4; }
/// "bf16", "fp32" or "index".
const char* element_name(ElementType type);

/// Elements of a tensor and how they lie: blocks, one behind the other, of rows that begin at a bus
/// beat each. A block is a head, or so many columns of a matrix. As the two lie alike, a matrix
/// whose blocks are all as wide is a tensor of heads.
struct TensorLayout {
    ElementType type = ElementType::kBf16;
    uint64_t blocks = 0;
    uint64_t rows = 0;          ///< of each block
    uint64_t columns = 0;       ///< of a block
    uint64_t last_columns = 0;  ///< of the last block; at most `columns`

    /// [heads][rows][columns].
    static TensorLayout heads(ElementType type, uint64_t heads, uint64_t rows, uint64_t columns);
    /// [rows][columns] in blocks of `block` columns; the last may be narrower.
    static TensorLayout matrix(ElementType type, uint64_t rows, uint64_t columns, uint64_t block);

    uint64_t row_bytes() const { return columns * element_bytes(type); }
    uint64_t columns_of(uint64_t block) const {
        return block + 1 == blocks ? last_columns : columns;
    }
    /// Of all blocks together, without padding.
    uint64_t elements() const { return rows * ((blocks - 1) * columns + last_columns); }
    /// Do elements lie at the same places? Rows of a block follow those of the block before it.
    bool lies_as(const TensorLayout& other) const;
    bool operator==(const TensorLayout& other) const;
    bool operator!=(const TensorLayout& other) const { return !(*this == other); }
    /// "4 blocks of 128 rows of 64 bf16".
    std::string text() const;
};

/// A tensor in device memory that several operations know by its name.
struct Buffer {
    TensorLayout layout;
    fw::Tensor tensor;
    uint32_t step = 0;  ///< that placed it

    /// The same memory for whoever has it in blocks of another number of rows (lies_as()).
    fw::Tensor seen_as(const TensorLayout& other) const;
};

/// Places regions at the lowest address that is free, on 4 KiB boundaries; address 0 stays unused.
/// Rows of tensors are padded to whole bus beats.
///
/// Operations call their tensors by roles: "q", "c". Alone, a role is the name of its region. In a
/// program (program.h) each operation is a step that binds some of its roles to buffers, which are
/// kept. A buffer that is there already is shared. Everything else goes with the end of the step.
class MemoryMap {
  public:
    /// Roles of a step's tensors, and their buffers.
    using Bindings = std::map<std::string, std::string>;

    explicit MemoryMap(const hw::PlatformConfig& config)
        : memory_(config.memory), bus_(config.params.bus_bytes), devices_(config.devices) {}

    uint64_t place(const std::string& role, uint64_t bytes);
    /// Rows that are no elements: [heads][rows][row_bytes]. UserError if no memory is that large.
    fw::Tensor rows(const std::string& role, uint64_t heads, uint64_t rows, uint64_t row_bytes);
    /// A tensor of elements, or the buffer that the role is bound to. UserError if the elements of
    /// that lie otherwise, or if no memory is that large.
    fw::Tensor tensor(const std::string& role, const TensorLayout& layout);
    /// The same, or the first rows of each block of a buffer that is there and has more: a cache.
    fw::Tensor first_rows(const std::string& role, TensorLayout layout);
    /// Ring and completion record of device 0; those of further devices lie behind them. The same
    /// for every caller.
    fw::DriverConfig driver();
    /// UserError if what is placed does not fit the memory.
    void check_size() const;

    /// What is placed, ascending, without overlap.
    const std::vector<Region>& regions() const { return regions_; }
    /// The first byte behind all of it.
    uint64_t end() const;

    /// Begins a step. The names of its other regions begin with `name`.
    void begin_step(const std::string& name, const Bindings& bindings);
    /// Was the role's buffer there before this step?
    bool shared(const std::string& role) const;
    /// The buffer `name`; nullptr if there is none.
    const Buffer* buffer(const std::string& name) const;
    std::vector<std::string> buffer_names() const;
    /// Frees what the step placed and bound to no buffer.
    void end_step();
    /// Frees a buffer; nothing happens if there is none.
    void free(const std::string& name);

  private:
    uint64_t place_region(const std::string& name, uint64_t bytes, Lifetime lifetime);
    fw::Tensor place_rows(const std::string& name, uint64_t heads, uint64_t rows,
                          uint64_t row_bytes, Lifetime lifetime);

    const hw::MemoryConfig memory_;
    const uint32_t bus_, devices_;
    std::vector<Region> regions_;  ///< ascending
    fw::DriverConfig driver_;      ///< no descriptors: not placed
    uint32_t step_ = 0;
    std::string prefix_;
    Bindings bindings_;
    std::map<std::string, Buffer> buffers_;
};

}  // namespace tessera::host
