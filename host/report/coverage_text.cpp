// SPDX-License-Identifier: MIT
#include "host/report/coverage_text.h"

#include "host/report/sections.h"
#include "host/report/summary.h"

namespace tessera::host {

std::string coverage_text(const Coverage& coverage) {
    return coverage_text(
        Section{"", {fact("elements", coverage.elements), not_compared_section(coverage)}});
}

std::string nothing_compared_text(const Coverage& coverage) {
    return "`outputs.check` had nothing to compare: " + coverage_text(coverage);
}

std::string nothing_held_text(const Coverage& coverage) {
    return "no element of the result could be compared with the reference: " +
           coverage_text(coverage);
}

}  // namespace tessera::host
