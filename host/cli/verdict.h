// SPDX-License-Identifier: MIT
// What a run comes to: what stands against its result, on stderr, and the exit code.
#pragma once
#include <string>

#include "host/operation/exactness.h"
#include "host/reference/coverage.h"
#include "include/tessera/error.h"

namespace tessera::host {

struct RunVerdict {
    const Exactness& exactness;
    std::string output;               ///< name of the result: "o"
    std::string rejection = {};       ///< why an audit withholds the result; empty if it does not
    const Coverage* check = nullptr;  ///< null: there was none
    const Coverage* nothing_compared = nullptr;  ///< of a check that was asked for; null otherwise
    bool outside_bound = false;
};

/// For those who do not read the report.
void print_on_stderr(const RunVerdict& verdict);
/// kExitGood, kExitMismatch or kExitNotValid.
int exit_code(const RunVerdict& verdict);
/// That of an error that ended the command.
int exit_code(ErrorCode code);

}  // namespace tessera::host
