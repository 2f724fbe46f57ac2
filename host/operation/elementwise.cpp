// SPDX-License-Identifier: MIT
#include "host/operation/elementwise.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "host/float_bits.h"
#include "host/reference/elementwise.h"

namespace tessera::host {
namespace {

using fw::ElementFunction;

double itself(double x) { return x; }

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
        {"row_argmax", ElementFunction::kRowArgmax, "where the first of the largest of a row is",
         nullptr, nullptr},
    };
    return kTable;
}

const ElementFunctionInfo& info_of(ElementFunction function) {
    return element_functions().at(static_cast<size_t>(function));
}

ElementwiseOperation::ElementwiseOperation(const Elementwise& work, std::vector<float> a,
                                           std::vector<float> b, const hw::PlatformConfig& config)
    : JobOperation(config), work_(work) {
    set_order(work.matrix ? ElementOrder::kMatrix : ElementOrder::kHeads);
    add_operand("a", MatrixPart(work.a), std::move(a));
    if (two()) add_operand("b", MatrixPart(laid(work.b_type, work.b_columns)), std::move(b));
    set_result(MatrixPart(y_layout()));
}

std::string ElementwiseOperation::title() const {
    return fmt::format("{} of {}", info_of(work_.function).name, work_.a.text());
}

std::vector<Figure> ElementwiseOperation::settings() const {
    return {{"function", value_of(info_of(work_.function).name)},
            {"elements", value_of(work_.a.elements())},
            {"output_format", value_of(element_name(result().layout.type))}};
}

/// As a, but of another type or with other blocks.
TensorLayout ElementwiseOperation::laid(ElementType type, uint64_t columns) const {
    TensorLayout layout = work_.a;
    layout.type = type;
    if (columns == 0 || !work_.matrix) return layout;
    return TensorLayout::matrix(type, layout.rows, layout.elements() / layout.rows, columns);
}

TensorLayout ElementwiseOperation::y_layout() const {
    if (!fw::is_statistic(work_.function)) return laid(work_.y_type, work_.y_columns);
    const bool index = work_.function == ElementFunction::kRowArgmax;
    return TensorLayout::heads(index ? ElementType::kIndex : work_.y_type,
                               work_.matrix ? 1 : work_.a.blocks, work_.a.rows, 1);
}

/// Elements that one element of y may come from, if it is a statistic.
uint64_t ElementwiseOperation::row_length() const {
    return work_.matrix ? work_.a.elements() / work_.a.rows : work_.a.columns;
}

fw::ElementwiseJob ElementwiseOperation::job() const {
    fw::ElementwiseJob job;
    job.function = work_.function;
    job.rows = static_cast<uint32_t>(work_.a.rows);
    job.columns = static_cast<uint32_t>(work_.a.elements() / work_.a.rows);
    job.factor = bits_of(work_.factor);
    job.across_blocks = work_.matrix;
    job.a = view("a");
    job.b = view("b");
    job.y = result_view();
    return job;
}

void ElementwiseOperation::exact_row(uint64_t row, std::vector<ExactElement>& y) const {
    y.clear();
    if (fw::is_statistic(work_.function)) return y.push_back(exact_statistic(row));
    const uint64_t n = row_length();
    for (uint64_t i = row * n; i < (row + 1) * n; ++i) y.push_back(exact_element(i));
}

ExactElement ElementwiseOperation::exact_element(size_t i) const {
    const double a = elements("a")[i];
    if (two() || work_.function == ElementFunction::kScale) {
        const double y = two() ? a + double{elements("b")[i]} : a * double{work_.factor};
        return {y, std::fabs(y), arithmetic_error(y)};
    }
    const ElementFunctionInfo& info = info_of(work_.function);
    const double y = info.exact(a);
    return {y, std::fabs(y), info.argument == nullptr ? 0 : function_error(y, info.argument(a))};
}

ExactElement ElementwiseOperation::exact_statistic(size_t row) const {
    const uint64_t n = row_length();
    const auto first = elements("a").begin() + static_cast<ptrdiff_t>(row * n);
    const std::vector<double> of_row(first, first + static_cast<ptrdiff_t>(n));
    const RowStatistics s = exact_statistics(of_row.data(), n);
    const double sum = sum_error(n, s.magnitude);
    switch (work_.function) {
        case ElementFunction::kRowMax: return {s.max, std::fabs(s.max), 0};
        case ElementFunction::kRowSum: return {s.sum, s.magnitude, sum};
        case ElementFunction::kRowMean:
            return {s.mean, s.magnitude, sum / static_cast<double>(n) + arithmetic_error(s.mean)};
        case ElementFunction::kRowArgmax: return {static_cast<double>(s.place), 0, 0};
        default: return {s.rms, s.rms, rms_error(n, s.rms)};
    }
}

}  // namespace tessera::host
