// SPDX-License-Identifier: MIT
// Every test program may elaborate one SystemC simulation, so Catch runs inside sc_main.
#define CATCH_CONFIG_RUNNER
#include "tests/support/catch.h"

#include <systemc>

int sc_main(int argc, char* argv[]) { return Catch::Session().run(argc, argv) == 0 ? 0 : 1; }
