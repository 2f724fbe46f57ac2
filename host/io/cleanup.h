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

/// Installs the handlers. SIGBUS says that a mapped file has lost its bytes, and ends with exit
/// code 2: an input that was cut short, or a disk without room for a waveform.
void handle_signals();

}  // namespace tessera::host
