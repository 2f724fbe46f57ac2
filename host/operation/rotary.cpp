// SPDX-License-Identifier: MIT
#include "host/operation/rotary.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "host/error.h"
#include "host/float_bits.h"

namespace tessera::host {
namespace {

const char* pairs_name(fw::RotaryPairs pairs) {
    return pairs == fw::RotaryPairs::kInterleaved ? "interleaved" : "halves";
}

}  // namespace

std::vector<float> rotary_table(const std::vector<float>& frequencies, uint64_t positions,
                                bool fp32_angles) {
    std::vector<float> table;
    table.reserve(2 * positions * frequencies.size());
    const auto angle = [&](uint64_t position, float frequency) {
        const double exact = static_cast<double>(position) * double{frequency};
        return fp32_angles ? double{static_cast<float>(position) * frequency} : exact;
    };
    for (uint64_t position = 0; position < positions; ++position) {
        for (const float f : frequencies)
            table.push_back(static_cast<float>(std::cos(angle(position, f))));
        for (const float f : frequencies)
            table.push_back(static_cast<float>(std::sin(angle(position, f))));
    }
    return table;
}

RotaryOperation::RotaryOperation(const Rotary& work, std::vector<float> a, std::vector<float> table,
                                 const hw::PlatformConfig& config)
    : JobOperation(config), work_(work) {
    if (work.position + work.a.rows > work.positions)
        throw UserError(
            fmt::format("rotary: positions up to {}; allowed: below {}, which the table has",
                        work.position + work.a.rows - 1, work.positions));
    add_operand("a", work.a, std::move(a));
    add_operand("table",
                MatrixPart(TensorLayout::matrix(ElementType::kFp32, work.positions, work.rotated,
                                                work.rotated)),
                std::move(table));
    set_result(work.y);
}

std::string RotaryOperation::title() const {
    return fmt::format(
        "rotary of {}, {} of {} columns of each head, pairs {}, from position {}, "
        "result {}",
        work_.a.text(), work_.rotated, work_.a.columns / work_.heads, pairs_name(work_.pairs),
        work_.position, work_.y.text());
}

std::vector<Figure> RotaryOperation::settings() const {
    return {{"heads", value_of(work_.heads)},
            {"rotated", value_of(work_.rotated)},
            {"pairs", value_of(pairs_name(work_.pairs))},
            {"position", value_of(work_.position)},
            {"elements", value_of(work_.a.elements())},
            {"output_format", value_of(element_name(work_.y.layout.type))}};
}

fw::RotaryJob RotaryOperation::job() const {
    fw::RotaryJob job;
    job.pairs = work_.pairs;
    job.has_factor = work_.has_factor;
    job.rows = static_cast<uint32_t>(work_.a.rows);
    job.heads = static_cast<uint32_t>(work_.heads);
    job.width = static_cast<uint32_t>(work_.a.columns / work_.heads);
    job.rotated = static_cast<uint32_t>(work_.rotated);
    job.position = static_cast<uint32_t>(work_.position);
    job.factor = bits_of(work_.factor);
    job.a = view("a");
    job.table = view("table");
    job.y = result_view();
    return job;
}

void RotaryOperation::exact_row(uint64_t row, std::vector<ExactElement>& y) const {
    const uint64_t width = work_.a.columns / work_.heads, pairs = work_.rotated / 2;
    y.clear();
    for (uint64_t c = 0; c < work_.a.columns; ++c)
        y.push_back(ExactElement::of(double{elements("a")[row * work_.a.columns + c]}));
    const float* table = elements("table").data() + (work_.position + row) * work_.rotated;
    const bool halves = work_.pairs == fw::RotaryPairs::kHalves;
    for (uint64_t head = 0; head < work_.heads; ++head)
        for (uint64_t i = 0; i < pairs; ++i) {
            ExactElement& first = y[head * width + (halves ? i : 2 * i)];
            ExactElement& second = y[head * width + (halves ? i + pairs : 2 * i + 1)];
            const ExactElement u = first, v = second;
            const ExactElement cosine = ExactElement::of(double{table[i]}),
                               sine = ExactElement::of(double{table[pairs + i]}),
                               negative = ExactElement::of(-sine.value);
            first = added(multiplied(u, cosine), multiplied(v, negative));
            second = added(multiplied(v, cosine), multiplied(u, sine));
        }
    for (ExactElement& x : y)
        if (work_.has_factor) x = multiplied(x, ExactElement::of(double{work_.factor}));
}

uint64_t RotaryOperation::compulsory_elements(const char* role, uint64_t all) const {
    return std::strcmp(role, "table") == 0 ? work_.a.rows * work_.rotated : all;
}

}  // namespace tessera::host
