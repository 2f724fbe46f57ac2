// SPDX-License-Identifier: MIT
// Jobs with arrays as words (spec/job.h) and back. What a job points to are arrays in device memory
// in words, and addresses of the processor in the jobs that firmware runs. Others: field_words.h.
#pragma once
#include <stdint.h>

#include "firmware/cover/cover_job.h"
#include "firmware/plan/job.h"
#include "spec/job.h"

namespace tessera::fw {

/// Where the arrays that a job points to lie in device memory; 0 where it has none.
struct JobArrays {
    uint64_t documents = 0, tile_flags = 0;          ///< of AttentionJob
    uint64_t query_rows = 0, key_rows = 0;           ///< of its lists
    uint64_t pages = 0;                              ///< of its table of pages
    uint64_t order = 0;                              ///< of its pairs of tiles
    uint64_t groups = 0, lines = 0, class_ends = 0;  ///< of CoverJob
};

/// A job in words; firmware's pointers are replaced by `arrays`.
spec::AttentionWords encode(const AttentionJob& job, const JobArrays& arrays);
spec::CoverWords encode(const CoverJob& job, const JobArrays& arrays);

/// Device memory in the address space of the processor, from `base` on: 0 on bare metal, where it
/// is at its own addresses.
class MappedMemory {
  public:
    explicit MappedMemory(uintptr_t base) : base_(base) {}

    /// What is at a device address.
    template <typename T>
    T* at(uint64_t address) const {
        return reinterpret_cast<T*>(base_ + static_cast<uintptr_t>(address));
    }
    /// The same, or nullptr for address 0.
    template <typename T>
    const T* array(const spec::DoubleWord& address) const {
        return address.value() == 0 ? nullptr : at<const T>(address.value());
    }

  private:
    uintptr_t base_;
};

/// The job that such words tell, legal or not. Its arrays are where they are in `memory`.
AttentionJob decode(const spec::AttentionWords& words, const MappedMemory& memory);
CoverJob decode(const spec::CoverWords& words, const MappedMemory& memory);

}  // namespace tessera::fw
