// SPDX-License-Identifier: MIT
// Draws of tasks, so simple that other languages give the same: 64-bit numbers of std::mt19937_64,
// and their remainders.
#pragma once
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace tessera::host {

class Draws {
  public:
    explicit Draws(uint64_t seed) : bits_(seed) {}

    /// The next number modulo `count`.
    int64_t below(uint64_t count) { return static_cast<int64_t>(bits_() % count); }
    /// `size` numbers below `count`.
    std::vector<int64_t> list(uint64_t size, uint64_t count) {
        std::vector<int64_t> numbers(size);
        for (int64_t& number : numbers) number = below(count);
        return numbers;
    }
    /// 0 to count - 1; from the last place down to the second each is exchanged with a drawn one up
    /// to itself.
    std::vector<int64_t> permutation(uint64_t count) {
        std::vector<int64_t> numbers(count);
        std::iota(numbers.begin(), numbers.end(), 0);
        for (uint64_t i = count; i > 1; --i)
            std::swap(numbers[i - 1], numbers[static_cast<uint64_t>(below(i))]);
        return numbers;
    }

  private:
    std::mt19937_64 bits_;
};

}  // namespace tessera::host
