// SPDX-License-Identifier: MIT
// Tensors of an input file that nobody reads, though their names sound as if attention depended on
// them.
#pragma once
#include <string>
#include <vector>

#include "host/io/safetensors.h"

namespace tessera::host {

/// A line for the user that names them, or nothing. `used`: the tensors that are read.
std::string note_on_ignored(const SafetensorsFile& file, const std::vector<std::string>& used);

}  // namespace tessera::host
