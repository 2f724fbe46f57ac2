// SPDX-License-Identifier: MIT
#include "host/model/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "firmware/driver/driver.h"
#include "host/operation/attention_operation.h"
#include "host/operation/gemm_operation.h"
#include "host/operation/processor_operation.h"

namespace tessera::host {
namespace {

/// Room for the caches of any number of tokens: a profile says whether they fit, and goes on.
constexpr uint64_t kAnySize = uint64_t{1} << 60;

ModelMachine with_room(ModelMachine machine) {
    machine.platform.memory.size_bytes = kAnySize;
    machine.platform.timing_only = true;
    return machine;
}

constexpr uint64_t kCounterCycles = Platform::kCounterAccesses * spec::kCsrAccessCycles;
constexpr uint64_t kInterruptCycles =
    uint64_t{fw::Driver::kInterruptAccesses} * spec::kCsrAccessCycles;

/// The first step of all finds a device that has to be reset.
uint64_t init_cycles(bool first_of_all) {
    const uint64_t accesses = first_of_all ? fw::Driver::kInitAccesses : fw::Driver::kAdoptAccesses;
    return accesses * spec::kCsrAccessCycles;
}

/// Where the layers of a graph are among those of a phase: new ones are added. A graph before the
/// last chunk has most of them, in the same order.
std::vector<size_t> places_in(PhaseProfile& phase, const std::vector<LayerCost>& layers) {
    std::vector<size_t> places;
    places.reserve(layers.size());
    for (const LayerCost& layer : layers) {
        const auto found =
            std::find_if(phase.layers.begin(), phase.layers.end(),
                         [&](const LayerProfile& one) { return one.layer.layer == layer.layer; });
        places.push_back(static_cast<size_t>(found - phase.layers.begin()));
        if (found == phase.layers.end()) phase.layers.push_back({layer, false, 0});
    }
    return places;
}

}  // namespace

void LayerProfile::add(const LayerProfile& other) {
    layer.macs += other.layer.macs;
    layer.cost += other.layer.cost;
    layer.weight_bytes += other.layer.weight_bytes;
    extended |= other.extended;
    deviation = std::max(deviation, other.deviation);
}

LayerProfile PhaseProfile::sum() const {
    LayerProfile sum;
    for (const LayerProfile& layer : layers) sum.add(layer);
    return sum;
}

Profiler::Profiler(const DecoderShape& shape, ModelMachine machine)
    : decoder_(make_decoder(shape, "")),
      weights_(shape.file, decoder_.tensors, decoder_.computed),
      machine_(with_room(std::move(machine))),
      forms_(machine_),
      costs_(machine_.platform) {}

uint64_t Profiler::weight_bytes() const {
    uint64_t bytes = 0;
    for (const auto& [name, shape] : decoder_.tensors) {
        uint64_t elements = 1;
        for (const uint64_t size : shape) elements *= size;
        bytes += elements * sizeof(uint16_t);
    }
    return bytes;
}

uint64_t Profiler::resident_bytes() const {
    uint64_t bytes = 0;
    for (const std::string& name : resident_) {
        const Buffer* buffer = memory_->map.buffer(name);
        bytes += buffer->layout.blocks * buffer->tensor.head_stride;
    }
    return bytes;
}

const Profiler::Graph& Profiler::graph(const std::string& name, uint32_t rows) {
    const auto found = graphs_.find({name, rows});
    if (found != graphs_.end()) return found->second;
    return graphs_.emplace(std::pair(name, rows), planned(name, rows)).first->second;
}

/// As for a run. Nothing runs there: schedules need not be looked at pair by pair.
void Profiler::place(const GraphPlan& plan, std::vector<Step>& steps) {
    Program program(machine_.platform);
    for (const Step& step : steps) program.add(step.planned.step);
    for (const std::string& output : plan.replaced) memory_->map.free(output);
    program.place(memory_->map, plan.kept, [&](size_t i, Operation& operation, MemoryMap& map) {
        if (const auto* attention = dynamic_cast<const AttentionOperation*>(&operation))
            steps[i].attention =
                make_layout(attention->problem(), machine_.platform, map, {}, ScheduleCheck::kNone);
        else
            operation.place(map);
    });
    std::set<std::string> written;  // by graphs: caches and outputs
    for (const auto& [name, value] : memory_->values) written.insert(value.buffer);
    for (const std::string& buffer : plan.kept)
        if (written.count(buffer) == 0) resident_.insert(buffer);
}

/// As at position 0: further on, attentions alone have more to do.
Profiler::Graph Profiler::planned(const std::string& name, uint32_t rows) {
    const ModelGraph& model = decoder_.model.graph(name);
    GraphRun run{name, {}};
    for (const auto& [input, said] : model.inputs)
        run.inputs[input] = indices_of(std::vector<uint32_t>(rows));
    const GraphPlan plan = plan_graph(model, weights_, machine_, forms_, *memory_, run);
    Graph graph;
    for (const LayerStep& planned : plan.steps) {
        if (graph.layers.empty() || graph.layers.back().layer != planned.layer) {
            graph.layers.emplace_back();
            graph.layers.back().graph = name;
            graph.layers.back().layer = planned.layer;
            graph.layers.back().kind = layer_kind_name(model.layer(planned.layer).kind);
        }
        Step step;
        step.layer = graph.layers.size() - 1;
        step.planned = planned;
        graph.steps.push_back(std::move(step));
    }
    place(plan, graph.steps);
    for (Step& step : graph.steps)
        if (const auto* work =
                dynamic_cast<const ProcessorOperation*>(step.planned.step.operation.get()))
            step.elementwise =
                elementwise_outcome(*work->processor_work(), machine_.platform.firmware);
    return graph;
}

/// What the device does for a step, and the multiply-adds of it.
JobCost Profiler::job_cost(const Step& step, uint64_t keys, const JobStart& start,
                           LayerProfile& layer) {
    const Operation& operation = *step.planned.step.operation;
    if (const auto* attention = dynamic_cast<const AttentionOperation*>(&operation)) {
        Problem p = attention->problem();
        p.nk = static_cast<uint32_t>(keys);
        const HeadWork head = work_of_head(p, machine_.platform.params.m);
        JobCost cost = costs_.attention(p, step.attention, start);
        if (cost.prediction.calls != head.calls * p.query_heads)
            throw std::logic_error(fmt::format("{} calls predicted, {} by formula",
                                               cost.prediction.calls, head.calls * p.query_heads));
        layer.layer.macs +=
            static_cast<double>(head.pairs) * p.query_heads * (double{1} * p.d_k + p.d_v);
        return cost;
    }
    if (const auto* gemm = dynamic_cast<const GemmOperation*>(&operation)) {
        layer.layer.macs += operation.work_by_formula().macs;
        JobCost cost = costs_.gemm(gemm->gemm(), gemm->layout(), start);
        const uint64_t calls = gemm_calls(gemm->gemm(), machine_.platform.params);
        if (cost.prediction.calls != calls)
            throw std::logic_error(
                fmt::format("{} calls predicted, {} by formula", cost.prediction.calls, calls));
        return cost;
    }
    return costs_.fence(start);
}

void Profiler::run(const std::string& name, uint32_t rows, uint64_t position, PhaseProfile& phase) {
    const Graph& graph = this->graph(name, rows);
    const std::vector<size_t> places = places_in(phase, graph.layers);
    ++phase.runs;
    std::vector<bool> noted(graph.layers.size());
    for (size_t i = 0; i < graph.steps.size(); ++i) {
        const Step& step = graph.steps[i];
        LayerProfile& layer = phase.layers[places[step.layer]];
        // Behind each step the host reads the counters. Behind the last one of a graph that is
        // nobody's time.
        const uint64_t counters = submitted_ == 0 ? 0 : kCounterCycles;
        const uint64_t begin = now_ + (i == 0 ? counters : 0);
        JobStart start;
        start.submitted = submitted_;
        start.cycle = now_ + counters + init_cycles(submitted_ == 0) + step.elementwise.cycles;
        start.ring_open = submitted_ != 0 && costs_.stay_open(now_, start.cycle);
        const JobCost job = job_cost(step, position + rows, start, layer);
        now_ = start.cycle + job.prediction.retired + kInterruptCycles;
        StepCost cost;
        cost.cycles = now_ - begin;
        cost.calls = job.prediction.calls;
        cost.bytes = job.prediction.bytes;
        cost.processor_bytes = step.elementwise.bytes_read + step.elementwise.bytes_written;
        cost.elementwise_cycles = step.elementwise.cycles;
        submitted_ += job.prediction.commands;
        layer.layer.cost += cost;
        layer.layer.runs += noted[step.layer] ? 0 : 1;
        noted[step.layer] = true;
        if (layer.layer.runs == 1) layer.layer.weight_bytes += step.planned.weight_bytes;
        if (!step.planned.note.empty()) layer.layer.form = step.planned.note;
        layer.extended |= job.extended;
        layer.deviation = std::max(layer.deviation, job.deviation);
    }
}

std::pair<PhaseProfile, PhaseProfile> Profiler::profile(uint64_t tokens, uint32_t chunk) {
    PhaseProfile prefill{"prefill", tokens, 0, {}}, decode{"decode", tokens, 0, {}};
    submitted_ = now_ = 0;
    graphs_.clear();
    resident_.clear();
    memory_.emplace(ModelMemory{MemoryMap(machine_.platform), {}, tokens + 1});
    for (uint64_t first = 0, rows = 0; first < tokens; first += rows) {
        rows = chunk == 0 ? tokens - first : std::min<uint64_t>(tokens - first, chunk);
        const bool last = first + rows == tokens;
        run(last ? kPrefillGraph : kFillGraph, static_cast<uint32_t>(rows), first, prefill);
    }
    run(kDecodeGraph, 1, tokens, decode);
    return {std::move(prefill), std::move(decode)};
}

}  // namespace tessera::host
