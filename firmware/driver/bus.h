// SPDX-License-Identifier: MIT
// All that firmware knows of hardware: 32-bit accesses and one interrupt. A platform implements it;
// on bare metal the three are a load, a store and WFI.
#pragma once
#include <stdint.h>

namespace tessera::fw {

/// What merging took the processor (merge/merger.h), for one tile or in all. Bytes are those of its
/// 32-bit accesses to memory.
struct MergeWork {
    uint64_t rows = 0;  ///< rows of partial results, merged into working rows
    /// Rows that were the last of their query: divided by l and stored.
    uint64_t rows_finished = 0;
    uint64_t elements = 0;  ///< l and every O[j] of `rows`, every O[j] of `rows_finished` again
    uint64_t bytes_read = 0, bytes_written = 0;
    // Of `rows_finished`, as the device's counters of the same names.
    uint64_t rows_empty = 0, rows_nan = 0, rows_saturated = 0, rows_div0 = 0;
    uint64_t rows_retried = 0;   ///< with a sentinel: rows whose shares did not tell their sum
    uint64_t calls_retried = 0;  ///< ATTENDs that the retries took

    constexpr MergeWork& operator+=(const MergeWork& other) {
        rows += other.rows;
        rows_finished += other.rows_finished;
        elements += other.elements;
        rows_retried += other.rows_retried;
        calls_retried += other.calls_retried;
        bytes_read += other.bytes_read;
        bytes_written += other.bytes_written;
        rows_empty += other.rows_empty;
        rows_nan += other.rows_nan;
        rows_saturated += other.rows_saturated;
        rows_div0 += other.rows_div0;
        return *this;
    }
};

class Bus {
  public:
    /// False if the access was answered with a bus error.
    [[nodiscard]] virtual bool read32(uint64_t address, uint32_t& value) = 0;
    [[nodiscard]] virtual bool write32(uint64_t address, uint32_t value) = 0;
    /// Returns when the device's interrupt line is high.
    virtual void wait_irq() = 0;

    /// False where only time is simulated: what memory holds means nothing, and firmware need not
    /// work on it.
    virtual bool holds_data() const { return true; }
    /// Told of each tile that was merged. A simulated machine counts it and takes its time; on a
    /// real one it has taken it already.
    virtual void merged(const MergeWork&) {}
    /// Told of the commands of a retry. Commands are counted from the driver's first.
    virtual void retried(uint64_t first, uint64_t commands) {
        (void)first;
        (void)commands;
    }

  protected:
    ~Bus() = default;
};

}  // namespace tessera::fw
