// SPDX-License-Identifier: MIT
#include "host/operation/processor_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "firmware/runner/runner.h"
#include "host/float_bits.h"
#include "host/operation/inexact_rows.h"
#include "host/reference/error.h"

namespace tessera::host {

void ProcessorOperation::add_operand(const char* role, const MatrixPart& part,
                                     std::vector<float> elements) {
    if (part.layout.type == ElementType::kBf16)
        for (float& x : elements) x = float_of(spec::bf16_to_fp32(spec::fp32_to_bf16(bits_of(x))));
    operands_.push_back({role, part, std::move(elements), {}});
}

const ProcessorOperation::OperandPlace* ProcessorOperation::find(const char* role) const {
    for (const OperandPlace& operand : operands_)
        if (operand.role == role) return &operand;
    return nullptr;
}

const std::vector<float>& ProcessorOperation::elements(const char* role) const {
    return find(role)->elements;
}

double ProcessorOperation::column_of(const char* role, uint64_t column, double otherwise) const {
    const OperandPlace* operand = find(role);
    return operand == nullptr ? otherwise : double{operand->elements[column]};
}

fw::MatrixView ProcessorOperation::view(const char* role) const {
    const OperandPlace* operand = find(role);
    return operand == nullptr ? fw::MatrixView() : operand->part.view(operand->tensor);
}

std::string ProcessorOperation::input_dtypes() const {
    std::string text;
    for (const OperandPlace& operand : operands_)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", operand.role,
                            element_name(operand.part.layout.type));
    return text;
}

void ProcessorOperation::place(MemoryMap& map) {
    driver_ = map.driver();
    for (OperandPlace& operand : operands_)
        operand.tensor = map.tensor(operand.role, operand.part.layout);
    result_tensor_ = map.tensor("y", result_.layout);
    map.check_size();
    const fw::JobRule rule = make_job(config_.params);
    if (rule != fw::JobRule::kNone)
        throw std::logic_error(fmt::format("firmware refuses the {} job, rule {}", name(),
                                           static_cast<uint32_t>(rule)));
}

void ProcessorOperation::write(const MemoryAccess& memory) const {
    for (const OperandPlace& operand : operands_)
        if (!operand.elements.empty())
            write_part(operand.elements, operand.part, operand.tensor, order_, memory);
}

fw::DriverConfig ProcessorOperation::driver(uint32_t) const { return driver_; }

Platform::Program ProcessorOperation::program(uint32_t, const MemoryAccess&,
                                              FirmwareOutcome& outcome) const {
    const auto work = [this](fw::Runner& runner) {
        return run(runner.driver(), runner.accounting());
    };
    return Platform::firmware(work, driver_, outcome);
}

std::vector<float> ProcessorOperation::read(const MemoryAccess& memory) const {
    return read_part(result_, result_tensor_, order_, memory);
}

TensorSpec ProcessorOperation::output() const {
    const TensorLayout& y = result_.layout;
    if (order_ == ElementOrder::kHeads)
        return {"y", Dtype::kF32, {y.blocks, result_.rows, y.columns}};
    return {"y", Dtype::kF32, {result_.rows, result_.columns}};
}

/// Of a row in the host's order.
uint64_t ProcessorOperation::row_elements() const { return output().shape.back(); }

void ProcessorOperation::read_operands(const MemoryAccess& memory) {
    for (OperandPlace& operand : operands_)
        if (operand.elements.empty())
            operand.elements = read_part(operand.part, operand.tensor, order_, memory);
    prepare_check();
}

/// What is not finite has to be explained by them.
bool ProcessorOperation::judges_by_operands(const std::vector<float>& y, const RunOutcome&) const {
    return !std::all_of(y.begin(), y.end(), [](float x) { return std::isfinite(x); });
}

void ProcessorOperation::judge(const std::vector<float>& y, const RunOutcome&,
                               Exactness& exactness) const {
    exactness.heads = order_ == ElementOrder::kHeads;
    const auto heads = exactness.heads ? static_cast<uint32_t>(result_.layout.blocks) : 1u;
    const auto rows = static_cast<uint32_t>(result_.rows);
    const auto columns = static_cast<uint32_t>(row_elements());
    ElementNames unexplained;
    std::vector<ExactElement> exact;
    uint64_t of = UINT64_MAX;
    for (const ElementName& e : nonfinite_elements(y, heads, rows, columns)) {
        const uint64_t row = uint64_t{e.row.head} * rows + e.row.row;
        if (row != of) exact_row(row, exact);
        of = row;
        if (std::isfinite(exact[e.column].value)) unexplained.push_back(e);
    }
    exactness.add(Inexact::kNonFinite, rows_of(unexplained));
}

ElementErrors ProcessorOperation::check(const std::vector<float>& y,
                                        const std::function<void(double)>& progress) const {
    ElementErrors errors;
    std::vector<ExactElement> exact;
    const uint64_t columns = row_elements();
    for (uint64_t row = 0; row < y.size() / columns; ++row) {
        exact_row(row, exact);
        for (uint64_t column = 0; column < columns; ++column) {
            const ExactElement& e = exact[column];
            double bound = e.error;
            if (result_.layout.type == ElementType::kBf16)
                bound += kBf16UnitRoundoff * (std::fabs(e.value) + bound);
            errors.add(double{y[row * columns + column]}, e.value, e.magnitude, bound);
        }
    }
    errors.finish();
    progress(1);
    return errors;
}

std::string ProcessorOperation::bound() const {
    return "docs/contract/accuracy.md, section 7: of the operation in fp32; with a result in bf16 "
           "plus 2^-8 of |exact| and of that";
}

uint64_t ProcessorOperation::compulsory_elements(const char*, uint64_t all) const { return all; }

OperationWork ProcessorOperation::work_by_formula() const {
    const auto bytes = [](uint64_t elements, const MatrixPart& part) {
        return elements * element_bytes(part.layout.type);
    };
    uint64_t all = bytes(result_.elements(), result_);
    for (const OperandPlace& operand : operands_)
        all +=
            bytes(compulsory_elements(operand.role.c_str(), operand.part.elements()), operand.part);
    return {0,   "0: the processor's work",
            0,   "0: no multiply-add of the device",
            all, "operands read once, y written once, without padding"};
}

std::vector<Figure> ProcessorOperation::figures(const RunOutcome& outcome) const {
    const ElementwiseOutcome& e = outcome.elementwise;
    const MatrixPart& first = operands_.front().part;
    return {{"elementwise_elements", value_of(first.elements()), "element",
             "elements of " + operands_.front().role},
            {"elementwise_cycles", value_of(e.cycles), "cycle",
             "elements * firmware.CLASS_cycles_per_element of their class"},
            {"elementwise_bytes", value_of(e.bytes_read + e.bytes_written), "byte",
             "the processor's 32-bit accesses: operands read, y written in whole beats"}};
}

}  // namespace tessera::host
