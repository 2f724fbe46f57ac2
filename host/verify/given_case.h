// SPDX-License-Identifier: MIT
// The run that an experiment asks for as what is verified on model and RTL: the same operation in
// the same place as in a run of the library.
#pragma once
#include <string>
#include <vector>

#include "host/verify/case.h"
#include "include/tessera/experiment.h"

namespace tessera::verify {

struct GivenCases {
    std::vector<Case> cases;
    std::vector<std::string> notes;  ///< on the input, for the user
};

/// Attention: its outputs bit by bit, and within their bound of double precision. Of an approximate
/// one that is attention to the tiles that it sees; the audit's exact rows are a second case.
/// Another operation: all of its memory bit by bit, and the result likewise. A result that is known
/// not to be exact is compared with double precision only if the experiment accepts it. UserError.
GivenCases given_cases(const Experiment& experiment);

}  // namespace tessera::verify
