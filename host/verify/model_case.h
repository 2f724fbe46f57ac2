// SPDX-License-Identifier: MIT
// A whole model as what is verified on model and RTL of the device.
#pragma once
#include "host/model/model_folder.h"
#include "host/model/random_inputs.h"
#include "host/verify/case.h"

namespace tessera::verify {

/// All graphs of a model on random inputs, on one machine: encoder, prefill and decoding, if it has
/// them. Compared are end and result of every step, commands, lane groups, counters, and device
/// memory from address 0 to the last byte that is kept. Reference: double precision, each step on
/// the operands that it had; without `accept_inexact` not of what is known not to be exact.
/// UserError for weights that are no file of that kind or do not fit.
Case model_case(const host::ModelFolder& folder, const host::ModelMachine& machine,
                const host::RandomInputs& inputs, bool accept_inexact);

}  // namespace tessera::verify
