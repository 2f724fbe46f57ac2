// SPDX-License-Identifier: MIT
// `--format` of all commands that write a report.
#pragma once
#include <string>

#include "host/cli/option_values.h"
#include "host/report/render.h"

namespace tessera::host {

/// The format of that name; UserError.
inline Format report_format(const std::string& name) {
    return choose<Format>("--format", name,
                          {{"table", Format::kTable},
                           {"json", Format::kJson},
                           {"csv", Format::kCsv},
                           {"markdown", Format::kMarkdown}});
}

}  // namespace tessera::host
