// SPDX-License-Identifier: MIT
// Jobs in words (spec/job.h) with their arrays in a memory that a processor sees.
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

#include "firmware/runner/job_words.h"
#include "tests/support/catch.h"
#include "tests/unit/random_jobs.h"

namespace tessera::test {

/// Device memory that a processor sees, with arrays and words in it.
class DeviceMemory {
  public:
    DeviceMemory() : bytes_(1 << 16) {}
    fw::MappedMemory mapped() {
        return fw::MappedMemory(reinterpret_cast<uintptr_t>(bytes_.data()));
    }
    uint64_t room(size_t bytes) {
        const uint64_t address = end_;
        end_ += (bytes + 7) / 8 * 8;
        REQUIRE(end_ <= bytes_.size());
        return address;
    }
    /// 0 for no array.
    template <typename T>
    uint64_t place(const T* array, size_t count) {
        if (array == nullptr) return 0;
        const uint64_t address = room(count * sizeof(T));
        if (count != 0) std::memcpy(&bytes_[address], array, count * sizeof(T));
        return address;
    }
    template <typename T>
    uint64_t place(const std::vector<T>& array) {
        return place(array.data(), array.size());
    }

  private:
    std::vector<uint8_t> bytes_;
    uint64_t end_ = 8;  // 0 is no array
};

inline spec::AttentionWords placed(const fw::AttentionJob& job, const verify::MaskArrays& arrays,
                                   DeviceMemory& memory) {
    fw::JobArrays at;
    if (job.documents != nullptr) at.documents = memory.place(arrays.documents);
    if (job.tile_flags != nullptr) at.tile_flags = memory.place(arrays.tile_flags);
    at.query_rows = memory.place(job.query_list.rows, job.nq);
    at.key_rows = memory.place(job.key_list.rows, job.nk);
    if (job.pages.given()) at.pages = memory.place(arrays.pages);
    if (job.order != nullptr) at.order = memory.place(job.order, job.order_count);
    return fw::encode(job, at);
}

inline spec::CoverWords placed(const CoverList& list, DeviceMemory& memory) {
    fw::JobArrays at;
    at.groups = memory.place(list.groups);
    at.lines = memory.place(list.lines);
    at.class_ends = memory.place(list.class_ends);
    return fw::encode(list.job, at);
}

}  // namespace tessera::test
