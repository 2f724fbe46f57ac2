// SPDX-License-Identifier: MIT
// What a check compared, in words and in a report.
#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "host/reference/coverage.h"

namespace tessera::host {

/// "compared 63 of 64 elements, 1 not comparable because ...".
std::string coverage_text(const Coverage& coverage);

/// Why a check that was asked for has failed though nothing differed: it compared nothing.
std::string nothing_compared_text(const Coverage& coverage);
/// The same for `verify`, where it is a difference.
std::string nothing_held_text(const Coverage& coverage);

/// A figure of the elements that were compared; null if there are none.
nlohmann::ordered_json of_compared(const Coverage& coverage, double value);

/// Member `not_compared` of a report: how many, and for each reason how many.
nlohmann::ordered_json not_compared_json(const Coverage& coverage);

/// Member `within_bound`: null if nothing was compared.
nlohmann::ordered_json within_bound_json(uint64_t elements, bool outside_bound);

}  // namespace tessera::host
