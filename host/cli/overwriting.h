// SPDX-License-Identifier: MIT
// A result must not replace what it was made from, nor another result.
#pragma once
#include <string>
#include <vector>

#include "host/cli/options.h"

namespace tessera::host {

/// A file that will be written, and the option that names it.
struct NamedOutput {
    const char* option;
    std::string path;
};

/// Files with these names in the folder of --out.
std::vector<NamedOutput> outputs_in(const std::string& folder,
                                    const std::vector<std::string>& names);

/// UserError if one of `outputs` is a file that `options` read, or is named twice.
void refuse_overwriting(const RunOptions& options, const std::vector<NamedOutput>& outputs);

}  // namespace tessera::host
