// SPDX-License-Identifier: MIT
#include "host/operation/gate.h"

#include <fmt/format.h>

#include <utility>

#include "host/operation/activation.h"

namespace tessera::host {

GateOperation::GateOperation(const Gate& work, std::vector<float> a, std::vector<float> b,
                             const hw::PlatformConfig& config)
    : JobOperation(config), work_(work) {
    add_operand("a", work.a, std::move(a));
    add_operand("b", work.b, std::move(b));
    set_result(work.y);
}

std::string GateOperation::title() const {
    return fmt::format("gate of {} by {} of {}, result {}", work_.a.text(),
                       info_of(work_.activation).name, work_.b.text(), work_.y.text());
}

std::vector<Figure> GateOperation::settings() const {
    return {{"activation", value_of(info_of(work_.activation).name)},
            {"elements", value_of(work_.a.elements())},
            {"output_format", value_of(element_name(work_.y.layout.type))}};
}

fw::GateJob GateOperation::job() const {
    fw::GateJob job;
    job.activation = work_.activation;
    job.rows = static_cast<uint32_t>(work_.a.rows);
    job.columns = static_cast<uint32_t>(work_.a.columns);
    job.a = view("a");
    job.b = view("b");
    job.y = result_view();
    return job;
}

void GateOperation::exact_row(uint64_t row, std::vector<ExactElement>& y) const {
    y.clear();
    for (uint64_t i = row * work_.a.columns; i < (row + 1) * work_.a.columns; ++i)
        y.push_back(multiplied(
            ExactElement::of(double{elements("a")[i]}),
            exact_activation(work_.activation, ExactElement::of(double{elements("b")[i]}))));
}

}  // namespace tessera::host
