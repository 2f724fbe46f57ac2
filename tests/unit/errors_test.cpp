// SPDX-License-Identifier: MIT
// Every error code on the model, and the way back to work. docs/device.md, section 8.
#include "tests/support/compared.h"
