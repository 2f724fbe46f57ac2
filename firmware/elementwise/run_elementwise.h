// SPDX-License-Identifier: MIT
// How any job of elementwise work is run. Of each kind there are check_elementwise_job,
// elementwise_work and do_elementwise.
#pragma once
#include "firmware/driver/driver.h"
#include "firmware/driver/status.h"
#include "firmware/merge/accounting.h"

namespace tessera::fw {

/// Checks the job and does it; submits a FENCE, so that the device's cycles cover it. The account
/// may be null. Without data only the time of the work passes.
template <typename Job>
Status run_elementwise(const Job& job, Driver& driver, Accounting* accounting) {
    if (!driver.fault().ok()) return driver.fault();
    const JobRule rule = check_elementwise_job(job, driver.device());
    if (rule != JobRule::kNone) return refused(rule);
    const bool data = accounting == nullptr || accounting->holds_data();
    if (data && !do_elementwise(job, driver.device(), driver.bus())) return failed(Code::kBusFault);
    if (accounting != nullptr) accounting->worked(elementwise_work(job, driver.device()));
    return driver.fence();
}

}  // namespace tessera::fw
