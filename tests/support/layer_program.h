// SPDX-License-Identifier: MIT
// A program with every operation of the processor that a transformer has, around gemms and
// attention: gathered rows, norms, rotary positions, epilogues, a gate, pooling, argmax.
#pragma once
#include <random>
#include <string>
#include <vector>

#include "firmware/elementwise/activation.h"
#include "firmware/elementwise/rotary_job.h"
#include "host/operation/program.h"
#include "tests/support/program_chain.h"

namespace tessera::test {

struct LayerProgram {
    hw::PlatformConfig platform;
    uint32_t tokens = 0, heads = 0, width = 0;  ///< width: of a head
    uint32_t hidden = 0;                        ///< columns between up and down
    uint32_t vocabulary = 0;
    uint64_t seed = 0;  ///< of all numbers
    fw::Activation activation = fw::Activation::kGeluErf;
    fw::RotaryPairs pairs = fw::RotaryPairs::kInterleaved;

    std::string name() const;
    uint32_t features() const { return heads * width; }
};

LayerProgram random_layer(const std::string& device, std::mt19937_64& random);

/// The layer's operations in their order.
std::vector<host::ProgramStep> layer_steps(const LayerProgram& layer);

ChainRun run_layer(const LayerProgram& layer);

}  // namespace tessera::test
