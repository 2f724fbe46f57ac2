// SPDX-License-Identifier: MIT
// What a simulated machine is told of firmware's work beside the bus. On a real one there is no
// account: the work has taken its time already.
#pragma once
#include <stdint.h>

namespace tessera::fw {

/// What merging took the processor (merger.h), for one tile or in all. Bytes are those of its
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

/// What the processor pays for an element of elementwise work by (elementwise/elementwise_job.h).
enum class ElementClass : uint32_t {
    kArithmetic,  ///< an operation or two
    kFunction,    ///< an exponential and a division
    kStatistic,   ///< an addition to what a row has so far
    kRotary,      ///< a pair turned by an angle
    kMove         ///< copied, perhaps times a number
};
inline constexpr uint32_t kElementClasses = 5;

/// What elementwise work took the processor. Bytes are those of its 32-bit accesses to memory.
struct ElementWork {
    uint64_t elements[kElementClasses] = {};  ///< of the first operand, by class
    uint64_t bytes_read = 0, bytes_written = 0;

    constexpr void add(ElementClass element_class, uint64_t count) {
        elements[static_cast<uint32_t>(element_class)] += count;
    }
};

class Accounting {
  public:
    /// False where only time is simulated: what memory holds means nothing, and firmware need not
    /// work on it.
    virtual bool holds_data() const { return true; }
    /// Told of each tile that was merged: the machine counts it and takes its time.
    virtual void merged(const MergeWork&) {}
    /// Told of each job of elementwise work likewise.
    virtual void worked(const ElementWork&) {}
    /// Told of each command of a retry, by its number: the driver's first is 0.
    virtual void retried(uint64_t number) { (void)number; }

  protected:
    ~Accounting() = default;
};

}  // namespace tessera::fw
