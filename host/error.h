// SPDX-License-Identifier: MIT
// The user's error: one message that names the file, the key, the value and what is allowed.
// The command ends with exit code 2 on it; anything else that is thrown is a bug.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace tessera::host {

class UserError : public std::runtime_error {
  public:
    explicit UserError(const std::string& message) : std::runtime_error(message) {}
};

/// `text` fit for one line of a message: control and non-ASCII bytes as \xNN, cut at 80 characters.
std::string printable(std::string_view text);

/// A whole message on one line: control bytes as \xNN, nothing cut.
std::string one_line(std::string_view message);

/// "WHERE: KEY is VALUE; allowed: ALLOWED". `where` is a file or an option of the command line.
/// The value is made printable here; a key that is not ours has to be.
UserError bad_value(std::string_view where, std::string_view key, std::string_view value,
                    std::string_view allowed);

/// "PATH: WHAT: reason", with the reason of `error_number` (errno).
UserError system_error(std::string_view path, std::string_view what, int error_number);

}  // namespace tessera::host
