// SPDX-License-Identifier: MIT
// What the parser checks of an option's text. Apart from option_values.h, so that only those who
// add options read CLI11.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>

namespace tessera::host {

/// CLI11 by itself takes -1 for 2^64 - 1, and does not say what is allowed.
CLI::Validator whole_number();
CLI::Validator from_one(uint64_t most = UINT64_MAX);
CLI::Validator not_empty();
CLI::Validator finite_number();

}  // namespace tessera::host
