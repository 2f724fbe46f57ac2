// SPDX-License-Identifier: MIT
#include "host/operation/gather.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <utility>

#include "host/error.h"
#include "host/float_bits.h"

namespace tessera::host {

GatherOperation::GatherOperation(const Gather& work, const std::vector<uint32_t>& ids,
                                 std::vector<float> table, const hw::PlatformConfig& config)
    : JobOperation(config), work_(work) {
    for (size_t i = 0; i < ids.size(); ++i)
        if (ids[i] >= work.table.rows)
            throw UserError(
                fmt::format("gather: number {} is {}; allowed: below {}, the rows of the "
                            "table",
                            i, ids[i], work.table.rows));
    add_operand("ids", MatrixPart(work.ids()), std::vector<float>(ids.begin(), ids.end()));
    add_operand("table", work.table, std::move(table));
    set_result(work.y);
}

std::string GatherOperation::title() const {
    return fmt::format("gather {} rows of {}, result {}", work_.rows, work_.table.text(),
                       work_.y.text());
}

std::vector<Figure> GatherOperation::settings() const {
    return {{"rows", value_of(work_.rows)},
            {"table_rows", value_of(work_.table.rows)},
            {"elements", value_of(work_.y.elements())},
            {"output_format", value_of(element_name(work_.y.layout.type))}};
}

fw::GatherJob GatherOperation::job() const {
    fw::GatherJob job;
    job.has_factor = work_.has_factor;
    job.rows = static_cast<uint32_t>(work_.rows);
    job.columns = static_cast<uint32_t>(work_.table.columns);
    job.table_rows = static_cast<uint32_t>(work_.table.rows);
    job.factor = bits_of(work_.factor);
    job.ids = view("ids");
    job.table = view("table");
    job.y = result_view();
    return job;
}

void GatherOperation::exact_row(uint64_t row, std::vector<ExactElement>& y) const {
    y.clear();
    const auto id = static_cast<uint64_t>(elements("ids")[row]);
    const bool known = id < work_.table.rows;
    for (uint64_t c = 0; c < work_.table.columns; ++c) {
        const double x = known ? double{elements("table")[id * work_.table.columns + c]}
                               : std::numeric_limits<double>::quiet_NaN();
        const ExactElement exact = ExactElement::of(x);
        y.push_back(work_.has_factor ? multiplied(exact, ExactElement::of(double{work_.factor}))
                                     : exact);
    }
}

uint64_t GatherOperation::compulsory_elements(const char* role, uint64_t all) const {
    return std::strcmp(role, "table") == 0 ? work_.y.elements() : all;
}

}  // namespace tessera::host
