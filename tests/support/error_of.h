// SPDX-License-Identifier: MIT
// What an action ends with.
#pragma once
#include <functional>

#include "include/tessera/error.h"

namespace tessera::test {

/// The error that `action` ends with; ErrorCode::kInternal with the text "none" if it does not.
inline Error error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    return Error(ErrorCode::kInternal, "none");
}

}  // namespace tessera::test
