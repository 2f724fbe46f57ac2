// SPDX-License-Identifier: MIT
// How good a result is, as lines of a summary: flagged rows, what is known not to be exact, and the
// distance from double precision.
#include <fmt/format.h>

#include "host/report/summary.h"
#include "host/text.h"

namespace tessera::host {
namespace {

void add_flagged_rows(const Section& content, SummaryLines& lines) {
    static constexpr struct {
        const char *counter, *by_firmware, *text;
    } kFlags[] = {{"counters.rows_empty", "derived.merge_rows_empty", "with no allowed key: o = 0"},
                  {"counters.rows_nan", "derived.merge_rows_nan", "with a NaN score or weight"},
                  {"counters.rows_saturated", "derived.merge_rows_saturated",
                   "with a clamped score: not exact"},
                  {"counters.rows_div0", "derived.merge_rows_div0", "normalised by 0"}};
    // Of a black box the device's are partial rows, the sentinel's share in each.
    const bool by_device = !content.has("problem.sentinel");
    for (const auto& flag : kFlags) {
        uint64_t rows = by_device ? content.count(flag.counter) : 0;
        if (content.has(flag.by_firmware)) rows += content.count(flag.by_firmware);
        if (rows != 0) lines.add("rows", with_commas(rows), flag.text, flag.counter);
    }
}

std::string within_text(const Section& error) {
    if (!error.flag("within_bound")) return "largest; OUTSIDE THE BOUND: mismatch";
    return error.count("not_compared.value") == 0
               ? "largest; every element within the bound"
               : "largest; every compared element within the bound";
}

void add_distances(const Section& error, SummaryLines& lines) {
    const auto distance = [&](const char* label, const char* key) {
        lines.add(label, fmt::format("{:.3e}", error.number(key)), "", std::string("error.") + key);
    };
    // First what decides.
    lines.add("error: error/bound", fmt::format("{:.3f}", error.number("max_over_full_bound")),
              within_text(error), "error.max_over_full_bound");
    if (const uint64_t outside = error.count("outside"); outside != 0)
        lines.add("", with_commas(outside),
                  fmt::format("elements outside; worst at head {}, row {}, column {}",
                              error.count("worst.head"), error.count("worst.row"),
                              error.count("worst.column")),
                  "error.outside");
    distance("error: max abs", "max_abs");
    distance("error: rms relative", "rms_relative");
}

void add_conversion(const Section& error, SummaryLines& lines) {
    if (!error.has("conversion")) return;
    if (!error.has("conversion.max_abs"))
        lines.add("inputs to bf16", "n/a", "no element is finite before and after rounding");
    else
        lines.add("inputs to bf16", fmt::format("{:.3e}", error.number("conversion.max_abs")),
                  fmt::format("max abs change of o, {:.3e} rms relative; not part of the error",
                              error.number("conversion.rms_relative")),
                  "error.conversion.max_abs");
}

}  // namespace

void add_error_lines(const Section& content, SummaryLines& lines) {
    add_flagged_rows(content, lines);
    if (content.has("exactness.reason"))
        lines.add("NOT EXACT", content.flag("exactness.withheld") ? "o withheld" : "accepted",
                  content.text("exactness.reason"));
    const Section& error = content.section("error");
    if (!error.flag("checked")) {
        lines.add("error", "not checked", error.text("reason"));
        return;
    }
    lines.add("check", "", coverage_text(error) + ", against double precision", "error.elements");
    if (error.count("elements") != 0) add_distances(error, lines);
    if (error.has("lse"))
        lines.add("lse: max abs", fmt::format("{:.3e}", error.number("lse.max_abs")),
                  fmt::format("largest error/bound {:.3f}", error.number("lse.max_over_bound")),
                  "error.lse.max_abs");
    if (const uint64_t rows = error.count("rows_nonfinite"); rows != 0)
        lines.add("rows", with_commas(rows), "whose exact result has NaN or Inf",
                  "error.rows_nonfinite");
    add_conversion(error, lines);
}

}  // namespace tessera::host
