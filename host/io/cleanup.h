// SPDX-License-Identifier: MIT
// What has to go when a signal ends the program: temporary files, folders made for a result.
#pragma once
#include <string>

namespace tessera::host {

/// While it lives, SIGINT, SIGTERM, SIGHUP, SIGXFSZ and SIGBUS remove `path` (a file, or a folder
/// if it is empty) before they end the program. Innermost last: later ones go first.
class Cleanup {
  public:
    explicit Cleanup(const std::string& path);
    ~Cleanup();
    Cleanup(const Cleanup&) = delete;
    Cleanup& operator=(const Cleanup&) = delete;

  private:
    int slot_;
};

/// Installs the handlers. SIGBUS writes `lost_bytes_message` (a literal) on stderr and ends with
/// exit code 2: a mapped file has lost its bytes. That is an input that was cut short, or a disk
/// without room for a waveform.
void handle_signals(const char* lost_bytes_message);

}  // namespace tessera::host
