// SPDX-License-Identifier: MIT
#include "host/task/head_runner.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "host/float_bits.h"
#include "host/library/point.h"
#include "host/operation/exactness.h"
#include "host/run/worker.h"

namespace tessera::host {
namespace {

constexpr const char* kStreamPrefix = "counters.bytes_";

HeadCost cost_of(const HeadOperands& operands, const Report& report) {
    HeadCost cost;
    cost.runs = 1;
    cost.heads = operands.heads;
    cost.dimension = operands.dimension;
    cost.value_dimension = operands.value_dimension;
    cost.calls = static_cast<uint64_t>(report.figure("derived.calls").value);
    cost.cycles = static_cast<uint64_t>(report.figure("counters.cycles").value);
    const std::string prefix = kStreamPrefix;
    cost.stall_free_cycles.reset();
    for (const Report::Figure& figure : report.figures)
        if (figure.path == "derived.stall_free_cycles" && !std::isnan(figure.value))
            cost.stall_free_cycles = static_cast<uint64_t>(figure.value);
    for (const Report::Figure& figure : report.figures)
        if (figure.path.compare(0, prefix.size(), prefix) == 0)
            cost.bytes[figure.path.substr(prefix.size())] = static_cast<uint64_t>(figure.value);
    cost.elements = operands.q.size() + operands.k.size() + operands.v.size() +
                    operands.heads * operands.tokens * operands.value_dimension;
    if (report.errors) {
        cost.compared = report.errors->elements;
        cost.outside = report.errors->outside;
        cost.max_over_bound = report.errors->max_over_bound;
    }
    return cost;
}

/// Rows with clamped scores, if nothing else makes a result inexact; else 0.
uint64_t clamped_rows(const Report& report) {
    const nlohmann::json kinds = nlohmann::json::parse(report.json)["exactness"]["inexact_rows"];
    if (kinds.size() != 1 || kinds[0]["kind"] != words_of(Inexact::kSaturated).key) return 0;
    return kinds[0]["rows"]["value"].get<uint64_t>();
}

/// Operands as the device gets them, in memory.
class HalfOperands {
  public:
    explicit HalfOperands(const HeadOperands& operands)
        : operands_(operands),
          q_(halves(operands.q)),
          k_(halves(operands.k)),
          v_(halves(operands.v)) {}

    /// `experiment` with these as its operands, which it must not outlive.
    Experiment given_to(Experiment experiment) const {
        const HeadOperands& o = operands_;
        Experiment::Workload& workload = experiment.workload;
        workload.source = Source::kMemory;
        workload.head_order = HeadOrder::kHeadsFirst;
        workload.operands.q = {q_.data(), {o.heads, o.tokens, o.dimension}, ElementType::kBf16};
        workload.operands.k = {k_.data(), {1, o.key_tokens, o.dimension}, ElementType::kBf16};
        workload.operands.v = {v_.data(), {1, o.key_tokens, o.value_dimension}, ElementType::kBf16};
        return experiment;
    }

  private:
    static std::vector<uint16_t> halves(const std::vector<float>& values) {
        std::vector<uint16_t> halves;
        halves.reserve(values.size());
        for (const float value : values) {
            halves.push_back(bf16_of(static_cast<double>(value)));
            if (float_of(spec::bf16_to_fp32(halves.back())) != value)
                throw std::logic_error("an operand of a task is not one of bf16");
        }
        return halves;
    }

    const HeadOperands& operands_;
    const std::vector<uint16_t> q_, k_, v_;
};

}  // namespace

HeadCost& HeadCost::operator+=(const HeadCost& other) {
    runs += other.runs;
    heads = std::max(heads, other.heads);
    dimension = std::max(dimension, other.dimension);
    value_dimension = std::max(value_dimension, other.value_dimension);
    calls += other.calls;
    cycles += other.cycles;
    if (stall_free_cycles && other.stall_free_cycles)
        *stall_free_cycles += *other.stall_free_cycles;
    else
        stall_free_cycles.reset();
    for (const auto& [stream, count] : other.bytes) bytes[stream] += count;
    elements += other.elements;
    clamped_rows += other.clamped_rows;
    compared += other.compared;
    outside += other.outside;
    max_over_bound = std::max(max_over_bound, other.max_over_bound);
    return *this;
}

uint64_t HeadCost::all_bytes() const {
    uint64_t all = 0;
    for (const auto& [stream, count] : bytes) all += count;
    return all;
}

std::vector<float> DeviceRunner::attention(const std::string& label, const HeadOperands& operands,
                                           const Experiment::Mask& mask, double scale) {
    Experiment experiment = base_;
    experiment.operation = OperationKind::kAttention;
    experiment.workload = {};
    experiment.workload.mask = mask;
    experiment.workload.scale = scale;
    if (operands.scores_may_clamp) experiment.outputs.accept_inexact = true;
    return run_one(label, experiment, operands);
}

std::vector<float> DeviceRunner::linear(const std::string& label, const HeadOperands& operands) {
    Experiment experiment;
    experiment.operation = OperationKind::kLinear;
    experiment.machine = base_.machine;
    experiment.workload.mask.kind =
        operands.tokens == operands.key_tokens ? MaskKind::kCausal : MaskKind::kDense;
    experiment.outputs.check = base_.outputs.check;
    experiment.outputs.accept_inexact = base_.outputs.accept_inexact;
    return run_one(label, experiment, operands);
}

std::vector<float> DeviceRunner::run_one(const std::string& label,
                                         const Experiment& without_operands,
                                         const HeadOperands& operands) {
    const HalfOperands halves(operands);
    const Experiment experiment = halves.given_to(without_operands);
    if (observer_) observer_(experiment);
    Caller caller;
    caller.wants_tensors = true;
    caller.words = [](std::string_view text) { return std::string(text); };  // fields as they are
    Report report = run_apart(experiment, caller, {}, kSimulationSeconds);
    if (experiment.schedule.approximation.rule) reports_.push_back(report.json);
    const uint64_t clamped = operands.scores_may_clamp ? clamped_rows(report) : 0;
    if (clamped != 0) report.remarks.erase(report.remarks.begin());  // it says just that
    for (const std::string& remark : report.remarks) remarks_.push_back(label + ": " + remark);
    if (report.tensors.empty())
        throw Error(ErrorCode::kNotValid, label + ": " + report.remarks.front());
    auto place = std::find_if(costs_.begin(), costs_.end(),
                              [&](const auto& cost) { return cost.first == label; });
    if (place == costs_.end()) place = costs_.insert(place, {label, {}});
    HeadCost cost = cost_of(operands, report);
    cost.clamped_rows = clamped;
    place->second += cost;
    return std::move(report.tensors.front().values);
}

HeadCost DeviceRunner::sum() const {
    HeadCost sum;
    for (const auto& [label, cost] : costs_) sum += cost;
    return sum;
}

}  // namespace tessera::host
