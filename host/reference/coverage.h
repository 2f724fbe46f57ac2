// SPDX-License-Identifier: MIT
// What a check has compared and what it could not: a check of nothing is no pass. The names of
// rows.
#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace tessera::host {

/// A row of a result: the query head, and which query of it.
struct RowName {
    uint32_t head = 0, row = 0;
};
inline bool operator<(const RowName& a, const RowName& b) {
    return a.head != b.head ? a.head < b.head : a.row < b.row;
}

/// An element of such a row.
struct ElementName {
    RowName row;
    uint32_t column = 0;
};

/// Why an element is not held against its exact value.
enum class NotComparable {
    kRange,        ///< its sums may leave the fp32 range
    kDenominator,  ///< too much of its denominator may be flushed to zero
    kNonFinite     ///< NaN where the exact value is Inf, or Inf where it is NaN
};
inline constexpr NotComparable kReasons[] = {NotComparable::kRange, NotComparable::kDenominator,
                                             NotComparable::kNonFinite};

/// Elements of a result, by whether they were compared.
struct Coverage {
    uint64_t elements = 0;  ///< compared

    void skip(NotComparable why, uint64_t count = 1) {
        skipped_[static_cast<size_t>(why)] += count;
    }
    uint64_t not_compared(NotComparable why) const { return skipped_[static_cast<size_t>(why)]; }
    uint64_t not_compared() const {
        uint64_t count = 0;
        for (const uint64_t some : skipped_) count += some;
        return count;
    }
    uint64_t all() const { return elements + not_compared(); }

  private:
    std::array<uint64_t, std::size(kReasons)> skipped_{};
};

/// How an element whose exact value is not finite meets the actual one.
enum class Meeting { kSame, kDifferent, kNeither };

/// NaN meets NaN, and Inf the same Inf. NaN against Inf is not comparable: an Inf whose weight is
/// flushed to zero makes a NaN, and a clamped score an Inf. Anything else is different.
inline Meeting meeting(double actual, double exact) {
    if (actual == exact || (std::isnan(actual) && std::isnan(exact))) return Meeting::kSame;
    const bool nan_and_inf = std::isnan(exact) ? std::isinf(actual) : std::isnan(actual);
    return nan_and_inf ? Meeting::kNeither : Meeting::kDifferent;
}

}  // namespace tessera::host
