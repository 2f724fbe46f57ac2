// SPDX-License-Identifier: MIT
// How good a result is: what is known not to be exact, and the distance from double precision.
#include "host/report/sections.h"

namespace tessera::host {
namespace {

/// Why elements could not be compared: as a key, and in words that follow "because".
const char* reason_key(NotComparable why) {
    switch (why) {
        case NotComparable::kRange: return "range";
        case NotComparable::kDenominator: return "denominator";
        case NotComparable::kNonFinite: break;
    }
    return "nonfinite";
}

const char* reason_text(NotComparable why) {
    switch (why) {
        case NotComparable::kRange: return "sums may leave the fp32 range";
        case NotComparable::kDenominator:
            return "more than 2^-24 of the denominator may be flushed to zero";
        case NotComparable::kNonFinite: break;
    }
    return "one of exact and actual value is NaN, the other Inf: a weight flushed to zero makes "
           "NaN of an Inf";
}

Entry lse_entry(const ErrorSummary& e) {
    if (!e.has_lse) return fact("lse", nullptr);
    return Section{"lse",
                   {defined("max_abs", e.lse_max_abs, "1", "largest |lse - exact|, natural log"),
                    defined("max_over_bound", e.lse_max_over_bound, "1",
                            "largest error over the bound of docs/contract/accuracy.md"),
                    defined("rows", e.lse_rows, "row", "compared"),
                    defined("outside", e.lse_outside, "row", "rows beyond the bound")}};
}

Section histogram_section(const ErrorHistogram& histogram) {
    const std::vector<uint64_t> counts(histogram.counts.begin(), histogram.counts.end());
    return {"histogram",
            {fact("of", "error over the full bound"), fact("bin_width", ErrorHistogram::kBinWidth),
             list("counts", counts),
             defined("beyond", histogram.beyond, "element", "above 1: outside the full bound")}};
}

/// What rounding the inputs changes.
Entry conversion_entry(const std::optional<Difference>& conversion) {
    if (!conversion) return fact("conversion", nullptr);
    const Difference& c = *conversion;
    const auto figure = [&](double x) { return c.elements == 0 ? FigureValue{} : FigureValue{x}; };
    return Section{"conversion",
                   {defined("max_abs", figure(c.max_abs), "1",
                            "largest |reference on bf16 inputs - reference on inputs|"),
                    defined("rms_relative", figure(c.rms_relative), "1",
                            "root of the ratio of the sums of squares"),
                    defined("elements", c.elements, "element", "finite in both references")}};
}

}  // namespace

FigureValue of_compared(const Coverage& coverage, double value) {
    return coverage.elements == 0 ? FigureValue{} : FigureValue{value};
}

Figure within_bound_fact(uint64_t elements, bool outside_bound) {
    if (elements == 0) return fact("within_bound", nullptr);
    return fact("within_bound", !outside_bound);
}

Section not_compared_section(const Coverage& coverage) {
    Section reasons{"reasons", {}};
    for (const NotComparable why : kReasons)
        if (const uint64_t count = coverage.not_compared(why); count != 0)
            reasons.entries.emplace_back(
                defined(reason_key(why), count, "element", reason_text(why)));
    return {"not_compared",
            {fact("value", coverage.not_compared()), fact("unit", "element"),
             fact("definition", "not comparable with their exact values, for the reasons given"),
             reasons}};
}

Entry exactness_entry(const Exactness& exactness) {
    if (!exactness.known) return fact("exactness", nullptr);
    Table rows{
        "inexact_rows", {{"kind"}, {"rows.value", "row"}, {"rows.unit"}, {"rows.definition"}}, {}};
    if (exactness.heads)
        rows.columns.insert(rows.columns.end(), {{"first.head"}, {"first.token"}});
    else
        rows.columns.push_back({"first.row"});
    for (const InexactRows& some : exactness.inexact) {
        const InexactWords words = words_of(some.kind);
        std::vector<FigureValue> row = {words.key, some.rows, "row", words.many};
        if (exactness.heads) row.push_back(value_of(some.first.head));
        row.push_back(value_of(some.first.row));
        rows.rows.push_back(std::move(row));
    }
    return Section{
        "exactness",
        {fact("withheld", exactness.withheld()), fact("accepted", exactness.accepted),
         exactness.exact() ? fact("reason", nullptr) : fact("reason", exactness.text()), rows}};
}

Section error_section(const RunRecord& record) {
    if (!record.error)
        return {"error", {fact("checked", false), fact("reason", record.not_checked)}};
    const ErrorSummary& e = *record.error;
    return {"error",
            {fact("checked", true), within_bound_fact(e.elements, e.outside_bound()),
             fact("reference", "attention in double precision on the bf16 inputs"),
             defined("elements", e.elements, "element", "compared"), not_compared_section(e),
             defined("outside", e.outside, "element", "beyond the full bound"),
             defined("max_abs", of_compared(e, e.max_abs), "1", "largest |o - exact|"),
             defined("rms_relative", of_compared(e, e.rms_relative), "1",
                     "sqrt(sum (o - exact)^2 / sum exact^2)"),
             defined("max_over_bound", of_compared(e, e.max_over_bound), "1",
                     "largest error over the bound of docs/contract/device.md"),
             defined("max_over_full_bound", of_compared(e, e.max_over_full_bound), "1",
                     "the same with the terms for rounded scores and underflow "
                     "(docs/contract/accuracy.md); "
                     "within_bound means at most 1 everywhere"),
             Section{"worst",
                     {fact("head", e.worst_head), fact("row", e.worst_row),
                      fact("column", e.worst_column)}},
             histogram_section(e.histogram),
             defined("rows_empty", e.rows_empty, "row", "rows with no allowed key: 0 and -inf"),
             defined("rows_nonfinite", e.rows_nonfinite, "row",
                     "rows whose exact o or lse has NaN or Inf, to be met by the same"),
             lse_entry(e), conversion_entry(record.conversion)}};
}

}  // namespace tessera::host
