// SPDX-License-Identifier: MIT
// SystemC's shared library refers to this function. Programs that start SystemC themselves define
// it, and this one is not linked; users of the library need none.
#include <systemc>

int sc_main(int, char*[]) { return 1; }
