// SPDX-License-Identifier: MIT
// Divisions of whole numbers that round up. They hold for any numerator: no sum can overflow.
#pragma once
#include <stdint.h>

namespace tessera::spec {

/// ceil(a / b) for b > 0; a signed `a` may be negative.
template <typename A, typename B>
constexpr auto divide_up(A a, B b) {
    return a / b + (a % b > 0 ? 1 : 0);
}

/// The least multiple of `unit` that is not below `a`.
template <typename A, typename B>
constexpr auto round_up(A a, B unit) {
    return divide_up(a, unit) * unit;
}

static_assert(divide_up(0u, 3u) == 0 && divide_up(6u, 3u) == 2 && divide_up(7u, 3u) == 3);
static_assert(divide_up(-7, 3) == -2 && divide_up(-6, 3) == -2);
static_assert(divide_up(UINT32_MAX, 2u) == uint32_t{1} << 31 && round_up(5u, 4u) == 8);

}  // namespace tessera::spec
