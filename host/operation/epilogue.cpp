// SPDX-License-Identifier: MIT
#include "host/operation/epilogue.h"

#include <fmt/format.h>

#include <utility>

#include "host/float_bits.h"
#include "host/operation/activation.h"

namespace tessera::host {
namespace {

const char* scaling_name(fw::Scaling scaling) {
    switch (scaling) {
        case fw::Scaling::kFactor: return "a number";
        case fw::Scaling::kColumns: return "a number a column";
        default: return "none";
    }
}

}  // namespace

EpilogueOperation::EpilogueOperation(const Epilogue& work, EpilogueElements elements,
                                     const hw::PlatformConfig& config)
    : JobOperation(config), work_(work) {
    add_operand("a", work.a, std::move(elements.a));
    const MatrixPart row = MatrixPart::row_of_fp32(work.a.columns);
    if (work.scaling == fw::Scaling::kColumns)
        add_operand("scales", row, std::move(elements.scales));
    if (work.has_bias) add_operand("bias", row, std::move(elements.bias));
    if (work.has_residual) add_operand("residual", work.residual, std::move(elements.residual));
    set_result(work.y);
}

std::string EpilogueOperation::title() const {
    return fmt::format("epilogue of {}: scale {}, {}activation {}{}, result {}", work_.a.text(),
                       scaling_name(work_.scaling), work_.has_bias ? "bias, " : "",
                       info_of(work_.activation).name, work_.has_residual ? ", residual" : "",
                       work_.y.text());
}

std::vector<Figure> EpilogueOperation::settings() const {
    return {{"activation", value_of(info_of(work_.activation).name)},
            {"scale", value_of(scaling_name(work_.scaling))},
            {"bias", value_of(work_.has_bias)},
            {"residual", value_of(work_.has_residual)},
            {"elements", value_of(work_.a.elements())},
            {"output_format", value_of(element_name(work_.y.layout.type))}};
}

fw::EpilogueJob EpilogueOperation::job() const {
    fw::EpilogueJob job;
    job.activation = work_.activation;
    job.scaling = work_.scaling;
    job.has_bias = work_.has_bias;
    job.has_residual = work_.has_residual;
    job.rows = static_cast<uint32_t>(work_.a.rows);
    job.columns = static_cast<uint32_t>(work_.a.columns);
    job.factor = bits_of(work_.factor);
    job.a = view("a");
    job.scales = view("scales");
    job.bias = view("bias");
    job.residual = view("residual");
    job.y = result_view();
    return job;
}

void EpilogueOperation::exact_row(uint64_t row, std::vector<ExactElement>& y) const {
    y.clear();
    for (uint64_t c = 0; c < work_.a.columns; ++c) {
        const uint64_t at = row * work_.a.columns + c;
        ExactElement x = ExactElement::of(double{elements("a")[at]});
        if (work_.scaling != fw::Scaling::kNone) {
            const double scale = column_of("scales", c, double{work_.factor});
            x = multiplied(x, ExactElement::of(scale));
        }
        if (work_.has_bias) x = added(x, ExactElement::of(column_of("bias", c, 0)));
        x = exact_activation(work_.activation, x);
        if (work_.has_residual) x = added(x, ExactElement::of(double{elements("residual")[at]}));
        y.push_back(x);
    }
}

}  // namespace tessera::host
