// SPDX-License-Identifier: MIT
// Runs what a mailbox asks for (spec/job.h): the whole of the stand-alone program but its entry.
#pragma once
#include "firmware/driver/bus.h"
#include "firmware/runner/job_words.h"
#include "spec/job.h"

namespace tessera::fw {

/// Finds the device, runs the request and writes the answer. Does not touch `ready`. The device is
/// found again for each request, since one may follow an error. `memory` holds jobs, their arrays
/// and the workspace. A request without jobs is refused (JobRule::kEmpty), and so is one of an
/// unknown kind (kKind).
void answer(spec::MailboxWords& mailbox, Bus& bus, const MappedMemory& memory);

}  // namespace tessera::fw
