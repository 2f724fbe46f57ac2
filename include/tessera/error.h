// SPDX-License-Identifier: MIT
// What the library throws: who has to act, which field of the experiment is meant, and what is
// allowed for it.
#pragma once
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tessera {

/// Who has to act on an error.
enum class ErrorCode {
    kUser,       ///< a mistake in the experiment or in one of its files, or a limit of the computer
    kMismatch,   ///< a result outside its bound, or a difference between model and RTL
    kNotValid,   ///< a result that is known not to be good for this input
    kDevice,     ///< the device or its firmware refused to go on
    kCancelled,  ///< the caller's hooks ended the run
    kInternal    ///< a bug of Tessera
};

/// The code's name in records of sweeps and in Python, such as "not_valid".
const char* error_code_name(ErrorCode code);

/// `text` with every field between backticks replaced by what `name` says of it; where that is
/// empty, it stays. A field is a path, such as `workload.scale`, perhaps with a value, such as
/// `outputs.check=false`, or `experiment`, which is all of it.
std::string with_names(std::string_view text,
                       const std::function<std::string(const std::string& field)>& name);

class Error : public std::runtime_error {
  public:
    /// What a value is, and what is allowed instead.
    struct Value {
        std::string field, value, allowed;
    };

    /// `text` has fields between backticks. Without `about` the error is about the field that the
    /// text begins with, if it does.
    Error(ErrorCode code, const std::string& text, Value about = {});

    ErrorCode code() const { return code_; }
    /// Path of the field, such as "workload.mask.window"; empty if no single one is to blame.
    const std::string& field() const { return about_.field; }
    /// The value that is not allowed; empty if the message alone says it.
    const std::string& value() const { return about_.value; }
    const std::string& allowed() const { return about_.allowed; }
    /// The message, like what(), with fields between backticks: for those who give them names of
    /// their own.
    const std::string& text() const { return text_; }

  private:
    ErrorCode code_;
    std::string text_;
    Value about_;
};

}  // namespace tessera
