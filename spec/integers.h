// SPDX-License-Identifier: MIT
// Divisions of whole numbers that round up. They hold for any numerator: no sum can overflow.
#pragma once

namespace tessera::spec {

/// ceil(a / b) of unsigned numbers.
template <typename A, typename B>
constexpr auto divide_up(A a, B b) {
    return a / b + (a % b != 0 ? 1 : 0);
}

/// The least multiple of `unit` that is not below `a`.
template <typename A, typename B>
constexpr auto round_up(A a, B unit) {
    return divide_up(a, unit) * unit;
}

}  // namespace tessera::spec
