// SPDX-License-Identifier: MIT
// A job of the command line as what `tessera verify` runs on model and RTL.
#pragma once
#include <memory>
#include <vector>

#include "host/library/operation_of.h"
#include "host/run/job.h"
#include "host/verify/case.h"

namespace tessera::host {

/// The job: its outputs bit by bit, and within their bound of double precision. Of an approximate
/// one that is attention to the tiles that it sees; the audit's exact rows are a second case. A
/// result that is known not to be exact is compared with double precision only if that is accepted.
std::vector<verify::Case> cases_of_job(const std::shared_ptr<const Job>& job, bool accept_inexact);

/// An operation: all of its memory bit by bit, and the result within its bound of double precision,
/// likewise.
verify::Case case_of_operation(const std::shared_ptr<const OperationJob>& operation);

}  // namespace tessera::host
