// SPDX-License-Identifier: MIT
#include "host/report/sections.h"

namespace tessera::host {
namespace {

using spec::Counter;

Section selection_section(const ApproximationRecord& a) {
    const SelectionCost& s = a.selection;
    return {"selection",
            {defined("elements_read", s.elements_read, "element",
                     "of q and k, by formula: tiles are summarised on the processor; counted, not "
                     "simulated"),
             defined("element_steps", s.element_steps, "element",
                     "additions, minima and maxima over them, by formula"),
             defined("summary_elements", s.summary_elements, "element", "kept, by formula"),
             defined("multiply_adds", s.multiply_adds, "multiply-add",
                     "of the scores of pairs of tiles, by formula"),
             defined("cycles", a.selection_cycles, "cycle",
                     "(element_steps + multiply_adds) * firmware.merge_cycles_per_element: "
                     "counted, in no other figure"),
             defined("bytes", 2 * s.elements_read + 4 * s.summary_elements, "byte",
                     "2 of an element read, 4 of one that is kept: likewise")}};
}

Section exact_section(const ApproximationRecord& a) {
    return {"exact",
            {defined("calls", a.exact_calls, "call", "of exact attention, by formula"),
             defined("predicted_cycles", a.exact.cycles, "cycle",
                     "of exact attention (host/predict/predict.h)"),
             defined("predicted_bytes", a.exact.bytes, "byte", "likewise")}};
}

Entry audit_error_entry(const std::optional<ErrorSummary>& error) {
    if (!error) return fact("error", nullptr);
    return Section{
        "error",
        {defined("elements", error->elements, "element", "compared"), not_compared_section(*error),
         within_bound_fact(error->elements, error->outside_bound()),
         defined("max_over_full_bound", error->max_over_full_bound, "1",
                 "of the audited rows, against exact attention in double precision")}};
}

Section audit_section(const ApproximationRecord& a) {
    const AuditRun& run = a.audit;
    return {
        "audit",
        {defined("rows", run.rows, "row", "of each head, computed exactly"),
         defined("calls", counter_value(run.counters, Counter::kAttendsRetired), "call",
                 "of the audit, a run of its own"),
         defined("calls_formula", a.audit_calls_formula, "call",
                 "dense: heads * ceil(rows/M) * ceil(nk/M); causal: heads * sum over audit tiles "
                 "of ceil((last row + 1)/M)"),
         defined("cycles", counter_value(run.counters, Counter::kCycles), "cycle", "likewise"),
         defined("bytes", total_bytes(run.counters), "byte", "likewise"),
         defined("merge_elements", run.merging.elements, "element", "likewise, by firmware"),
         defined("merge_cycles", run.merge_cycles, "cycle", "likewise"),
         defined("firmware_cycles", run.firmware_cycles, "cycle", "likewise"),
         audit_error_entry(a.audit_error)}};
}

Table heads_table(const char* key, const std::vector<HeadAudit>& heads) {
    Table table{key,
                {{"rows", "row"},
                 {"failures", "row"},
                 {"median_error", "1"},
                 {"p95_error", "1"},
                 {"failing_bound", "1"},
                 {"least_effective_samples", "key"},
                 {"largest_tile_share", "1"}},
                {}};
    for (const HeadAudit& head : heads)
        table.rows.push_back({value_of(head.rows), value_of(head.failures), head.median, head.p95,
                              head.bound, head.least_samples, head.largest_share});
    return table;
}

/// The only row of a table of heads, as a section.
Section worst_section(const HeadAudit& worst) {
    const Table table = heads_table("worst", {worst});
    Section section{table.key, {}};
    for (size_t i = 0; i < table.columns.size(); ++i)
        section.entries.emplace_back(Figure{table.columns[i].key, table.rows.front()[i]});
    return section;
}

Section verdict_section(const Verdict& v) {
    return {"verdict",
            {fact("valid", v.valid()), fact("text", v.text()), fact("few_fail", v.few_fail),
             fact("enough_samples", v.enough_samples), fact("no_heavy_tile", v.no_heavy_tile),
             worst_section(v.worst)}};
}

}  // namespace

Entry approximation_entry(const RunRecord& record) {
    if (!record.approximation) return fact("approximation", nullptr);
    const ApproximationRecord& a = *record.approximation;
    const Approximation& asked = record.problem.approximation.value();
    return Section{
        "approximation",
        {fact("rule", rule_name(asked.rule)), fact("tiles", asked.tiles), fact("seed", asked.seed),
         fact("tolerance", asked.tolerance), fact("accepted", asked.accept),
         fact("result_withheld", approximation_withheld(record)), selection_section(a),
         exact_section(a), audit_section(a), heads_table("heads", a.heads),
         verdict_section(a.verdict)}};
}

}  // namespace tessera::host
