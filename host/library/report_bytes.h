// SPDX-License-Identifier: MIT
// A report from the process that made it to the one that asked for it.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/library/point.h"
#include "host/run/forked.h"

namespace tessera::host {

using Words = std::function<std::string(std::string_view)>;

/// The report of a point that has run.
Report report_of(const Point& point);
/// Its figures alone.
std::vector<Report::Figure> figures_of(const Point& point);
/// Every number with a unit in a section, by its path; `words` makes users' words of meanings.
std::vector<Report::Figure> figures_in(const Section& section, const Words& words);

Bytes bytes_of(const Report& report);
/// std::runtime_error if these are not its bytes.
Report report_from(const Bytes& bytes);

}  // namespace tessera::host
