// SPDX-License-Identifier: MIT
// Fields of the experiment as options of the command line. Below this folder messages and reports
// name fields between backticks (tessera/error.h).
#pragma once
#include <string>
#include <string_view>

namespace tessera::host {

/// `text` with options in place of fields: "`workload.scale`" becomes "--scale",
/// "`workload.mask.kind=causal`" becomes "--mask causal".
std::string with_options(std::string_view text);

/// From now on fields stay as they are and `experiment` is this file, which the fields are from.
void name_fields_of(const std::string& experiment_file);

}  // namespace tessera::host
