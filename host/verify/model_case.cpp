// SPDX-License-Identifier: MIT
#include "host/verify/model_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "host/float_bits.h"
#include "host/model/model_run.h"
#include "host/text.h"

namespace tessera::verify {
namespace {

/// FNV-1a, 64 bits, over the bits of all elements.
uint64_t digest(const std::vector<float>& elements) {
    uint64_t digest = 0xcbf29ce484222325;
    for (const float x : elements) digest = (digest ^ host::bits_of(x)) * 0x100000001b3;
    return digest;
}

/// Adds a step that has run to what is left behind.
void note(const std::string& layer, const host::StepRecord& step, Outcome& out) {
    const host::RunOutcome& run = step.outcome;
    StepEnd end;
    end.name = layer + ": " + step.title;
    end.cycle = run.end_cycle;
    end.result = digest(step.result);
    end.processor_bytes = step.cost.processor_bytes;
    end.firmware_cycles = step.cost.firmware_cycles;
    if (step.error) {
        end.checked = step.error->elements;
        end.outside = step.error->outside;
    }
    if (!step.exactness.exact()) end.inexact = step.exactness.text();
    out.steps.push_back(std::move(end));
    out.commands = run.commands;  // of this step and those before
    out.groups = run.groups;
    for (size_t c = 0; c < out.counters.size(); ++c) out.counters[c] += run.counters[c];
    out.calls += run.firmware.calls;
    out.status = run.firmware.status;
}

void hold(const Outcome& out, bool accept_inexact, Comparison& comparison) {
    for (const StepEnd& step : out.steps) {
        if (!step.inexact.empty() && !accept_inexact) {
            if (comparison.inexact.empty())
                comparison.inexact = fmt::format("{}: {}", step.name, step.inexact);
            continue;
        }
        comparison.elements += step.checked;
        if (step.outside != 0)
            comparison.different(
                step.cycle, fmt::format("{}: {} of {} elements outside their bounds", step.name,
                                        step.outside, step.checked));
    }
}

}  // namespace

Case model_case(const host::ModelFolder& folder, const host::ModelMachine& machine,
                const host::RandomInputs& inputs, bool accept_inexact) {
    const host::ModelWeights weights = folder.open_weights();
    const auto runs = std::make_shared<const std::vector<host::GraphRun>>(
        host::random_runs(folder.model, weights, inputs));
    uint64_t capacity = 1;
    for (const host::GraphRun& run : *runs)
        for (const auto& [name, value] : run.inputs)
            capacity = std::max(capacity, run.position + value.rows());
    check_runs(folder.model, weights, machine, capacity, *runs);
    Case c;
    c.name = fmt::format("model {}, seed {}", folder.model.name, inputs.seed);
    c.platform = machine.platform;
    c.body = [folder, machine, runs, capacity](Machine& target, Outcome& out) {
        host::ModelRun::Options options;
        options.check = true;
        options.step = [&out](const std::string& layer, const host::StepRecord& step) {
            note(layer, step, out);
        };
        host::ModelRun model(folder.model, folder.open_weights(), machine, target.platform(),
                             capacity, options);
        for (const host::GraphRun& run : *runs) model.run(run);
        const uint8_t* memory = target.memory(0, model.memory_end());
        out.memory.assign(memory, memory + model.memory_end());
    };
    c.reference = [accept_inexact](const Outcome& out, Comparison& comparison) {
        hold(out, accept_inexact, comparison);
    };
    return c;
}

}  // namespace tessera::verify
