// SPDX-License-Identifier: MIT
// What every test here owes its reader: how many items it compared, and the seed it drew them from.
#pragma once
#include <cstdint>
#include <random>
#include <string>

#include "tests/support/catch.h"

namespace tessera::test {

/// Counts comparisons of one kind. Prints the count at the end of its scope; zero is a failure.
class Compared {
  public:
    explicit Compared(std::string what) : what_(std::move(what)) {}
    ~Compared();
    Compared(const Compared&) = delete;
    Compared& operator=(const Compared&) = delete;

    /// Count one item. On a mismatch the first few are reported through Catch with `where()`.
    template <typename A, typename B, typename Where>
    void equal(const A& actual, const B& expected, Where&& where) {
        ++count_;
        if (actual == expected) return;
        if (++different_ <= kReported) {
            INFO(what_ << ": " << where());
            CHECK(actual == expected);
        }
    }
    template <typename A, typename B>
    void equal(const A& actual, const B& expected) {
        equal(actual, expected, [] { return std::string(); });
    }
    /// Count one item that must hold.
    template <typename Where>
    void holds(bool good, Where&& where) {
        ++count_;
        if (good) return;
        if (++different_ <= kReported) {
            INFO(what_ << ": " << where());
            CHECK(good);
        }
    }
    /// Count items that were compared elsewhere, one by one, of which so many differed.
    template <typename Where>
    void add(uint64_t items, uint64_t different, Where&& where) {
        count_ += items;
        if (different == 0) return;
        different_ += different;
        INFO(what_ << ": " << where());
        CHECK(different == 0);
    }
    uint64_t count() const { return count_; }

  private:
    static constexpr uint64_t kReported = 10;
    std::string what_;
    uint64_t count_ = 0;
    uint64_t different_ = 0;
};

/// Seed of the random tests: TESSERA_SEED if set, else a fixed default; printed with its use.
uint64_t test_seed();
/// A generator for this test; prints the seed.
std::mt19937_64 test_random();
/// The folder of the large data, or skips the calling test (exit code 4) when it is not set.
std::string large_data_dir();
/// The folder in which scripts/fetch_model has put the models, or skips likewise.
std::string model_dir();

}  // namespace tessera::test
