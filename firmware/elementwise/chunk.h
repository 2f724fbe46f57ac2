// SPDX-License-Identifier: MIT
// Loops over the elements of a chunk (matrix_view.h), in fp32. A chunk is bits; functions see
// numbers (number.h).
#pragma once
#include <stdint.h>

#include "firmware/elementwise/number.h"

namespace tessera::fw {

/// x[i] = f(x[i]).
template <typename F>
void each(uint32_t* x, uint32_t count, F f) {
    const NumberMode mode;
    for (uint32_t i = 0; i < count; ++i) x[i] = f(Number::of(x[i])).bits();
}

/// x[i] = f(x[i], y[i]).
template <typename F>
void each_pair(uint32_t* x, const uint32_t* y, uint32_t count, F f) {
    const NumberMode mode;
    for (uint32_t i = 0; i < count; ++i) x[i] = f(Number::of(x[i]), Number::of(y[i])).bits();
}

/// `sum` and f(x[i]), the first element first.
template <typename F>
uint32_t add_each(uint32_t sum, const uint32_t* x, uint32_t count, F f) {
    const NumberMode mode;
    Number total = Number::of(sum);
    for (uint32_t i = 0; i < count; ++i) total = total + f(Number::of(x[i]));
    total.settle();
    return total.bits();
}

inline void add_chunk(uint32_t* x, const uint32_t* y, uint32_t count) {
    each_pair(x, y, count, [](Number a, Number b) { return a + b; });
}

inline void multiply_chunk(uint32_t* x, const uint32_t* y, uint32_t count) {
    each_pair(x, y, count, [](Number a, Number b) { return a * b; });
}

/// By one number, as bits.
inline void scale_chunk(uint32_t* x, uint32_t factor, uint32_t count) {
    each(x, count, [factor](Number a) { return a * Number::of(factor); });
}

}  // namespace tessera::fw
