// SPDX-License-Identifier: MIT
#include "host/report/approximation_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

#include "host/platform/counters.h"
#include "host/report/coverage_text.h"
#include "host/report/table.h"
#include "host/text.h"

namespace tessera::host {
namespace {

using Json = nlohmann::ordered_json;
using spec::Counter;

Json quantity(const Json& value, const char* unit, const char* definition) {
    return {{"value", value}, {"unit", unit}, {"definition", definition}};
}

/// JSON has no infinity.
Json finite(double x) { return std::isfinite(x) ? Json(x) : Json(); }

std::string percent(double x) { return fmt::format("{:.3g} %", 100 * x); }

/// Sizes that are infinite where nothing is approximated.
std::string samples_text(double x) {
    return std::isfinite(x) ? fmt::format("{:.4g}", x) : std::string("all");
}

Json selection_json(const ApproximationRecord& a) {
    return {
        {"elements_read", quantity(a.selection.elements_read, "element",
                                   "of q and k, by formula: tiles are summarised on the "
                                   "processor; counted, not simulated")},
        {"element_steps", quantity(a.selection.element_steps, "element",
                                   "additions, minima and maxima over them, by formula")},
        {"summary_elements", quantity(a.selection.summary_elements, "element", "kept, by formula")},
        {"multiply_adds", quantity(a.selection.multiply_adds, "multiply-add",
                                   "of the scores of pairs of tiles, by formula")},
        {"cycles", quantity(a.selection_cycles, "cycle",
                            "(element_steps + multiply_adds) * "
                            "firmware.merge_cycles_per_element: counted, in no other figure")},
        {"bytes", quantity(2 * a.selection.elements_read + 4 * a.selection.summary_elements, "byte",
                           "2 of an element read, 4 of one that is kept: likewise")}};
}

Json audit_json(const ApproximationRecord& a) {
    const AuditRun& run = a.audit;
    Json error = nullptr;
    if (a.audit_error)
        error = {{"elements", quantity(a.audit_error->elements, "element", "compared")},
                 {"not_compared", not_compared_json(*a.audit_error)},
                 {"within_bound",
                  within_bound_json(a.audit_error->elements, a.audit_error->outside_bound())},
                 {"max_over_full_bound",
                  quantity(a.audit_error->max_over_full_bound, "1",
                           "of the audited rows, against exact attention in double precision")}};
    return {
        {"rows", quantity(run.rows, "row", "of each head, computed exactly")},
        {"calls", quantity(counter_value(run.counters, Counter::kAttendsRetired), "call",
                           "of the audit, a run of its own")},
        {"calls_formula",
         quantity(a.audit_calls_formula, "call",
                  "dense: heads * ceil(rows/M) * ceil(nk/M); causal: heads * sum over audit "
                  "tiles of ceil((last row + 1)/M)")},
        {"cycles", quantity(counter_value(run.counters, Counter::kCycles), "cycle", "likewise")},
        {"bytes", quantity(total_bytes(run.counters), "byte", "likewise")},
        {"merge_elements", quantity(run.merging.elements, "element", "likewise, by firmware")},
        {"merge_cycles", quantity(run.merge_cycles, "cycle", "likewise")},
        {"firmware_cycles", quantity(run.firmware_cycles, "cycle", "likewise")},
        {"error", error}};
}

Json head_json(const HeadAudit& head) {
    return {{"rows", head.rows},
            {"failures", head.failures},
            {"median_error", finite(head.median)},
            {"p95_error", finite(head.p95)},
            {"failing_bound", head.bound},
            {"least_effective_samples", finite(head.least_samples)},
            {"largest_tile_share", head.largest_share}};
}

Json verdict_json(const ApproximationRecord& a) {
    const Verdict& v = a.verdict;
    return {{"valid", v.valid()},
            {"text", v.text()},
            {"few_fail", v.few_fail},
            {"enough_samples", v.enough_samples},
            {"no_heavy_tile", v.no_heavy_tile},
            {"worst", head_json(v.worst)}};
}

}  // namespace

nlohmann::ordered_json approximation_json(const RunRecord& record) {
    if (!record.approximation) return nullptr;
    const ApproximationRecord& a = *record.approximation;
    const Approximation& asked = record.problem.approximation.value();
    Json heads = Json::array();
    for (const HeadAudit& head : a.heads) heads.push_back(head_json(head));
    return {{"rule", rule_name(asked.rule)},
            {"tiles", asked.tiles},
            {"seed", asked.seed},
            {"tolerance", asked.tolerance},
            {"accepted", asked.accept},
            {"result_withheld", approximation_withheld(record)},
            {"selection", selection_json(a)},
            {"exact",
             {{"calls", quantity(a.exact_calls, "call", "of exact attention, by formula")},
              {"predicted_cycles",
               quantity(a.exact.cycles, "cycle", "of exact attention (host/predict/predict.h)")},
              {"predicted_bytes", quantity(a.exact.bytes, "byte", "likewise")}}},
            {"audit", audit_json(a)},
            {"heads", heads},
            {"verdict", verdict_json(a)}};
}

std::vector<ReportRow> approximation_rows(const RunRecord& record) {
    if (!record.approximation) return {};
    const ApproximationRecord& a = *record.approximation;
    const Approximation& asked = record.problem.approximation.value();
    const AuditRun& run = a.audit;
    const HeadAudit& worst = a.verdict.worst;
    std::vector<ReportRow> rows = {
        {"approximation", rule_name(asked.rule),
         fmt::format("{} key tiles, seed {}; the figures above are its own", asked.tiles,
                     asked.seed)},
        {"  exact attention", with_commas(a.exact_calls),
         fmt::format("calls by formula; predicted {} cycles, {} bytes", with_commas(a.exact.cycles),
                     with_commas(a.exact.bytes))}};
    if (a.selection.elements_read != 0)
        rows.push_back({"  summaries, scores", with_commas(a.selection_cycles),
                        fmt::format("cycles of the processor: {} steps, {} multiply-adds; "
                                    "counted, not simulated",
                                    with_commas(a.selection.element_steps),
                                    with_commas(a.selection.multiply_adds))});
    const std::string merging =
        run.merging.elements == 0
            ? ""
            : fmt::format("; {} elements merged", with_commas(run.merging.elements));
    rows.push_back({"audit", with_commas(run.rows),
                    fmt::format("rows of each head exactly: {} calls, formula {}",
                                with_commas(counter_value(run.counters, Counter::kAttendsRetired)),
                                with_commas(a.audit_calls_formula))});
    rows.push_back({"", with_commas(counter_value(run.counters, Counter::kCycles)),
                    fmt::format("cycles, {} bytes{}; a run of its own",
                                with_commas(total_bytes(run.counters)), merging)});
    rows.push_back(
        {"  error, worst head", fmt::format("{:.3e}", worst.median),
         fmt::format("median of |o - exact| / |exact|; 95th percentile {:.3e}", worst.p95)});
    rows.push_back({"  rows over tau", percent(worst.bound),
                    fmt::format("at most, {:g} % confidence; {} of {} audited are over {:g}; "
                                "allowed: {}",
                                100 * kConfidence, worst.failures, worst.rows, asked.tolerance,
                                percent(kMaxFailing))});
    rows.push_back({"  effective samples", samples_text(worst.least_samples),
                    fmt::format("keys, the least of an audited row (on the host, in double "
                                "precision); needed: {:.6g}",
                                1 / (asked.tolerance * asked.tolerance))});
    rows.push_back({"  largest tile share", percent(worst.largest_share),
                    fmt::format("of a row's weight, likewise; allowed: {}", percent(kMaxShare))});
    rows.push_back({"verdict", a.verdict.valid() ? "VALID" : "NOT VALID",
                    a.verdict.valid() ? "" : a.verdict.text()});
    return rows;
}

}  // namespace tessera::host
