// SPDX-License-Identifier: MIT
// The commands of the command line, and the options of each.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

/// A command. Only the one that was called is given its options: all of them would take a
/// millisecond.
struct Command {
    CommandName command;
    const char* name;
    const char* text;  ///< what it does, in a line
    void (*add_options)(CLI::App& app, CommandLine& line);
};

/// Calls `use` with the parser of the whole program, every command with all its options: what
/// completions and the manual are written from.
void with_all_commands(const std::function<void(const CLI::App& app)>& use);

/// All, in the order in which `tessera --help` lists them.
const std::vector<Command>& commands();

}  // namespace tessera::host
