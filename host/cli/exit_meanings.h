// SPDX-License-Identifier: MIT
// What the program's exit codes mean.
#pragma once
#include "host/exit_codes.h"

namespace tessera::host {

struct ExitCode {
    int code;
    const char* meaning;
};

/// All of them.
inline constexpr ExitCode kExitCodes[] = {
    {kExitGood, "good"},
    {kExitMismatch,
     "the check failed: an element is outside its error bound, nothing could be "
     "compared, or model and RTL differ"},
    {kExitUserError,
     "a mistake on the command line or in a file, or a limit of this computer; the "
     "message says what is allowed"},
    {kExitNotValid,
     "the result is not valid for this input: known not to be exact, or an "
     "approximation that its audit rejects"},
    {kExitDeviceError,
     "the device or its firmware refused to go on, or rows whose softmax sum "
     "could not be recovered on a black box"},
    {kExitInternalError, "a bug of Tessera"},
};

}  // namespace tessera::host
