// SPDX-License-Identifier: MIT
// The summary of an operation without softmax: every figure by its key.
#include <fmt/format.h>

#include <utility>

#include "host/report/summary.h"
#include "host/text.h"

namespace tessera::host {
namespace {

constexpr uint32_t kLabelWidth = 24, kValueWidth = 16;

bool has_prefix(const Figure& figure) { return figure.unit == "s" || figure.unit == "J"; }

/// Figures that are shares of a peak: what they are a share of.
constexpr std::pair<const char*, const char*> kShares[] = {
    {"mac_utilisation", "of peak"},
    {"value_array_utilisation", "of the peak of the half that does useful work"},
};

const char* share_of(const Figure& figure) {
    for (const auto& [key, whole] : kShares)
        if (figure.key == key) return whole;
    return nullptr;
}

std::string real_text(const Figure& figure, double x) {
    if (has_prefix(figure)) return engineering(x, figure.unit.c_str());
    if (share_of(figure) != nullptr) return fmt::format("{:.2f} %", 100 * x);
    if (figure.key == "bytes_over_compulsory") return fmt::format("{:.2f} x", x);
    if (figure.unit == "multiply-add" && x < 0x1p64) return with_commas(static_cast<uint64_t>(x));
    return fmt::format("{:.6g}", x);
}

std::string value_text(const Figure& figure) {
    if (const auto* count = std::get_if<uint64_t>(&figure.value)) return with_commas(*count);
    if (const auto* x = std::get_if<double>(&figure.value)) return real_text(figure, *x);
    return "n/a";
}

/// The unit, where the value does not have it.
std::string remark(const Figure& figure) {
    if (const char* whole = share_of(figure)) return whole;
    return figure.unit == "1" || has_prefix(figure) ? "" : figure.unit;
}

void add_error(const Section& error, SummaryLines& lines) {
    if (!error.flag("checked")) {
        lines.add("error", "not checked", error.text("reason"));
        return;
    }
    lines.add("check", "", coverage_text(error) + ", against double precision", "error.elements");
    if (error.count("elements") == 0) return;
    const auto add = [&](const char* label, const char* key, const char* format,
                         const std::string& remark) {
        lines.add(label, fmt::format(fmt::runtime(format), error.number(key)), remark,
                  std::string("error.") + key);
    };
    add("error: max abs", "max_abs", "{:.3e}", "");
    add("error: rms relative", "rms_relative", "{:.3e}", "");
    const char* within = error.count("not_compared.value") == 0
                             ? "largest; every element within the bound"
                             : "largest; every compared element within the bound";
    add("error: error/bound", "max_over_bound", "{:.3f}",
        error.flag("within_bound") ? within
                                   : fmt::format("largest; {} elements OUTSIDE THE BOUND: mismatch",
                                                 with_commas(error.count("outside"))));
}

}  // namespace

std::vector<SummaryBlock> operation_summary(const Section& content) {
    SummaryLines lines(kLabelWidth, kValueWidth);
    for (const Entry& entry : content.section("derived").entries) {
        const Figure& figure = std::get<Figure>(entry);
        lines.add(figure.key, value_text(figure), remark(figure), "derived." + figure.key);
    }
    if (content.has("exactness.reason"))
        lines.add("NOT EXACT", content.flag("exactness.withheld") ? "withheld" : "accepted",
                  content.text("exactness.reason"));
    add_error(content.section("error"), lines);
    std::vector<SummaryBlock> blocks = {lines.take()};
    if (content.has("note")) blocks.push_back({{}, {}, content.text("note")});
    return blocks;
}

}  // namespace tessera::host
