// SPDX-License-Identifier: MIT
#include "host/cli/verdict.h"

#include <fmt/format.h>

#include "host/cli/run_command.h"
#include "host/report/coverage_text.h"

namespace tessera::host {

void print_on_stderr(const RunVerdict& v) {
    if (!v.exactness.exact()) fmt::print(stderr, "tessera: {}\n", v.exactness.message(v.output));
    if (!v.rejection.empty()) fmt::print(stderr, "tessera: {}\n", v.rejection);
    if (v.nothing_compared != nullptr)
        fmt::print(stderr, "tessera: {}\n", nothing_compared_text(*v.nothing_compared));
    else if (v.check != nullptr && v.check->not_compared() != 0)
        fmt::print(stderr, "tessera: note: {}\n", coverage_text(*v.check));
}

int exit_code(const RunVerdict& v) {
    if (v.exactness.withheld()) return kExitNotValid;
    if (v.outside_bound || v.nothing_compared != nullptr) return kExitMismatch;
    return v.rejection.empty() ? kExitGood : kExitNotValid;
}

}  // namespace tessera::host
