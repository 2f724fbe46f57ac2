// SPDX-License-Identifier: MIT
// Do the fields of an experiment go together? What a single field allows is in the table
// (host/experiment/fields.h), and what the machine and the inputs allow is known when they are
// read.
#pragma once
#include "include/tessera/experiment.h"

namespace tessera::host {

/// Once, before anything else is done: UserError unless every field is in its range, those that
/// mean nothing here have their defaults, the operands are named, and the fields go together.
void check_experiment(const Experiment& experiment);

/// Every text can be written as JSON: reports and --print-experiment do that. The rest of
/// check_experiment() looks at this, too.
void check_texts(const Experiment& experiment);

/// The same of results and implementation: what is to be checked, traced, accepted.
void check_outputs(const Experiment& experiment);

/// The same of mask, batch, schedule and approximation of attention.
void check_attention(const Experiment& experiment);

}  // namespace tessera::host
