// SPDX-License-Identifier: MIT
#include "host/model/model_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "host/error.h"
#include "host/operation/audit_operation.h"

namespace tessera::host {

StepCost ModelRecord::sum() const {
    StepCost sum;
    for (const LayerCost& layer : layers) sum += layer.cost;
    return sum;
}

ModelRecord ModelRecord::without(const std::string& prefix) const {
    ModelRecord rest = *this;
    const auto begins = [&](const auto& one) { return one.graph.rfind(prefix, 0) == 0; };
    rest.layers.erase(std::remove_if(rest.layers.begin(), rest.layers.end(), begins),
                      rest.layers.end());
    rest.audits.erase(std::remove_if(rest.audits.begin(), rest.audits.end(), begins),
                      rest.audits.end());
    return rest;
}

std::string ModelRecord::not_valid() const {
    for (const LayerAudit& audit : audits)
        if (const Verdict verdict = audit.verdict(); !verdict.valid())
            return fmt::format("layer {}, heads {}, {}", printable(audit.layer), audit.heads,
                               verdict.text());
    return "";
}

Value numbers_of(std::vector<float> numbers, uint64_t rows, uint64_t columns) {
    Value value;
    value.place = MatrixPart(TensorLayout::matrix(ElementType::kFp32, rows, columns, columns));
    value.numbers = std::move(numbers);
    return value;
}

Value indices_of(std::vector<uint32_t> indices) {
    Value value;
    value.place = MatrixPart(TensorLayout::heads(ElementType::kIndex, 1, indices.size(), 1));
    value.indices = std::move(indices);
    return value;
}

namespace {

LayerValue value_of_step(const LayerStep& step, const StepRecord& done) {
    LayerValue value{step.layer, step.value, step.step.operation->output(), done.result};
    for (float& x : value.numbers) x *= step.factor;
    return value;
}

/// An approximation chooses what it sees when it runs.
uint64_t pairs_seen(const LayerStep& step, uint32_t m) {
    const auto* chosen = dynamic_cast<const ApproximateOperation*>(step.step.operation.get());
    return chosen == nullptr ? step.pairs_seen : pairs_allowed(chosen->problem(), m);
}

/// The steps of a plan, each with its place.
Program placed(const GraphPlan& plan, const ModelMachine& machine, ModelMemory& memory) {
    Program program(machine.platform);
    for (const LayerStep& step : plan.steps) program.add(step.step);
    for (const std::string& output : plan.replaced) memory.map.free(output);
    program.place(memory.map, plan.kept);
    return program;
}

}  // namespace

void check_runs(const Model& model, const ModelWeights& weights, const ModelMachine& machine,
                const CacheShape& cache, const std::vector<GraphRun>& runs) {
    GemmForms forms(machine);
    ModelMemory memory{MemoryMap(machine.platform), {}, cache};
    for (const GraphRun& run : runs)
        placed(plan_graph(model.graph(run.graph), weights, machine, forms, memory, run), machine,
               memory);
}

ModelRun::ModelRun(Model model, ModelWeights weights, ModelMachine machine, Platform& platform,
                   const CacheShape& cache, Options options)
    : model_(std::move(model)),
      weights_(std::move(weights)),
      machine_(std::move(machine)),
      options_(std::move(options)),
      forms_(machine_),
      memory_{MemoryMap(machine_.platform), {}, cache},
      platform_(platform) {
    if (options_.step_times && StepTimes::possible(machine_.platform)) times_.emplace();
}

LayerCost& ModelRun::cost_of(const std::string& graph, const LayerStep& step) {
    const auto [at, added] = index_.try_emplace({graph, step.layer}, record_.layers.size());
    if (added) {
        LayerCost cost;
        cost.graph = graph;
        cost.layer = step.layer;
        cost.kind = layer_kind_name(model_.graph(graph).layer(step.layer).kind);
        record_.layers.push_back(std::move(cost));
    }
    return record_.layers[at->second];
}

void ModelRun::note_step(const std::string& graph, const LayerStep& step, const StepRecord& done,
                         bool first) {
    LayerCost& layer = cost_of(graph, step);
    layer.runs += first;
    if (layer.runs == 1) layer.weight_bytes += step.weight_bytes;
    layer.pairs += step.pairs;
    layer.pairs_seen += pairs_seen(step, machine_.platform.params.m);
    if (!step.audits) {
        layer.cost += done.cost;
        layer.macs += done.work.macs;
    }
    if (!step.note.empty()) layer.form = step.note;
    if (done.error) {
        layer.checked += done.error->elements;
        layer.outside += done.error->outside;
        layer.max_over_bound = std::max(layer.max_over_bound, done.error->max_over_bound);
    }
    if (options_.step) options_.step(step.layer, done);
    if (!done.exactness.exact() && record_.inexact.empty())
        record_.inexact = done.name + ": " + done.exactness.text();
    if (!step.value.empty() && with_data() && options_.wanted && options_.wanted(step.layer))
        options_.value(value_of_step(step, done));
}

void ModelRun::note_audit(const std::string& graph, const LayerStep& step,
                          const StepRecord& audited, const StepRecord& audit) {
    const auto& operation = dynamic_cast<const AuditOperation&>(*step.step.operation);
    const Problem& p = operation.audited().problem();
    LayerAudit* known = nullptr;
    for (LayerAudit& one : record_.audits)
        if (one.graph == graph && one.layer == step.layer && one.heads == step.heads) known = &one;
    if (known == nullptr) {
        record_.audits.push_back({graph, step.layer, step.heads, *p.approximation, 0, {}, {}, 0});
        known = &record_.audits.back();
    }
    ++known->runs;
    known->approximation.tiles = std::max(known->approximation.tiles, p.approximation->tiles);
    const std::vector<HeadAudit> heads = operation.heads(audited.result, audit.result);
    known->audited.insert(known->audited.end(), heads.begin(), heads.end());
    known->cost += audit.cost;
    const ApproximationShape shape = approximation_shape(p, machine_.platform.params.m);
    known->selection_cycles +=
        selection_cycles(selection_cost(p.approximation->rule, shape), machine_.platform.firmware);
}

void ModelRun::run(const GraphRun& run) {
    const GraphPlan plan =
        plan_graph(model_.graph(run.graph), weights_, machine_, forms_, memory_, run);
    const Program program = placed(plan, machine_, memory_);
    const ProgramRecord record =
        program.run(platform_, options_.check, counters_, times_ ? &*times_ : nullptr);
    for (size_t i = 0; i < record.steps.size(); ++i) {
        const bool first = i == 0 || plan.steps[i - 1].layer != plan.steps[i].layer;
        note_step(run.graph, plan.steps[i], record.steps[i], first);
        if (plan.steps[i].audits && record.status.ok())
            note_audit(run.graph, plan.steps[i], record.steps[i - 1], record.steps[i]);
    }
    if (!record.status.ok())
        throw Error(ErrorCode::kDevice,
                    fmt::format("layer {}: firmware ends with code {}, the device with error {}",
                                printable(plan.steps[record.steps.size() - 1].layer),
                                static_cast<uint32_t>(record.status.code),
                                static_cast<uint32_t>(record.status.error)));
}

std::vector<float> ModelRun::output(const std::string& name) const {
    const Value& value = memory_.values.at(name);
    const Buffer* buffer = memory_.map.buffer(value.buffer);
    const MemoryAccess memory = [&](uint64_t address, uint64_t bytes) {
        return platform_.memory(address, bytes);
    };
    std::vector<float> numbers =
        read_part(value.place, buffer->seen_as(value.place.layout), ElementOrder::kMatrix, memory);
    for (float& x : numbers) x *= value.factor;
    return numbers;
}

}  // namespace tessera::host
