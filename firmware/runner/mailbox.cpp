// SPDX-License-Identifier: MIT
#include "firmware/runner/mailbox.h"

#include "firmware/driver/driver.h"
#include "firmware/elementwise/elementwise_job.h"
#include "firmware/elementwise/epilogue_job.h"
#include "firmware/elementwise/gate_job.h"
#include "firmware/elementwise/gather_job.h"
#include "firmware/elementwise/norm_job.h"
#include "firmware/elementwise/pool_job.h"
#include "firmware/elementwise/rotary_job.h"
#include "firmware/elementwise/run_elementwise.h"
#include "firmware/runner/field_words.h"
#include "firmware/runner/runner.h"

namespace tessera::fw {
namespace {

static_assert(sizeof(AttentionJob) <= spec::kJobWorkspaceBytes && alignof(AttentionJob) <= 8);
static_assert(Unresolved::kNamed == spec::AnswerWords::kNamed);

DriverConfig config_of(const spec::DriverWords& words) {
    return {words.csr_base.value(), words.ring.value(), words.ring_descriptors,
            words.record.value(), words.watchdog_cycles};
}

/// All of them as one list, in the workspace.
Status run_attention(Runner& runner, const spec::RequestWords& request,
                     const MappedMemory& memory) {
    const auto* words = memory.at<const spec::AttentionWords>(request.jobs.value());
    auto* jobs = memory.at<AttentionJob>(request.workspace.value());
    for (uint32_t i = 0; i < request.count; ++i) jobs[i] = decode(words[i], memory);
    return runner.run(jobs, request.count);
}

Status run_one(Runner& runner, const GemmJob& job) { return runner.run(job); }
Status run_one(Runner& runner, const LinearJob& job) { return runner.run(job); }
Status run_one(Runner& runner, const CoverJob& job) { return runner.run(job); }
template <typename Job>
Status run_one(Runner& runner, const Job& job) {
    return run_elementwise(job, runner.driver(), runner.accounting());
}

CoverJob decoded(const spec::CoverWords& words, const MappedMemory& memory) {
    return decode(words, memory);
}
template <typename Job>
Job decoded(const FieldWords<Job>& words, const MappedMemory&) {
    return decode(words);
}

/// One after the other.
template <typename Words>
Status run_each(Runner& runner, const spec::RequestWords& request, const MappedMemory& memory) {
    const auto* words = memory.at<const Words>(request.jobs.value());
    Status status;
    for (uint32_t i = 0; i < request.count && status.ok(); ++i)
        status = run_one(runner, decoded(words[i], memory));
    return status;
}

// docs/contract/jobs.md, section 2: host and processor may be built at different times.
static_assert(count_words<GemmJob>() == 27 && count_words<LinearJob>() == 37);
static_assert(count_words<ElementwiseJob>() == 29 && count_words<EpilogueJob>() == 47);
static_assert(count_words<GateJob>() == 27 && count_words<NormJob>() == 38);
static_assert(count_words<RotaryJob>() == 32 && count_words<GatherJob>() == 29);
static_assert(count_words<PoolJob>() == 18);

/// Have jobs the kinds `first`, `first` + 1, ... in that order?
template <typename... Jobs>
constexpr bool numbered_from(uint32_t first) {
    return ((Jobs::kKind == first++) && ...);
}

/// Jobs whose words are their fields, in the order of their kinds.
template <typename... Jobs>
struct FieldJobs {
    static_assert(AttentionJob::kKind == 1 && CoverJob::kKind == 2);
    static_assert(numbered_from<Jobs...>(CoverJob::kKind + 1), "each kind once, none left out");

    static Status run(Runner& runner, const spec::RequestWords& request,
                      const MappedMemory& memory) {
        Status status = refused(JobRule::kKind);
        (void)((request.kind == Jobs::kKind &&
                (status = run_each<FieldWords<Jobs>>(runner, request, memory), true)) ||
               ...);
        return status;
    }
};

Status run(Runner& runner, const spec::RequestWords& request, const MappedMemory& memory) {
    if (request.count == 0) return refused(JobRule::kEmpty);
    if (request.kind == AttentionJob::kKind) return run_attention(runner, request, memory);
    if (request.kind == CoverJob::kKind) return run_each<spec::CoverWords>(runner, request, memory);
    return FieldJobs<GemmJob, LinearJob, ElementwiseJob, EpilogueJob, GateJob, NormJob, RotaryJob,
                     GatherJob, PoolJob>::run(runner, request, memory);
}

void write_answer(const Status& status, const Unresolved& unresolved, spec::AnswerWords& answer) {
    answer.code = static_cast<uint32_t>(status.code);
    answer.rule = static_cast<uint32_t>(status.rule);
    answer.error = static_cast<uint32_t>(status.error);
    answer.tag = status.tag;
    answer.unresolved_rows = unresolved.rows;
    for (uint32_t i = 0; i < Unresolved::kNamed; ++i) {
        answer.unresolved[i][0] = unresolved.named[i].head;
        answer.unresolved[i][1] = unresolved.named[i].row;
    }
}

}  // namespace

void answer(spec::MailboxWords& mailbox, Bus& bus, const MappedMemory& memory) {
    Driver driver(bus);
    Runner runner(driver);
    Status status = driver.init(config_of(mailbox.driver));
    if (status.ok()) status = run(runner, mailbox.request, memory);
    write_answer(status, runner.unresolved(), mailbox.answer);
}

}  // namespace tessera::fw
