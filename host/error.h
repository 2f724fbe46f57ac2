// SPDX-License-Identifier: MIT
// The user's error: one message that names the file or the field of the experiment, the value and
// what is allowed. Fields stand between backticks: whoever prints a message gives them their names.
#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "include/tessera/error.h"

namespace tessera::host {

class UserError : public Error {
  public:
    explicit UserError(const std::string& message, Value about = {})
        : Error(ErrorCode::kUser, message, std::move(about)) {}
};

/// `text` fit for one line of a message: control and non-ASCII bytes as \xNN, cut at 80 characters.
std::string printable(std::string_view text);

/// A whole message on one line: control bytes as \xNN, nothing cut.
std::string one_line(std::string_view message);

/// "WHERE: KEY is VALUE; allowed: ALLOWED". `where` is a file or a field between backticks. The
/// value is made printable here; a key that is not ours has to be.
UserError bad_value(std::string_view where, std::string_view key, std::string_view value,
                    std::string_view allowed);

/// The same of a field of the experiment, named by its path.
UserError bad_field(std::string_view field, std::string_view value, std::string_view allowed);

/// "WHERE: key KEY is STATE; allowed: ALLOWED", of a key that may not stand there: PREFIX + NAME.
UserError bad_key(std::string_view where, const std::string& prefix, const std::string& name,
                  std::string_view state, std::string_view allowed);

/// "PATH: WHAT: reason", with the reason of `error_number` (errno).
UserError system_error(std::string_view path, std::string_view what, int error_number);

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
