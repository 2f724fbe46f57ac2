// SPDX-License-Identifier: MIT
// One thing to verify: a program for a machine, and what is known of its result beforehand.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/reference/error.h"
#include "host/verify/compare.h"

namespace tessera::verify {

struct Case {
    std::string name;  ///< "sequence, seed 17"
    hw::PlatformConfig platform;
    Body body;
    uint64_t memory_bytes = 0;  ///< of memory that is compared, from address 0 on
    uint64_t calls = 0;         ///< by formula; 0: not known
    CommandWords words;
    /// Compares what the model left behind with the reference.
    std::function<void(const Outcome&, Comparison&)> reference;
};

/// Legal commands written into the ring without the driver, as odd as the contract allows:
/// single-key tiles, several loads into one bank, restarted states, gathers, back-to-back stores,
/// NaN and Inf. Reference: the golden device, bit by bit.
Case sequence_case(uint64_t seed, const spec::DeviceParams& params);

/// An attention job through the firmware, of at most `max_tokens` tokens: masks, ragged sizes,
/// heads, schedules, random orders of pairs of tiles, row pitches, ring sizes, random stalls, some
/// on 2 to 4 devices. Reference: double precision, within the bound of docs/contract/device.md.
Case attention_case(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens);

/// An attention job by a cover, of at most `max_tokens` tokens and 16 tiles: by any design that has
/// room for them and at most 300 calls a head, if there is one; heads, pitches, outputs, machine
/// and reference as above, some on as many devices as heads at most.
Case cover_case(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens);

/// A sequence with something broken (descriptors, bus errors, bad indices, a short watchdog, a bad
/// ring; a command outside the profile) while firmware reads registers, a soft reset at any time,
/// then the good sequence. Reference: the golden device after the good sequence.
Case error_case(uint64_t seed, const spec::DeviceParams& params);

/// A gemm, or linear attention, through the firmware: ragged sizes, row pitches,
/// ring sizes, random stalls. Reference: the golden device, bit by bit.
Case gemm_case(uint64_t seed, const spec::DeviceParams& params);
Case linear_case(uint64_t seed, const spec::DeviceParams& params);

/// What `tessera verify --count` runs for a seed. Of 20 cases 7 are sequences, 8 attention jobs, 3
/// have errors, 1 is a job by a cover, and 1 is a gemm or, in every other 40 cases, linear
/// attention. Every other 20 have a random DRAM for a memory, the others ideal ones. `covers`: all
/// of them are jobs by covers.
Case random_case(uint64_t seed, const spec::DeviceParams& params, uint32_t max_tokens,
                 bool covers = false);

/// The commands that firmware makes of an attention job, in words.
CommandWords layout_words(const host::Layout& layout, const spec::DeviceParams& params);

/// Did firmware come to a good end on every device? Where not, a difference says how it ended.
bool firmware_succeeded(const Outcome& outcome, Comparison& comparison);

/// Counts every element of `o` and `lse` (empty: not wanted) that is within its bound of the exact
/// result of `problem`.
void compare_with_double(const host::ReferenceProblem& problem, const host::BoundParams& params,
                         const std::vector<float>& o, const std::vector<double>& lse,
                         Comparison& comparison);
/// The same of an attention's o and lse, and of another result, that are compared already.
void count(const host::ErrorSummary& errors, Comparison& comparison);
void count(const host::ElementErrors& errors, Comparison& comparison);

}  // namespace tessera::verify
