// SPDX-License-Identifier: MIT
#include "hw_model/memory/memory_image.h"

#include <sys/mman.h>

#include <stdexcept>

namespace tessera::hw {

MemoryImage::MemoryImage(uint64_t size_bytes) : size_(size_bytes) {
    void* base = mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) throw std::runtime_error("cannot reserve the device memory");
    base_ = static_cast<uint8_t*>(base);
}

MemoryImage::~MemoryImage() { munmap(base_, size_); }

}  // namespace tessera::hw
