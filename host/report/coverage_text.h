// SPDX-License-Identifier: MIT
// What a check compared, in words.
#pragma once
#include <string>

#include "host/reference/coverage.h"

namespace tessera::host {

/// "compared 63 of 64 elements, 1 not comparable because ...".
std::string coverage_text(const Coverage& coverage);

/// Why a check that was asked for has failed though nothing differed: it compared nothing.
std::string nothing_compared_text(const Coverage& coverage);
/// The same for `verify`, where it is a difference.
std::string nothing_held_text(const Coverage& coverage);

}  // namespace tessera::host
