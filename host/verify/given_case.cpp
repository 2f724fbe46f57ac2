// SPDX-License-Identifier: MIT
#include "host/verify/given_case.h"

#include <memory>
#include <utility>

#include "host/library/operation_of.h"
#include "host/operation/attention_operation.h"
#include "host/operation/audit_operation.h"
#include "host/run/job.h"
#include "host/run/platform_memory.h"
#include "host/verify/command_words.h"

namespace tessera::verify {
namespace {

using host::MemoryAccess;

/// What of an operation is compared.
struct Given {
    std::string name;
    hw::PlatformConfig platform;
    uint64_t begin = 0, end = 0;  ///< device memory
    bool accept_inexact = false;
};

/// Holds attention against double precision, with lse where it is wanted.
void hold(const host::AttentionOperation& attention, const std::vector<float>& o,
          const MemoryAccess& memory, Comparison& comparison) {
    count(attention.compare(attention.exact(false, {}), o, attention.read_lse(memory)), comparison);
}

void hold(const host::Operation& operation, const std::vector<float>& result, const MemoryAccess&,
          Comparison& comparison) {
    count(operation.check(result, [](double) {}), comparison);
}

/// What judging a result takes: the rows that any device or its firmware flagged.
host::RunOutcome flags_of(const Outcome& out) {
    host::RunOutcome flags;
    const auto add = [&](const Outcome& device) {
        for (uint32_t c = 0; c < spec::kCounters; ++c) flags.counters[c] += device.counters[c];
        flags.merging.work.rows_saturated += device.rows_saturated;
    };
    add(out);
    for (const Outcome& other : out.others) add(other);
    return flags;
}

template <typename Operation>
void compare(const Operation& operation, const Given& given, const Outcome& out,
             Comparison& comparison) {
    if (!firmware_succeeded(out, comparison)) return;
    Bytes bytes = out.memory;
    const MemoryAccess memory = [&](uint64_t address, uint64_t) {
        return bytes.data() + (address - given.begin);
    };
    const std::vector<float> result = operation.read(memory);
    host::Exactness exactness;
    exactness.accepted = given.accept_inexact;
    operation.judge(result, flags_of(out), exactness);
    if (exactness.withheld())
        comparison.inexact = exactness.text();
    else
        hold(operation, result, memory, comparison);
}

/// `operation` is placed; it runs on the machine of `given`.
template <typename Operation>
Case case_of(std::shared_ptr<const Operation> operation, const Given& given, CommandWords words) {
    Case c;
    c.name = given.name;
    c.platform = given.platform;
    c.calls = operation->work_by_formula().calls;
    c.words = std::move(words);
    c.body = [operation, given](Machine& machine, Outcome& out) {
        host::Platform& platform = machine.platform();
        operation->write(host::access_to(platform));
        machine.run(*operation, out);
        const uint64_t bytes = given.end - given.begin;
        const uint8_t* kept = platform.memory(given.begin, bytes);
        out.memory.assign(kept, kept + bytes);
    };
    c.reference = [operation, given](const Outcome& out, Comparison& comparison) {
        compare(*operation, given, out, comparison);
    };
    return c;
}

/// Its outputs lie behind everything else; o is the first of them.
template <typename Attention>
Case case_of(std::shared_ptr<const Attention> attention, std::string name,
             const host::ResolvedConfig& config, bool accept_inexact) {
    const host::Layout& layout = attention->layout();
    const Given given{std::move(name), config.platform, layout.job.o.address, layout.end,
                      accept_inexact};
    return case_of<host::AttentionOperation>(attention, given,
                                             layout_words(layout, config.platform.params));
}

GivenCases attention_cases(const Experiment& experiment) {
    const host::Job job = host::make_job(experiment, false);
    const bool accept_inexact = experiment.outputs.accept_inexact;
    const hw::PlatformConfig& platform = job.config.platform;
    GivenCases given{{}, job.inputs.notes};
    given.cases.push_back(case_of(std::make_shared<const host::AttentionOperation>(
                                      job.problem, job.inputs, platform, job.layout),
                                  job.inputs.description, job.config, accept_inexact));
    if (job.layout.audit)
        given.cases.push_back(case_of(std::make_shared<const host::AuditOperation>(
                                          job.problem, job.inputs, platform, job.layout),
                                      "audit of " + job.inputs.description, job.config,
                                      accept_inexact));
    return given;
}

}  // namespace

GivenCases given_cases(const Experiment& experiment) {
    if (experiment.operation == OperationKind::kAttention) return attention_cases(experiment);
    const host::OperationJob job = host::operation_of(experiment);
    const host::Region& last = job.record.regions.back();
    const Given given{job.record.title, job.record.config.platform, 0, last.address + last.bytes,
                      experiment.outputs.accept_inexact};
    return {{case_of(job.operation, given, command_words(job.operation->commands()))}, job.notes};
}

}  // namespace tessera::verify
