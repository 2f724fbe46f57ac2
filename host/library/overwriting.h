// SPDX-License-Identifier: MIT
// A result must not replace what it was made from, nor another result.
#pragma once
#include <string>
#include <vector>

#include "include/tessera/experiment.h"

namespace tessera::host {

/// A file that will be written, and the field between backticks, or the option, that names it.
struct NamedOutput {
    const char* option;
    std::string path;
};

/// Files that `experiment` reads, and names of presets and tensors; then those that it or its
/// options were read from.
std::vector<std::string> inputs_of(const Experiment& experiment,
                                   const std::vector<std::string>& sources);

/// Files with these names in the output folder.
std::vector<NamedOutput> outputs_in(const std::string& folder,
                                    const std::vector<std::string>& names);

/// UserError if one of `outputs` is a file that `experiment` or its options were read from
/// (CommandLine::sources), or is named twice.
void refuse_overwriting(const Experiment& experiment, const std::vector<std::string>& sources,
                        const std::vector<NamedOutput>& outputs);

}  // namespace tessera::host
