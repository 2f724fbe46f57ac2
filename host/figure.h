// SPDX-License-Identifier: MIT
// A figure: a number, or a word, with its unit, the formula that it comes from, and what it means.
// Operations yield figures, reports show them (host/report/document.h).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <variant>

namespace tessera::host {

/// Nothing (not available), a yes or no, a count, a number below zero, a measure, or words.
using FigureValue = std::variant<std::monostate, bool, uint64_t, int64_t, double, std::string>;

/// Any number, text or nullptr as a value. Whole numbers that are not negative are counts.
template <typename T>
FigureValue value_of(const T& x) {
    if constexpr (std::is_same_v<T, std::nullptr_t>)
        return {};
    else if constexpr (std::is_same_v<T, FigureValue> || std::is_same_v<T, bool>)
        return x;
    else if constexpr (std::is_integral_v<T>) {
        if constexpr (std::is_signed_v<T>)
            if (x < 0) return int64_t{x};
        return static_cast<uint64_t>(x);
    } else if constexpr (std::is_floating_point_v<T>)
        return double{x};
    else
        return std::string(x);
}

struct Figure {
    std::string key;
    FigureValue value;
    std::string unit = {};        ///< "1": a pure number; empty: a fact that has none, as a name
    std::string formula = {};     ///< what it comes from
    std::string definition = {};  ///< what it means
};

}  // namespace tessera::host
