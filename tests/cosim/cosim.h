// SPDX-License-Identifier: MIT
// Co-simulation: the same program on the model and on the RTL, each in a process of its own, and
// everything that both left behind compared.
#pragma once
#include <string>
#include <vector>

#include "tests/support/machine.h"

namespace tessera::test {

/// What a comparison found, and what it looked at.
struct CosimTotals {
    uint64_t jobs = 0, commands = 0, cycles = 0, elements = 0, differences = 0;
    std::vector<std::string> messages;  ///< of the first differences
    bool enough() const;                ///< so much is different that the rest says nothing new
    void print(const std::string& name) const;
};

/// How many cases to run; TESSERA_COSIM_COUNT overrides the usual number.
uint64_t cosim_count(uint64_t usual);

/// A program for one machine; `out.notes` may carry what it has seen in registers.
using CosimBody = std::function<void(Machine&, Outcome&)>;

/// Runs `body` on both devices and compares: status, notes, register writes with their cycles,
/// start and retire cycle of every command, every lane group, every counter, memory. `name` says
/// how to find the case again.
void cosimulate(const hw::PlatformConfig& config, const CosimBody& body, const std::string& name,
                CosimTotals& totals);

/// A random attention job of at most `max_tokens` tokens, with its data in the machine's memory.
struct RandomJob {
    fw::AttentionJob job;
    hw::PlatformConfig platform;
    Bytes image;
};
RandomJob random_job(std::mt19937_64& random, const spec::DeviceParams& params,
                     uint32_t max_tokens);

}  // namespace tessera::test
