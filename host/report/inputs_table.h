// SPDX-License-Identifier: MIT
// The files that a report was made from.
#pragma once
#include <string>
#include <vector>

#include "host/report/document.h"

namespace tessera::host {

/// Table `inputs`: each regular file of `paths`, once, with its size and SHA-256. Names of presets
/// and files that are not there are left out.
Table inputs_table(const std::vector<std::string>& paths);

}  // namespace tessera::host
