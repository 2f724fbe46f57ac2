// SPDX-License-Identifier: MIT
// `tessera report`: reports that were written earlier, as one page for a browser.
#pragma once
#include <CLI/CLI.hpp>

#include "host/cli/options.h"

namespace tessera::host {

void add_page_options(CLI::App& report, CommandLine& line);

/// Writes the page; UserError.
int report_command(const PageOptions& options);

}  // namespace tessera::host
