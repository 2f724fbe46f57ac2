// SPDX-License-Identifier: MIT
#include "hw_model/memory/memory_image.h"

#include <sys/mman.h>
#include <unistd.h>

#include "spec/integers.h"

namespace tessera::hw {

MemoryImage::MemoryImage(uint64_t size_bytes) : size_(size_bytes) {
    void* base = mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) throw NoAddressSpace();
    base_ = static_cast<uint8_t*>(base);
}

void MemoryImage::release(uint64_t address, uint64_t bytes) {
    const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    const uint64_t first = spec::round_up(address, page), end = (address + bytes) / page * page;
    if (first < end && at(first, end - first) != nullptr)
        madvise(base_ + first, end - first, MADV_DONTNEED);
}

MemoryImage::~MemoryImage() { munmap(base_, size_); }

}  // namespace tessera::hw
