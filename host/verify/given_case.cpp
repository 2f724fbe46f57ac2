// SPDX-License-Identifier: MIT
#include "host/cli/given_case.h"

#include <fmt/format.h>

#include "host/operation/approximate.h"
#include "host/operation/cover_layout.h"
#include "host/report/coverage_text.h"
#include "host/run/approximate_run.h"
#include "host/run/find_inexact.h"
#include "host/run/platform_memory.h"
#include "host/verify/command_words.h"

namespace tessera::host {
namespace {

/// What a result is held against.
struct Expected {
    ReferenceProblem problem;
    BoundParams bound;
    bool lse = false;
    bool accept_inexact = false;
};

/// Copies device memory [begin, end) to the outcome.
void keep(Platform& platform, uint64_t begin, uint64_t end, verify::Outcome& out) {
    const uint8_t* at = platform.memory(begin, end - begin);
    out.memory.assign(at, at + (end - begin));
}

/// Outputs lie behind everything else; o is the first of them.
void run_layout(const Job& job, const Layout& layout, verify::Machine& machine,
                verify::Outcome& out) {
    Platform& platform = machine.platform();
    write_operands(job.inputs, job.layout, access_to(platform));
    if (layout.remainder) {
        FirmwareOutcome firmware;
        machine.run(program_with_remainder(layout, access_to(platform), firmware), layout.driver,
                    out);
        out.status = firmware.status;
        out.calls = firmware.calls;
    } else {
        machine.run(layout, out);
    }
    keep(platform, layout.job.o.address, layout.end, out);
}

/// A job for RTL is small: all scores are looked at, whatever the device's flags say.
Exactness exactness_of(const Expected& expected, const Layout& layout, const MemoryAccess& memory) {
    Exactness exactness;
    exactness.accepted = expected.accept_inexact;
    exactness.add(Inexact::kSaturated, clamped_rows(expected.problem, layout.job.factor));
    exactness.add(Inexact::kNonFinite,
                  unexplained_rows(expected.problem, nonfinite(layout, memory)));
    return exactness;
}

void compare(const Expected& expected, const Layout& layout, uint32_t bus_bytes,
             const verify::Outcome& out, verify::Comparison& comparison) {
    if (!verify::firmware_succeeded(out, comparison)) return;
    Bytes outputs = out.memory;
    const MemoryAccess memory = [&](uint64_t address, uint64_t) {
        return outputs.data() + (address - layout.job.o.address);
    };
    const Exactness exactness = exactness_of(expected, layout, memory);
    if (exactness.withheld()) {
        comparison.inexact = exactness.text();
        return;
    }
    std::vector<double> lse;
    if (expected.lse) lse = read_lse(layout, memory, bus_bytes);
    verify::compare_with_double(expected.problem, expected.bound, read_output(layout, memory), lse,
                                comparison);
}

Expected expected_of(const Job& job) {
    const Problem& p = job.problem;
    const uint32_t m = job.config.platform.params.m;
    if (p.approximation)
        return {approximate_reference(p, job.inputs, m, false),
                {m, p.bf16_output, p.sentinel.form, most_tiles_seen(*p.selection)},
                false};
    return {reference_problem(p, job.inputs, m, false),
            {m, p.bf16_output, p.sentinel.form, most_calls(job.layout)},
            p.want_lse};
}

Expected expected_of_audit(const Job& job) {
    const uint32_t m = job.config.platform.params.m;
    const std::vector<uint32_t>& rows = job.layout.approximate->audit_rows;
    return {audit_reference(job.problem, job.inputs, m, rows), BoundParams{m}, false};
}

/// `layout`: that of the job, or of its audit. `expected` is asked behind the simulations.
verify::Case case_of(const std::shared_ptr<const Job>& job, const Layout& layout, std::string name,
                     Expected (*expected)(const Job&), bool accept_inexact) {
    const hw::PlatformConfig& platform = job->config.platform;
    verify::Case c;
    c.name = std::move(name);
    c.platform = platform;
    c.body = [job, layout](verify::Machine& machine, verify::Outcome& out) {
        run_layout(*job, layout, machine, out);
    };
    c.words = verify::layout_words(layout, platform.params);
    c.reference = [job, layout, expected, accept_inexact, bus_bytes = platform.params.bus_bytes](
                      const verify::Outcome& out, verify::Comparison& comparison) {
        Expected e = expected(*job);
        e.accept_inexact = accept_inexact;
        compare(e, layout, bus_bytes, out, comparison);
    };
    return c;
}

void run_operation_job(const OperationJob& operation, verify::Machine& machine,
                       verify::Outcome& out) {
    Platform& platform = machine.platform();
    const MemoryAccess memory = access_to(platform);
    operation.operation->write(memory);
    FirmwareOutcome firmware;
    machine.run(operation.operation->program(0, memory, firmware), operation.operation->driver(0),
                out);
    out.status = firmware.status;
    out.calls = firmware.calls;
    const std::vector<Region>& regions = operation.record.regions;
    keep(platform, 0, regions.back().address + regions.back().bytes, out);
}

void compare_operation(const OperationJob& operation, const verify::Outcome& out,
                       verify::Comparison& comparison) {
    if (!verify::firmware_succeeded(out, comparison)) return;
    Bytes bytes = out.memory;
    const std::vector<float> result = operation.operation->read(
        [&](uint64_t address, uint64_t) { return bytes.data() + address; });
    const Exactness exactness = exactness_of(operation, result, RunOutcome());
    if (exactness.withheld()) {
        comparison.inexact = exactness.text();
        return;
    }
    const ElementErrors e = operation.operation->check(result, [](double) {});
    comparison.elements += e.elements;
    if (e.elements == 0) comparison.different(hw::kNever, nothing_held_text(e));
    if (!e.outside_bound()) return;
    comparison.different(hw::kNever,
                         fmt::format("{} elements are outside the bound of the reference; the "
                                     "worst is {:.3g} times its bound",
                                     e.outside, e.max_over_bound));
}

}  // namespace

std::vector<verify::Case> cases_of_job(const std::shared_ptr<const Job>& job, bool accept_inexact) {
    std::vector<verify::Case> cases = {
        case_of(job, job->layout, job->inputs.description, expected_of, accept_inexact)};
    if (job->layout.audit)
        cases.push_back(case_of(job, audit_layout(job->layout),
                                "audit of " + job->inputs.description, expected_of_audit,
                                accept_inexact));
    return cases;
}

verify::Case case_of_operation(const std::shared_ptr<const OperationJob>& operation) {
    const hw::PlatformConfig& platform = operation->record.config.platform;
    verify::Case c;
    c.name = operation->record.title;
    c.platform = platform;
    c.body = [operation](verify::Machine& machine, verify::Outcome& out) {
        run_operation_job(*operation, machine, out);
    };
    c.words = verify::command_words(operation->operation->commands());
    c.reference = [operation](const verify::Outcome& out, verify::Comparison& comparison) {
        compare_operation(*operation, out, comparison);
    };
    return c;
}

}  // namespace tessera::host
