// SPDX-License-Identifier: MIT
#include "firmware/runner/mailbox.h"

#include "firmware/driver/driver.h"
#include "firmware/elementwise/run_elementwise.h"
#include "firmware/runner/element_words.h"
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

/// One after the other.
template <typename Words, typename Run>
Status run_each(const spec::RequestWords& request, const MappedMemory& memory, Run run_one) {
    const auto* words = memory.at<const Words>(request.jobs.value());
    Status status;
    for (uint32_t i = 0; i < request.count && status.ok(); ++i) status = run_one(words[i]);
    return status;
}

Status run(Runner& runner, const spec::RequestWords& request, const MappedMemory& memory) {
    using spec::JobKind;
    const auto on_device = [&](const auto& words) { return runner.run(decode(words, memory)); };
    const auto by_processor = [&](const auto& words) {
        return run_elementwise(decode(words), runner.driver(), runner.accounting());
    };
    if (request.count == 0) return refused(JobRule::kEmpty);
    switch (static_cast<JobKind>(request.kind)) {
        case JobKind::kAttention: return run_attention(runner, request, memory);
        case JobKind::kCover: return run_each<spec::CoverWords>(request, memory, on_device);
        case JobKind::kGemm: return run_each<spec::GemmWords>(request, memory, on_device);
        case JobKind::kLinear: return run_each<spec::LinearWords>(request, memory, on_device);
        case JobKind::kElementwise:
            return run_each<spec::ElementwiseWords>(request, memory, by_processor);
        case JobKind::kEpilogue:
            return run_each<spec::EpilogueWords>(request, memory, by_processor);
        case JobKind::kGate: return run_each<spec::GateWords>(request, memory, by_processor);
        case JobKind::kNorm: return run_each<spec::NormWords>(request, memory, by_processor);
        case JobKind::kRotary: return run_each<spec::RotaryWords>(request, memory, by_processor);
        case JobKind::kGather: return run_each<spec::GatherWords>(request, memory, by_processor);
        case JobKind::kPool: return run_each<spec::PoolWords>(request, memory, by_processor);
        default: return refused(JobRule::kKind);
    }
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
