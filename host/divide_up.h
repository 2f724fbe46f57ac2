// SPDX-License-Identifier: MIT
// Division of whole numbers, rounded up.
#pragma once
#include <type_traits>

namespace tessera::host {

/// ceil(a / b) for b > 0; `a` may be negative.
template <typename A, typename B>
constexpr std::common_type_t<A, B> divide_up(A a, B b) {
    static_assert(std::is_integral_v<A> && std::is_integral_v<B>);
    using T = std::common_type_t<A, B>;
    const T x = a, y = b;
    return x / y + (x % y > 0 ? 1 : 0);
}

/// The least multiple of `unit` that is not below `x`.
template <typename A, typename B>
constexpr std::common_type_t<A, B> round_up(A x, B unit) {
    return divide_up(x, unit) * unit;
}

}  // namespace tessera::host
