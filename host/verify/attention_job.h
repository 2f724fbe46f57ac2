// SPDX-License-Identifier: MIT
// Random jobs through the firmware: what those by tile pairs and those by covers have in common.
#pragma once
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "host/operation/layout.h"
#include "host/verify/case.h"
#include "host/verify/job_mask.h"

namespace tessera::verify {

/// A job with its data in the machine's memory.
struct AttentionJob {
    host::Layout layout;
    MaskArrays arrays;
    std::vector<fw::TilePair> order;  ///< of schedule `listed`; the job points to it
    hw::PlatformConfig platform;
    Bytes image;                      ///< q, k and v
    std::vector<double> sink_logits;  ///< of each query head; empty: none
    uint64_t bytes = 0;               ///< of all tensors

    const fw::AttentionJob& job() const { return layout.job; }
};

/// Draws everything from one stream of random numbers, which begins at `seed`.
class JobGenerator {
  protected:
    JobGenerator(uint64_t seed, const spec::DeviceParams& params) : random_(seed), p_(params) {}

    uint32_t below(uint64_t n) { return static_cast<uint32_t>(random_() % n); }
    bool chance(uint32_t percent) { return below(100) < percent; }

    /// Machine, size of the ring and watchdog.
    void choose_machine(AttentionJob& j);
    /// q, k and v from address 0 on, whose rows have so many elements; then the image, zeros, and o
    /// behind it. Returns the first free address.
    uint64_t place_operands(AttentionJob& j, uint32_t key_columns, uint32_t value_columns);
    /// A tensor from `next` on, which moves behind it. Its rows may lie apart.
    fw::Tensor place(uint32_t heads, uint32_t rows, uint32_t row_bytes, uint64_t& next);
    /// All of the image: numbers from 2^-7 to 4 of either sign.
    void fill(Bytes& image);
    /// Of a row-causal job: row N + r of q, k and v becomes row N - 1 - r.
    static void copy_backwards(AttentionJob& j);
    static void put(Bytes& image, uint64_t at, uint64_t element);
    /// Ring and record of each device behind the tensors, and the size of the memory.
    void place_rings(AttentionJob& j) const;

    std::mt19937_64 random_;
    const spec::DeviceParams p_;
};

/// The job on reference, model and RTL.
Case case_of_job(std::string name, const std::shared_ptr<const AttentionJob>& j);

}  // namespace tessera::verify
