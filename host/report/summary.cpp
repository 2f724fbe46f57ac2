// SPDX-License-Identifier: MIT
#include "host/report/summary.h"

#include <fmt/format.h>

#include <cmath>

#include "host/text.h"

namespace tessera::host {

SummaryLines::SummaryLines(uint32_t label_width, uint32_t value_width)
    : block_{{{"", 2, label_width}, {"", 1, value_width, true}, {"", 2, 0}}, {}} {}

void SummaryLines::add(std::string label, std::string value, std::string remark,
                       std::string figure) {
    block_.rows.push_back(
        {{std::move(label), std::move(value), std::move(remark)}, std::move(figure)});
}

std::string coverage_text(const Section& error) {
    const uint64_t compared = error.count("elements"), others = error.count("not_compared.value");
    std::string text = fmt::format("compared {} of {} elements", with_commas(compared),
                                   with_commas(compared + others));
    for (const Entry& entry : error.section("not_compared.reasons").entries) {
        const Figure& reason = std::get<Figure>(entry);
        text += fmt::format(", {} not comparable because {}",
                            with_commas(std::get<uint64_t>(reason.value)), reason.definition);
    }
    return text;
}

std::string percent(double x) {
    return std::isfinite(x) ? fmt::format("{:.2f} %", 100 * x) : std::string("n/a");
}

}  // namespace tessera::host
