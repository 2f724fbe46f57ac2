// SPDX-License-Identifier: MIT
#include "host/cli/verdict.h"

#include <fmt/format.h>

#include "host/cli/field_options.h"
#include "host/cli/run_command.h"
#include "host/report/coverage_text.h"

namespace tessera::host {

namespace {

void complain(const std::string& text) { fmt::print(stderr, "tessera: {}\n", with_options(text)); }

}  // namespace

void print_on_stderr(const RunVerdict& v) {
    if (!v.exactness.exact()) complain(v.exactness.message(v.output));
    if (!v.rejection.empty()) complain(v.rejection);
    if (v.nothing_compared != nullptr)
        complain(nothing_compared_text(*v.nothing_compared));
    else if (v.check != nullptr && v.check->not_compared() != 0)
        complain("note: " + coverage_text(*v.check));
}

int exit_code(const RunVerdict& v) {
    if (v.exactness.withheld()) return kExitNotValid;
    if (v.outside_bound || v.nothing_compared != nullptr) return kExitMismatch;
    return v.rejection.empty() ? kExitGood : kExitNotValid;
}

int exit_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::kUser:
        case ErrorCode::kCancelled: return kExitUserError;
        case ErrorCode::kMismatch: return kExitMismatch;
        case ErrorCode::kNotValid: return kExitNotValid;
        case ErrorCode::kDevice: return kExitDeviceError;
        case ErrorCode::kInternal: break;
    }
    return kExitInternalError;
}

}  // namespace tessera::host
