// SPDX-License-Identifier: MIT
// What a run comes to, and what stands against its result.
#pragma once
#include <string>
#include <vector>

#include "host/operation/exactness.h"
#include "host/reference/coverage.h"
#include "host/report/document.h"
#include "include/tessera/tessera.h"

namespace tessera::host {

struct RunVerdict {
    const Exactness& exactness;
    std::string output;               ///< name of the result: "o"
    std::string rejection = {};       ///< why an audit withholds the result; empty if it does not
    const Coverage* check = nullptr;  ///< null: there was none
    const Coverage* nothing_compared = nullptr;  ///< of a check that was asked for; null otherwise
    bool outside_bound = false;
};

Report::Verdict verdict_of(const RunVerdict& verdict);
/// What the program ends with then.
int exit_code(Report::Verdict verdict);
/// For those who do not read the report: a sentence each. Fields stand between backticks.
std::vector<std::string> remarks_on(const RunVerdict& verdict);
/// The same in a report: the verdict in a word, exit code, remarks.
Section verdict_section(const RunVerdict& verdict);

}  // namespace tessera::host
