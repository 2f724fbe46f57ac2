// SPDX-License-Identifier: MIT
#include "host/operation/elementwise.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <utility>

#include "firmware/runner/runner.h"
#include "host/float_bits.h"
#include "host/operation/inexact_rows.h"
#include "host/reference/elementwise.h"
#include "host/reference/error.h"

namespace tessera::host {
namespace {

using fw::ElementFunction;

double itself(double x) { return x; }

/// Writes elements as they lie in their tensor.
void write_elements(const std::vector<float>& elements, const TensorLayout& layout, bool matrix,
                    const fw::Tensor& to, const MemoryAccess& memory) {
    const uint64_t whole_row = layout.elements() / layout.rows;
    write_rows(to, layout.blocks, layout.rows, memory,
               [&](uint64_t block, uint64_t row, uint16_t* out) {
                   const uint64_t first = matrix ? row * whole_row + block * layout.columns
                                                 : (block * layout.rows + row) * layout.columns;
                   for (uint64_t c = 0; c < layout.columns_of(block); ++c) {
                       const uint32_t bits = bits_of(elements[first + c]);
                       if (layout.type == ElementType::kBf16)
                           out[c] = spec::fp32_to_bf16(bits);
                       else
                           std::memcpy(out + 2 * c, &bits, sizeof bits);
                   }
               });
}

}  // namespace

const std::vector<ElementFunctionInfo>& element_functions() {
    static const std::vector<ElementFunctionInfo> kTable = {
        {"add", ElementFunction::kAdd, "a + b", nullptr, nullptr},
        {"scale", ElementFunction::kScale, "a * factor", nullptr, nullptr},
        {"relu", ElementFunction::kRelu, "max(a, 0)", exact_relu, nullptr},
        {"sigmoid", ElementFunction::kSigmoid, "1 / (1 + exp(-a))", exact_sigmoid, itself},
        {"silu", ElementFunction::kSilu, "a / (1 + exp(-a))", exact_silu, itself},
        {"gelu", ElementFunction::kGelu, "a / (1 + exp(-w)), w = sqrt(8 / pi) * (a + 0.044715 a^3)",
         exact_gelu, gelu_argument_of},
        {"row_max", ElementFunction::kRowMax, "the largest of a row", nullptr, nullptr},
        {"row_sum", ElementFunction::kRowSum, "the sum of a row", nullptr, nullptr},
        {"row_mean", ElementFunction::kRowMean, "the mean of a row", nullptr, nullptr},
        {"row_rms", ElementFunction::kRowRms, "sqrt of the mean of a row's squares", nullptr,
         nullptr},
    };
    return kTable;
}

const ElementFunctionInfo& info_of(ElementFunction function) {
    return element_functions().at(static_cast<size_t>(function));
}

ElementwiseOperation::ElementwiseOperation(const Elementwise& work, std::vector<float> a,
                                           std::vector<float> b, const hw::PlatformConfig& config)
    : work_(work), a_(std::move(a)), b_(std::move(b)), config_(config) {}

std::string ElementwiseOperation::title() const {
    return fmt::format("{} of {}", info_of(work_.function).name, work_.a.text());
}

std::vector<Figure> ElementwiseOperation::settings() const {
    return {{"function", value_of(info_of(work_.function).name)},
            {"elements", value_of(work_.a.elements())},
            {"output_format", value_of(element_name(work_.y_type))}};
}

std::string ElementwiseOperation::input_dtypes() const {
    if (!two()) return fmt::format("a {}", element_name(work_.a.type));
    return fmt::format("a {}, b {}", element_name(work_.a.type), element_name(work_.b_type));
}

TensorLayout ElementwiseOperation::b_layout() const {
    TensorLayout layout = work_.a;
    layout.type = work_.b_type;
    return layout;
}

TensorLayout ElementwiseOperation::y_layout() const {
    if (fw::is_statistic(work_.function))
        return TensorLayout::heads(work_.y_type, work_.matrix ? 1 : work_.a.blocks, work_.a.rows,
                                   1);
    TensorLayout layout = work_.a;
    layout.type = work_.y_type;
    return layout;
}

/// Elements that one element of y may come from, if it is a statistic.
uint64_t ElementwiseOperation::row_length() const {
    return work_.matrix ? work_.a.elements() / work_.a.rows : work_.a.columns;
}

void ElementwiseOperation::place(MemoryMap& map) {
    driver_ = map.driver();
    job_.function = work_.function;
    job_.blocks = static_cast<uint32_t>(work_.a.blocks);
    job_.rows = static_cast<uint32_t>(work_.a.rows);
    job_.columns = static_cast<uint32_t>(work_.a.columns);
    job_.last_columns = static_cast<uint32_t>(work_.a.last_columns);
    job_.a_bf16 = work_.a.type == ElementType::kBf16;
    job_.b_bf16 = work_.b_type == ElementType::kBf16;
    job_.y_bf16 = work_.y_type == ElementType::kBf16;
    job_.factor = bits_of(work_.factor);
    job_.across_blocks = work_.matrix;
    job_.a = map.tensor("a", work_.a);
    if (two()) job_.b = map.tensor("b", b_layout());
    job_.y = map.tensor("y", y_layout());
    map.check_size();
    const fw::JobRule rule = fw::check_elementwise_job(job_, config_.params);
    if (rule != fw::JobRule::kNone)
        throw std::logic_error(fmt::format("firmware refuses the elementwise job, rule {}",
                                           static_cast<uint32_t>(rule)));
}

void ElementwiseOperation::write(const MemoryAccess& memory) const {
    if (!a_.empty()) write_elements(a_, work_.a, work_.matrix, job_.a, memory);
    if (!b_.empty()) write_elements(b_, b_layout(), work_.matrix, job_.b, memory);
}

fw::DriverConfig ElementwiseOperation::driver(uint32_t) const { return driver_; }

Platform::Program ElementwiseOperation::program(uint32_t, const MemoryAccess&,
                                                FirmwareOutcome& outcome) const {
    const auto work = [this](fw::Runner& runner) {
        return fw::run_elementwise(job_, runner.driver(), runner.accounting());
    };
    return Platform::firmware(work, driver_, outcome);
}

std::vector<float> ElementwiseOperation::elements_of(const TensorLayout& layout,
                                                     const fw::Tensor& from,
                                                     const MemoryAccess& memory) const {
    return work_.matrix ? read_matrix(layout, from, memory) : read_heads(layout, from, memory);
}

std::vector<float> ElementwiseOperation::read(const MemoryAccess& memory) const {
    return elements_of(y_layout(), job_.y, memory);
}

TensorSpec ElementwiseOperation::output() const {
    const TensorLayout y = y_layout();
    if (work_.matrix) return {"y", Dtype::kF32, {y.rows, y.elements() / y.rows}};
    return {"y", Dtype::kF32, {y.blocks, y.rows, y.columns}};
}

void ElementwiseOperation::read_operands(const MemoryAccess& memory) {
    if (a_.empty()) a_ = elements_of(work_.a, job_.a, memory);
    if (two() && b_.empty()) b_ = elements_of(b_layout(), job_.b, memory);
}

void ElementwiseOperation::judge(const std::vector<float>& y, const RunOutcome&,
                                 Exactness& exactness) const {
    exactness.heads = !work_.matrix;
    const TensorSpec shape = output();
    const auto columns = static_cast<uint32_t>(shape.shape.back());
    const uint32_t heads = work_.matrix ? 1 : job_.blocks;
    ElementNames unexplained;
    for (const ElementName& e : nonfinite_elements(y, heads, job_.rows, columns)) {
        const size_t row = size_t{e.row.head} * job_.rows + e.row.row;
        const Exact exact = fw::is_statistic(work_.function)
                                ? exact_statistic(row)
                                : exact_element(row * columns + e.column);
        if (std::isfinite(exact.value)) unexplained.push_back(e);
    }
    exactness.add(Inexact::kNonFinite, rows_of(unexplained));
}

ElementwiseOperation::Exact ElementwiseOperation::exact_element(size_t i) const {
    const double a = a_[i];
    if (two() || work_.function == ElementFunction::kScale) {
        const double y = two() ? a + double{b_[i]} : a * double{work_.factor};
        return {y, std::fabs(y), arithmetic_error(y)};
    }
    const ElementFunctionInfo& info = info_of(work_.function);
    const double y = info.exact(a);
    return {y, std::fabs(y), info.argument == nullptr ? 0 : function_error(y, info.argument(a))};
}

ElementwiseOperation::Exact ElementwiseOperation::exact_statistic(size_t row) const {
    const uint64_t n = row_length();
    const auto first = a_.begin() + static_cast<ptrdiff_t>(row * n);
    const std::vector<double> elements(first, first + static_cast<ptrdiff_t>(n));
    const RowStatistics s = exact_statistics(elements.data(), n);
    const double sum = sum_error(n, s.magnitude);
    switch (work_.function) {
        case ElementFunction::kRowMax: return {s.max, std::fabs(s.max), 0};
        case ElementFunction::kRowSum: return {s.sum, s.magnitude, sum};
        case ElementFunction::kRowMean:
            return {s.mean, s.magnitude, sum / static_cast<double>(n) + arithmetic_error(s.mean)};
        default: return {s.rms, s.rms, rms_error(n, s.rms)};
    }
}

ElementErrors ElementwiseOperation::check(const std::vector<float>& y,
                                          const std::function<void(double)>& progress) const {
    ElementErrors errors;
    for (size_t i = 0; i < y.size(); ++i) {
        const Exact exact =
            fw::is_statistic(work_.function) ? exact_statistic(i) : exact_element(i);
        double bound = exact.error;
        if (work_.y_type == ElementType::kBf16)
            bound += kBf16UnitRoundoff * (std::fabs(exact.value) + bound);
        errors.add(static_cast<double>(y[i]), exact.value, exact.magnitude, bound);
    }
    errors.finish();
    progress(1);
    return errors;
}

std::string ElementwiseOperation::bound() const {
    return "docs/contract/schedules.md, section 8: of the function in fp32; with a result in bf16 "
           "plus 2^-8 of |exact| and of that";
}

OperationWork ElementwiseOperation::work_by_formula() const {
    const auto bytes = [](const TensorLayout& layout) {
        return layout.elements() * element_bytes(layout.type);
    };
    return {0,
            "0: the processor's work",
            0,
            "0: no multiply-add of the device",
            bytes(work_.a) + (two() ? bytes(b_layout()) : 0) + bytes(y_layout()),
            "operands read once, y written once, without padding"};
}

std::vector<Figure> ElementwiseOperation::figures(const RunOutcome& outcome) const {
    const ElementwiseOutcome& e = outcome.elementwise;
    return {{"elementwise_elements", value_of(work_.a.elements()), "element", "elements of a"},
            {"elementwise_cycles", value_of(e.cycles), "cycle",
             "elements * firmware.CLASS_cycles_per_element of their class"},
            {"elementwise_bytes", value_of(e.bytes_read + e.bytes_written), "byte",
             "the processor's 32-bit accesses: a and b read, y written in whole beats"}};
}

}  // namespace tessera::host
