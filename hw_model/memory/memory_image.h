// SPDX-License-Identifier: MIT
// The contents of the memory: a range of bytes that costs host memory only where it is touched.
#pragma once
#include <cstdint>
#include <stdexcept>

namespace tessera::hw {

/// The host has no room for a memory: a limit of the process (ulimit -v), or of the system.
struct NoAddressSpace : std::runtime_error {
    NoAddressSpace() : std::runtime_error("cannot reserve the device memory") {}
};

class MemoryImage {
  public:
    /// Reserves address space; throws NoAddressSpace if the host refuses.
    explicit MemoryImage(uint64_t size_bytes);
    ~MemoryImage();
    MemoryImage(const MemoryImage&) = delete;
    MemoryImage& operator=(const MemoryImage&) = delete;

    uint64_t size() const { return size_; }
    /// [address, address + bytes), or nullptr if that reaches beyond the end.
    uint8_t* at(uint64_t address, uint64_t bytes) const {
        return address <= size_ && bytes <= size_ - address ? base_ + address : nullptr;
    }
    /// What lies in [address, address + bytes) is not needed any more: whole pages are given back
    /// to the host, and read as zero.
    void release(uint64_t address, uint64_t bytes);

  private:
    uint8_t* base_ = nullptr;
    uint64_t size_ = 0;
};

}  // namespace tessera::hw
