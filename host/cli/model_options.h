// SPDX-License-Identifier: MIT
// Options of the commands that run whole models.
#pragma once
#include <CLI/CLI.hpp>

#include "host/cli/options.h"

namespace tessera::host {

void add_transcribe_options(CLI::App& transcribe, CommandLine& line);
void add_embed_options(CLI::App& embed, CommandLine& line);
void add_generate_options(CLI::App& generate, CommandLine& line);
void add_profile_options(CLI::App& profile, CommandLine& line);
/// Of `tessera verify model`, but for those that choose the machine.
void add_verified_model_options(CLI::App& model, CommandLine& line);

}  // namespace tessera::host
