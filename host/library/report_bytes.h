// SPDX-License-Identifier: MIT
// A report from the process that made it to the one that asked for it.
#pragma once
#include <vector>

#include "host/library/point.h"
#include "host/run/forked.h"

namespace tessera::host {

/// The report of a point that has run.
Report report_of(const Point& point);
/// Its figures alone.
std::vector<Report::Figure> figures_of(const Point& point);

Bytes bytes_of(const Report& report);
/// std::runtime_error if these are not its bytes.
Report report_from(const Bytes& bytes);

}  // namespace tessera::host
