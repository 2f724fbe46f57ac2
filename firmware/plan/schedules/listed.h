// SPDX-License-Identifier: MIT
// The order of a list that comes with the job, so that a schedule can be tried without compiling
// one into the firmware.
#pragma once
#include "firmware/plan/schedule.h"

namespace tessera::fw {

class Listed {
  public:
    static constexpr const char* kName = "listed";
    static constexpr const char* kDoes = "pairs in the order of a list that comes with the job";
    static constexpr uint32_t kOpenTiles = 0;
    static constexpr bool kListed = true;

    bool next(const TilePairs& pairs, TilePair& pair) {
        const AttentionJob& job = pairs.job();
        if (at_ == job.order_count) return false;
        pair = job.order[at_++];
        return true;
    }

  private:
    uint32_t at_ = 0;
};

}  // namespace tessera::fw
