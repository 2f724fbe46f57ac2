// SPDX-License-Identifier: MIT
// Every test program may elaborate one SystemC simulation, so Catch runs inside sc_main.
#define CATCH_CONFIG_RUNNER
#include "tests/support/catch.h"

#include <cstdlib>
#include <systemc>

int sc_main(int argc, char* argv[]) {
    Catch::Session session;
    // A filter that matches nothing has tested nothing.
    session.configData().warnings = Catch::WarnAbout::NoTests;
    if (session.applyCommandLine(argc, argv) != 0) return 2;
    return session.run() == 0 ? 0 : 1;
}

// Our own main, only to silence SystemC's banner before anything prints it.
int main(int argc, char* argv[]) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
