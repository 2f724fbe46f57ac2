// SPDX-License-Identifier: MIT
// Random DRAMs and random traffic for a channel of one.
#pragma once
#include <cstdint>
#include <random>
#include <vector>

#include "tests/support/dram_log.h"

namespace tessera::test {

inline constexpr uint64_t kUsersOfBurst = 1 << 16;  ///< users of a burst's transactions

class Random {
  public:
    explicit Random(std::mt19937_64& generator) : generator_(generator) {}
    uint32_t to(uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(generator_() % (high - low + 1));
    }
    uint32_t power(uint32_t low, uint32_t high) { return 1u << to(low, high); }

  private:
    std::mt19937_64& generator_;
};

hw::DramSpec random_dram(Random& random);

/// Bursts of neighbouring transactions, some where the last one ended or where one wrote, cut into
/// runs. `writes` of four bursts are writes. The n-th burst has user n * kUsersOfBurst.
std::vector<DramRequest> random_traffic(Random& random, const hw::DramSpec& spec, uint32_t writes);

}  // namespace tessera::test
