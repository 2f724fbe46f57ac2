// SPDX-License-Identifier: MIT
#include "host/report/audits.h"

#include <fmt/format.h>

#include <cmath>

#include "host/report/summary.h"
#include "host/text.h"

namespace tessera::host {
namespace {

constexpr size_t kMostRows = 20;  ///< of the summary

/// Where nothing is approximated there is no least sample.
FigureValue finite_or_nothing(double x) {
    return std::isfinite(x) ? FigureValue{x} : FigureValue{};
}

Table audits_table(const std::vector<LayerAudit>& audits) {
    Table table{"audits",
                {{"graph"},
                 {"layer"},
                 {"heads"},
                 {"rule"},
                 {"tiles", "tile"},
                 {"runs", "run"},
                 {"rows", "row"},
                 {"failures", "row"},
                 {"median_error", "1"},
                 {"p95_error", "1"},
                 {"failing_bound", "1"},
                 {"least_effective_samples", "key"},
                 {"largest_tile_share", "1"},
                 {"verdict"},
                 {"cycles", "cycle"},
                 {"calls", "call"},
                 {"selection_cycles", "cycle"}},
                {}};
    for (const LayerAudit& audit : audits) {
        const Verdict verdict = audit.verdict();
        const HeadAudit& worst = verdict.worst;
        table.rows.push_back({audit.graph, audit.layer, audit.heads,
                              std::string(rule_name(audit.approximation.rule)),
                              value_of(audit.approximation.tiles), value_of(audit.runs),
                              value_of(worst.rows), value_of(worst.failures),
                              value_of(worst.median), value_of(worst.p95), value_of(worst.bound),
                              finite_or_nothing(worst.least_samples), value_of(worst.largest_share),
                              verdict.text(), value_of(audit.cost.cycles),
                              value_of(audit.cost.calls), value_of(audit.selection_cycles)});
    }
    return table;
}

SummaryBlock audits_block(const std::vector<LayerAudit>& audits) {
    SummaryBlock block;
    block.columns = {{"audited layer", 2, 13}, {"heads", 2, 5},      {"rule", 2, 11},
                     {"error", 2, 9, true},    {"over", 2, 8, true}, {"verdict", 2}};
    for (size_t i = 0; i < std::min(audits.size(), kMostRows); ++i) {
        const Verdict verdict = audits[i].verdict();
        block.rows.push_back(
            {{audits[i].layer, audits[i].heads, rule_name(audits[i].approximation.rule),
              fmt::format("{:.2e}", verdict.worst.median), percent(verdict.worst.bound),
              verdict.valid() ? "VALID" : "NOT VALID"}});
        for (size_t c = 0; c + 1 < block.columns.size(); ++c)
            block.columns[c].width = std::max(
                block.columns[c].width, static_cast<uint32_t>(block.rows.back().cells[c].size()));
    }
    if (audits.size() > kMostRows)
        block.note = fmt::format("{} more in the JSON", audits.size() - kMostRows);
    return block;
}

}  // namespace

void add_audits(ModelReport& report) {
    const std::vector<LayerAudit>& audits = report.record->audits;
    if (audits.empty()) return;
    uint64_t cycles = 0, selection = 0, valid = 0;
    for (const LayerAudit& audit : audits) {
        cycles += audit.cost.cycles;
        selection += audit.selection_cycles;
        valid += audit.verdict().valid() ? 1 : 0;
    }
    report.results.push_back(defined("audits_valid", valid, "audit",
                                     "audits of heads of a layer whose verdict is VALID"));
    report.results.push_back(defined("audits_not_valid", audits.size() - valid, "audit",
                                     "the others: what the model gives is not to be trusted"));
    report.results.push_back(
        defined("audit_cycles", cycles, "cycle", "of the audits, in no other figure"));
    report.results.push_back(defined("selection_cycles", selection, "cycle",
                                     "of choosing tiles, by formula: not simulated, in no other "
                                     "figure"));
    report.lines.push_back({"audits", with_commas(audits.size()),
                            fmt::format("of heads, {} VALID; {} cycles beside those below", valid,
                                        with_commas(cycles)),
                            "results.audits_valid"});
    if (selection != 0)
        report.lines.push_back({"choosing tiles", with_commas(selection),
                                "cycles of the processor: counted, not simulated",
                                "results.selection_cycles"});
    report.details.push_back(audits_table(audits));
    report.blocks.push_back(audits_block(audits));
}

}  // namespace tessera::host
