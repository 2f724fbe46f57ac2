// SPDX-License-Identifier: MIT
#include "firmware/runner/runner.h"

#include "firmware/cover/cover_planner.h"
#include "firmware/gemm/gemm_sequencer.h"
#include "firmware/linear/linear_sequencer.h"
#include "firmware/merge/sentinel.h"
#include "firmware/plan/row_list.h"
#include "firmware/plan/summary_list.h"
#include "firmware/runner/job_check.h"
#include "firmware/runner/work.h"

namespace tessera::fw {

/// Runs a job to its end. A bus fault may leave a FENCE under way.
template <typename Work>
Status Runner::run_loop(JobLoop<Work>& loop) {
    Status status;
    spec::Command command;
    Act act = Act::kSubmit;
    while (status.ok() && act != Act::kEnd) {
        act = loop.next(command);
        status = perform(act, command, loop);
    }
    return status.code == Code::kBusFault ? driver_.break_off() : status;
}

template <typename Work>
Status Runner::perform(Act act, const spec::Command& command, JobLoop<Work>& loop) {
    switch (act) {
        case Act::kAwaitFence: return driver_.await_fence();
        case Act::kMerge: return loop.merge() ? Status{} : failed(Code::kBusFault);
        case Act::kEnd: return Status{};
        default: break;
    }
    if (loop.retrying() && accounting_ != nullptr) accounting_->retried(driver_.descriptors());
    return act == Act::kSubmit ? driver_.submit(command) : driver_.submit_fence();
}

Status Runner::run(const AttentionJob* jobs, uint32_t count) {
    unresolved_ = Unresolved{};
    if (!driver_.fault().ok()) return driver_.fault();
    if (count == 0) return refused(JobRule::kEmpty);
    for (uint32_t i = 0; i < count; ++i)
        if (const JobRule rule = check_job(jobs[i], driver_.device()); rule != JobRule::kNone)
            return refused(rule);
    for (uint32_t i = 0; i < count; ++i)
        if (!write_summary_list(jobs[i], driver_.device(), driver_.bus()) ||
            !write_row_lists(jobs[i], driver_.device(), driver_.bus()) ||
            !write_sentinel(jobs[i], driver_.device(), driver_.bus()))
            return failed(Code::kBusFault);
    JobLoop<AttentionWork> loop{AttentionWork(jobs, count, driver_.device(),
                                              driver_.config().record_address, driver_.bus(),
                                              accounting_)};
    const Status status = run_loop(loop);
    unresolved_ = loop.work.unresolved();
    return status.ok() && unresolved_.rows != 0 ? failed(Code::kUnresolved) : status;
}

Status Runner::run(const CoverJob& job) {
    if (!driver_.fault().ok()) return driver_.fault();
    const JobRule rule = check_cover_job(job, driver_.device());
    if (rule != JobRule::kNone) return refused(rule);
    if (!write_cover_list(job, driver_.device(), driver_.bus())) return failed(Code::kBusFault);
    JobLoop<CoverWork> loop{CoverWork(job, driver_.device(), driver_.config().record_address,
                                      driver_.bus(), accounting_)};
    return run_loop(loop);
}

Status Runner::run(const GemmJob& job) {
    if (!driver_.fault().ok()) return driver_.fault();
    const JobRule rule = check_gemm_job(job, driver_.device());
    if (rule != JobRule::kNone) return refused(rule);
    JobLoop<PlainWork<GemmSequencer>> loop{PlainWork(GemmSequencer(job, driver_.device()))};
    return run_loop(loop);
}

Status Runner::run(const LinearJob& job) {
    if (!driver_.fault().ok()) return driver_.fault();
    const JobRule rule = check_linear_job(job, driver_.device());
    if (rule != JobRule::kNone) return refused(rule);
    JobLoop<PlainWork<LinearSequencer>> loop{
        PlainWork(LinearSequencer(job, driver_.device(), driver_.config().record_address))};
    return run_loop(loop);
}

}  // namespace tessera::fw
