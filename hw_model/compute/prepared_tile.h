// SPDX-License-Identifier: MIT
// One copy of a K or V bank's contents as the tile kernel wants it, made once for all threads.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>

namespace tessera::hw {

/// `Tile` is PreparedKeys or PreparedValues.
template <typename Tile>
class PreparedTile {
  public:
    /// What of which contents is wanted from now on. True if that is something else than before:
    /// then nobody may be using what there was.
    bool wants_other(uint64_t version, uint32_t rows, uint32_t columns) const {
        return version != version_ || rows != rows_ || columns != columns_;
    }
    void want(uint64_t version, uint32_t rows, uint32_t columns) {
        version_ = version;
        rows_ = rows;
        columns_ = columns;
        ready_.store(false, std::memory_order_relaxed);
    }
    /// The tile; the first who asks has it made by `prepare(tile)`, others wait.
    template <typename Prepare>
    const Tile& get(Prepare prepare) {
        if (ready_.load(std::memory_order_acquire)) return tile_;
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!ready_.load(std::memory_order_relaxed)) {
            prepare(tile_);
            ready_.store(true, std::memory_order_release);
        }
        return tile_;
    }

  private:
    uint64_t version_ = UINT64_MAX;
    uint32_t rows_ = 0, columns_ = 0;
    std::atomic<bool> ready_{false};
    std::mutex mutex_;
    Tile tile_;
};

}  // namespace tessera::hw
