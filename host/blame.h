// SPDX-License-Identifier: MIT
// Errors that say which key or which field is to blame, where their text does not begin with it.
#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "host/error.h"

namespace tessera::host {

/// "WHERE: key KEY is STATE; allowed: ALLOWED", of a key that may not stand there: PREFIX + NAME.
UserError bad_key(std::string_view where, const std::string& prefix, const std::string& name,
                  std::string_view state, std::string_view allowed);

/// What `body` returns. A mistake that it finds is about `field`, unless it says about which.
template <typename Body>
auto about_field(const std::string& field, Body&& body) {
    try {
        return std::forward<Body>(body)();
    } catch (const UserError& error) {
        if (!error.field().empty()) throw;
        throw UserError(error.text(), {field, error.value(), error.allowed()});
    }
}

}  // namespace tessera::host
