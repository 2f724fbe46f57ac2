// SPDX-License-Identifier: MIT
// Options of the commands that run whole models.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "host/cli/options.h"
#include "host/cli/run_options.h"

namespace tessera::host {

/// Takes what --set says of layers. `model` outlives it.
SettingTaker layer_settings(ModelOptions& model);
/// What transcribe, embed and generate have in common. `name`: the model's, if no other is given;
/// may be empty.
void add_common_model_options(CLI::App& app, CommandLine& line, const std::string& name);
void add_transcribe_options(CLI::App& transcribe, CommandLine& line);
void add_embed_options(CLI::App& embed, CommandLine& line);
void add_generate_options(CLI::App& generate, CommandLine& line);
void add_serve_options(CLI::App& serve, CommandLine& line);
void add_heads_options(CLI::App& heads, CommandLine& line);
void add_profile_options(CLI::App& profile, CommandLine& line);
/// Of `tessera verify model`, but for those that choose the machine.
void add_verified_model_options(CLI::App& model, CommandLine& line);

}  // namespace tessera::host
