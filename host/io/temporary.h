// SPDX-License-Identifier: MIT
// Names of files that are being written: whose they are can be told from them.
#pragma once
#include <sys/types.h>

#include <string>

namespace tessera::host {

/// A name for what this process begins to write in place of `path`, which it has not used before.
std::string temporary_name(const std::string& path);

/// Removes what `process`, which has been killed, had begun to write in place of `path`.
void remove_temporaries(const std::string& path, pid_t process);
/// The same of all processes; only for who alone writes there now.
void remove_temporaries(const std::string& path);

}  // namespace tessera::host
