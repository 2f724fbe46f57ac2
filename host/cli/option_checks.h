// SPDX-License-Identifier: MIT
// What the parser checks of an option's text. Apart from option_values.h, so that only those who
// add options read CLI11.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "host/cli/option_values.h"

namespace tessera::host {

/// CLI11 by itself takes -1 for 2^64 - 1, and does not say what is allowed.
CLI::Validator whole_number();
CLI::Validator from_one(uint64_t most = UINT64_MAX);
CLI::Validator not_empty();
CLI::Validator finite_number();

/// An option that sets `place` to the choice of experiments that is called so.
template <typename Choice, typename Place>
CLI::Option* add_choice(CLI::App& app, const char* name, Place& place, const std::string& help) {
    const auto set = [name, &place](const std::string& text) {
        place = choose<Choice>(name, text);
    };
    return app.add_option_function<std::string>(name, set, help)->type_name("NAME");
}

}  // namespace tessera::host
