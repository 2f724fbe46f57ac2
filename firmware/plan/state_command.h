// SPDX-License-Identifier: MIT
// What loads and stores of a state bank have in common, whatever orders the steps.
#pragma once
#include <stdint.h>

#include "firmware/plan/job.h"
#include "firmware/plan/stages.h"
#include "spec/command.h"

namespace tessera::fw {

/// All but the rows of a command of `stage`: kLoadState, kStoreO, kStoreLse or kStoreState.
inline void begin_state_command(uint32_t stage, const AttentionJob& job, uint32_t bank,
                                spec::Command& c) {
    c.state_bank = bank;
    if (stage != kStoreLse) c.d_v = job.d_v;  // of the lse the state's first beat alone
    switch (stage) {
        case kLoadState: c.opcode = spec::Opcode::kLoadState; return;
        case kStoreO:
            c.opcode = spec::Opcode::kStoreO;
            c.flags = spec::kFlagNormalise;
            if (job.bf16_output) c.flags |= spec::kFlagBf16;
            return;
        default: c.opcode = spec::Opcode::kStoreState;
    }
}

}  // namespace tessera::fw
