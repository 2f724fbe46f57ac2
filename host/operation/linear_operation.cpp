// SPDX-License-Identifier: MIT
#include "host/operation/linear_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "firmware/linear/linear_sequencer.h"
#include "firmware/runner/runner.h"
#include "host/operation/inexact_rows.h"

namespace tessera::host {

LinearOperation::LinearOperation(Problem problem, Inputs inputs, const hw::PlatformConfig& config,
                                 ShapeFields fields)
    : problem_(std::move(problem)),
      inputs_(std::move(inputs)),
      config_(config),
      fields_(std::move(fields)) {}

void LinearOperation::set_inputs(Inputs inputs) {
    inputs_ = std::move(inputs);
    scales_ = feature_scales(inputs_, layout_);
}

std::string LinearOperation::title() const {
    const Problem& p = problem_;
    return fmt::format(
        "linear attention, {} query heads, {} key/value heads, {} queries, {} keys, d_k {}, d_v "
        "{}, {}",
        p.query_heads, p.kv_heads, p.nq, p.nk, p.d_k, p.d_v, mask());
}

std::vector<Figure> LinearOperation::settings() const {
    std::vector<Figure> settings = problem_.shape();
    settings.push_back({"mask", value_of(mask())});
    settings.push_back({"feature", value_of("elu(x) + 1")});
    return settings;
}

void LinearOperation::place(MemoryMap& map) {
    layout_ = make_linear_layout(problem_, config_.params, map, fields_);
}

void LinearOperation::write(const MemoryAccess& memory) const {
    write_linear(inputs_, layout_, scales_, memory);
}

fw::DriverConfig LinearOperation::driver(uint32_t) const { return layout_.driver; }

Platform::Program LinearOperation::program(uint32_t, const MemoryAccess&,
                                           FirmwareOutcome& outcome) const {
    const auto work = [this](fw::Runner& runner) { return runner.run(layout_.job); };
    return Platform::firmware(work, layout_.driver, outcome);
}

std::vector<spec::Command> LinearOperation::commands() const {
    return commands_of(
        fw::LinearSequencer(layout_.job, config_.params, layout_.driver.record_address));
}

std::vector<float> LinearOperation::read(const MemoryAccess& memory) const {
    return read_linear(layout_, memory);
}

ReferenceLinear LinearOperation::reference() const {
    const Problem& p = problem_;
    return {p.query_heads,
            p.kv_heads,
            p.nq,
            p.nk,
            p.d_k,
            p.d_v,
            p.mask.causal,
            feature,
            reader_of(inputs_.q),
            reader_of(inputs_.k),
            reader_of(inputs_.v),
            scales_.query,
            scales_.key};
}

/// Rows whose denominators may be lost, and others with NaN or Inf that the input does not explain.
void LinearOperation::judge(const std::vector<float>& o, const RunOutcome&,
                            Exactness& exactness) const {
    const Problem& p = problem_;
    const RowNames lost = lost_denominators(reference());
    exactness.add(Inexact::kDenominator, lost);
    ElementNames others = nonfinite_elements(o, p.query_heads, p.nq, p.d_v);
    const ReferenceProblem seen = reference_problem(p, inputs_, config_.params.m, false);
    const auto is_lost = [&](const ElementName& e) {
        return std::binary_search(lost.begin(), lost.end(), e.row);
    };
    others.erase(std::remove_if(others.begin(), others.end(), is_lost), others.end());
    exactness.add(Inexact::kNonFinite, unexplained_rows(seen, others));
}

ElementErrors LinearOperation::check(const std::vector<float>& o,
                                     const std::function<void(double)>& progress) const {
    const uint32_t updates = fw::linear_updates(layout_.job, config_.params);
    const double relative = linear_relative_error(config_.params.m, problem_.d_k, updates);
    return compare_linear(reference(), relative, o, progress);
}

std::string LinearOperation::bound() const {
    return "(2 e / (1 - e) + 2^-23) * E|v| + 3 f * (1 + max|v|), e = (1 + 2^-8)^3 * (1 + (2 M + "
           "d_k + updates) * 2^-23) - 1, E|v| the mean of |v| under the exact weights, f what may "
           "be flushed to zero of the denominator";
}

/// Multiply-adds of a state's update and of its use, for one token: d_k * (d_v + 1).
double LinearOperation::state_macs() const { return 1.0 * problem_.d_k * (problem_.d_v + 1); }

OperationWork LinearOperation::work_by_formula() const {
    const Problem& p = problem_;
    const uint64_t queries = uint64_t{p.query_heads} * p.nq, keys = uint64_t{p.kv_heads} * p.nk;
    return {linear_calls(layout_, config_.params),
            p.mask.causal ? "kv heads * (T - 1) + query heads * T, T = ceil(n / (M - d_k))"
                          : "kv heads * ceil(nk / M) + query heads * ceil(nq / M)",
            state_macs() * static_cast<double>(queries + keys),
            "(query rows + key rows) * d_k * (d_v + 1): what one token after the other would take",
            2 * (queries * p.d_k + keys * p.d_k + keys * p.d_v) + 4 * queries * p.d_v,
            "q, k and v read once in bf16, o written once in fp32, without padding"};
}

/// What the processor does an element at a time: none of it is simulated.
std::vector<Figure> LinearOperation::figures(const RunOutcome&) const {
    const uint64_t elements = linear_elements(layout_);
    const double cost = config_.firmware.merge_cycles_per_element;
    return {{"elementwise_elements", elements, "element",
             "features of q and k, the largest of them and of |v|, which choose their scales, and "
             "o / denominator: on the host, not the device"},
            {"elementwise_cycles",
             static_cast<uint64_t>(std::ceil(static_cast<double>(elements) * cost)), "cycle",
             "elementwise_elements * firmware.merge_cycles_per_element, the cost of merging an "
             "element; not in cycles"},
            {"chunk_tokens", uint64_t{fw::linear_chunk(layout_.job, config_.params)}, "token",
             problem_.mask.causal ? "M - d_k" : "M"}};
}

}  // namespace tessera::host
