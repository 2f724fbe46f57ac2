// SPDX-License-Identifier: MIT
// Fields of the experiment as options of the command line. Below this folder messages and reports
// name fields between backticks (tessera/error.h).
#pragma once
#include <string>
#include <string_view>

#include "include/tessera/error.h"

namespace tessera::host {

/// `text` with options in place of fields: "`workload.scale`" becomes "--scale",
/// "`workload.mask.kind=causal`" becomes "--mask causal".
std::string with_options(std::string_view text);

/// A message on stderr: the same, unless the fields are from a file. Then they stay as they are.
std::string message_text(std::string_view text);
/// The same of an error, which names that file first.
std::string message_text(const Error& error);
/// That file, for all messages from now on.
void name_fields_of(const std::string& experiment_file);
/// From now on a term of a mask is one of --masks.
void name_terms_of_masks();

}  // namespace tessera::host
