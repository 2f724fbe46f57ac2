// SPDX-License-Identifier: MIT
#include "host/operation/attention_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "firmware/attention/sequencer.h"
#include "firmware/cover/cover_sequencer.h"
#include "host/operation/approximate.h"
#include "host/operation/cover_layout.h"
#include "host/operation/inexact_rows.h"
#include "host/platform/counters.h"
#include "host/predict/cover_work.h"
#include "host/predict/visited_keys.h"

namespace tessera::host {

Platform::Program program_of(const Layout& device, const MemoryAccess& memory,
                             FirmwareOutcome& outcome) {
    if (device.remainder) return program_with_remainder(device, memory, outcome);
    if (device.cover) return Platform::firmware(cover_job(device), device.driver, outcome);
    return Platform::firmware(device.jobs(), device.driver, outcome);
}

AttentionOperation::AttentionOperation(Problem problem, Inputs inputs,
                                       const hw::PlatformConfig& config)
    : problem_(std::move(problem)), inputs_(std::move(inputs)), config_(config) {}

AttentionOperation::AttentionOperation(Problem problem, Inputs inputs,
                                       const hw::PlatformConfig& config, const AttentionView& view)
    : AttentionOperation(std::move(problem), std::move(inputs), config) {
    view_ = view;
}

AttentionOperation::AttentionOperation(Problem problem, Inputs inputs,
                                       const hw::PlatformConfig& config, Layout layout)
    : AttentionOperation(std::move(problem), std::move(inputs), config) {
    set_layout(std::move(layout));
}

std::string AttentionOperation::title() const {
    const Problem& p = problem_;
    return fmt::format(
        "attention, {} query heads, {} key/value heads, {} queries, {} keys, d_k {}, d_v {}",
        p.query_heads, p.kv_heads, p.nq, p.nk, p.d_k, p.d_v);
}

std::vector<Figure> AttentionOperation::settings() const {
    const Problem& p = problem_;
    std::vector<Figure> settings = p.shape();
    settings.push_back({"scale", value_of(p.scale)});
    settings.push_back({"schedule", value_of(schedule_name(p.schedule))});
    settings.push_back({"output_format", value_of(p.bf16_output ? "bf16" : "fp32")});
    return settings;
}

void AttentionOperation::place(MemoryMap& map) {
    set_layout(make_layout(problem_, config_, map, view_));
}

void AttentionOperation::set_problem(Problem problem, Layout layout) {
    problem_ = std::move(problem);
    set_layout(std::move(layout));
}

void AttentionOperation::set_layout(Layout layout) {
    layout_ = std::move(layout);
    of_devices_.clear();
    for (uint32_t device = 0; device < layout_.devices; ++device)
        of_devices_.push_back(layout_.of_device(device));
}

void AttentionOperation::write(const MemoryAccess& memory) const {
    write_operands(inputs_, layout_, memory);
}

fw::DriverConfig AttentionOperation::driver(uint32_t device) const {
    return of_devices_[device].driver;
}

Platform::Program AttentionOperation::program(uint32_t device, const MemoryAccess& memory,
                                              FirmwareOutcome& outcome) const {
    return program_of(of_devices_[device], memory, outcome);
}

std::vector<spec::Command> AttentionOperation::commands() const {
    const uint64_t record = layout_.driver.record_address;
    if (layout_.cover) {
        const fw::CoverJob job = cover_job(of_devices_.front());
        return commands_of(fw::CoverSequencer(job, config_.params, record));
    }
    const std::vector<fw::AttentionJob> jobs = of_devices_.front().jobs();
    return commands_of(
        fw::Sequencer(jobs.data(), static_cast<uint32_t>(jobs.size()), config_.params, record));
}

std::vector<float> AttentionOperation::read(const MemoryAccess& memory) const {
    return read_output(layout_, memory);
}

std::vector<double> AttentionOperation::read_lse(const MemoryAccess& memory) const {
    if (!problem_.want_lse) return {};
    return host::read_lse(layout_, memory, config_.params.bus_bytes);
}

void AttentionOperation::read_operands(const MemoryAccess& memory) {
    const auto take = [&](Operand& operand, const fw::Tensor& from, uint64_t heads, uint64_t rows,
                          uint64_t columns, const fw::PageTable& pages) {
        if (operand.bf16) return;
        const auto layout = TensorLayout::heads(ElementType::kBf16, heads, rows, columns);
        operand = operand_of(read_heads(layout, from, memory, pages));
    };
    const Problem& p = problem_;
    const fw::AttentionJob& job = layout_.job;
    take(inputs_.q, job.q, p.query_heads, p.nq, p.d_k, {});
    take(inputs_.k, job.k, p.kv_heads, p.nk, p.d_k, job.pages);
    take(inputs_.v, job.v, p.kv_heads, p.nk, p.d_v, job.pages);
}

ReferenceProblem AttentionOperation::reference(bool original) const {
    const auto make = problem_.approximation ? approximate_reference : reference_problem;
    return make(problem_, inputs_, config_.params.m, original);
}

BoundParams AttentionOperation::bound_params() const {
    return {config_.params.m, problem_.bf16_output, problem_.sentinel.form,
            problem_.approximation ? most_tiles_seen(*problem_.selection) : most_calls(layout_)};
}

RowNames AttentionOperation::clamped(const CounterValues& counters,
                                     const fw::MergeWork& merged) const {
    return clamped_in(reference(false), counters, merged);
}

RowNames AttentionOperation::clamped_in(const ReferenceProblem& exact,
                                        const CounterValues& counters,
                                        const fw::MergeWork& merged) const {
    const uint64_t flags =
        counter_value(counters, spec::Counter::kRowsSaturated) + merged.rows_saturated;
    return flagged_rows(exact, layout_.job.factor, flags, problem_.sentinel.given());
}

void AttentionOperation::judge_elements(const ElementNames& nonfinite, const RunOutcome& outcome,
                                        Exactness& exactness) const {
    const ReferenceProblem exact = reference(false);
    exactness.add(Inexact::kSaturated, clamped_in(exact, outcome.counters, outcome.merging.work));
    exactness.add(Inexact::kNonFinite, unexplained_rows(exact, nonfinite));
}

/// What the device flags, or is not finite, may be right for its operands.
bool AttentionOperation::judges_by_operands(const std::vector<float>& o,
                                            const RunOutcome& outcome) const {
    return counter_value(outcome.counters, spec::Counter::kRowsSaturated) +
                   outcome.merging.work.rows_saturated !=
               0 ||
           std::any_of(o.begin(), o.end(), [](float x) { return !std::isfinite(x); });
}

void AttentionOperation::judge(const std::vector<float>& o, const RunOutcome& outcome,
                               Exactness& exactness) const {
    const fw::AttentionJob& job = layout_.job;
    judge_elements(nonfinite_elements(o, job.query_heads, job.nq, job.d_v), outcome, exactness);
}

ReferenceResult AttentionOperation::exact(bool original,
                                          const std::function<void(double)>& progress) const {
    ReferenceOptions options;
    options.moments = !original;  // only bounds need them
    options.progress = progress;
    return reference_attention(reference(original), options);
}

ErrorSummary AttentionOperation::compare(const ReferenceResult& exact, const std::vector<float>& o,
                                         const std::vector<double>& lse) const {
    return compare_with_reference(reference(false), exact, bound_params(), o.data(),
                                  lse.empty() ? nullptr : lse.data());
}

ElementErrors AttentionOperation::check(const std::vector<float>& o,
                                        const std::function<void(double)>& progress) const {
    const ErrorSummary summary = compare(exact(false, progress), o, {});
    ElementErrors errors;
    static_cast<Coverage&>(errors) = summary;
    errors.outside = summary.outside;
    errors.max_abs = summary.max_abs;
    errors.rms_relative = summary.rms_relative;
    errors.max_over_bound = summary.max_over_full_bound;
    return errors;
}

std::string AttentionOperation::bound() const {
    return "docs/contract/accuracy.md: weights, sums, rounded scores and underflow; with a result "
           "in bf16 plus 2^-8 of |exact| and of that";
}

OperationWork AttentionOperation::work_by_formula() const {
    const uint32_t m = config_.params.m;
    const WorkFormula work = work_formula(problem_, m);
    return {work.calls,
            calls_formula_text(problem_, m),
            static_cast<double>(visited_pairs(problem_, config_.params)) *
                (problem_.d_k + problem_.d_v),
            "pairs of real rows and the keys that they visit * (d_k + d_v)",
            compulsory_bytes(problem_, m).all(),
            "q, k, v read once, o written once, without padding"};
}

}  // namespace tessera::host
