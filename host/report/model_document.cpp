// SPDX-License-Identifier: MIT
#include "host/report/model_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/experiment/names.h"
#include "host/report/document_json.h"
#include "host/report/inputs_table.h"
#include "host/report/render.h"
#include "host/report/sections.h"
#include "host/report/summary.h"
#include "host/report/title.h"
#include "host/text.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

/// What a layer, or all of a kind together, took: the columns behind its name.
std::vector<Column> cost_columns() {
    return {{"runs", "run"},
            {"cycles", "cycle"},
            {"calls", "call"},
            {"macs", "multiply-add"},
            {"mac_utilisation", "1"},
            {"bytes", "byte"},
            {"weight_bytes", "byte"},
            {"firmware_cycles", "cycle"},
            {"merge_cycles", "cycle"},
            {"elementwise_cycles", "cycle"},
            {"processor_bytes", "byte"}};
}

std::vector<FigureValue> cost_cells(const LayerCost& layer, uint64_t peak) {
    const StepCost& cost = layer.cost;
    const double utilisation =
        cost.cycles == 0
            ? 0
            : layer.macs / (static_cast<double>(peak) * static_cast<double>(cost.cycles));
    return {value_of(layer.runs),          value_of(cost.cycles),
            value_of(cost.calls),          value_of(layer.macs),
            value_of(utilisation),         value_of(cost.bytes),
            value_of(layer.weight_bytes),  value_of(cost.firmware_cycles),
            value_of(cost.merge_cycles),   value_of(cost.elementwise_cycles),
            value_of(cost.processor_bytes)};
}

Table layers_table(const ModelReport& report, uint64_t peak) {
    Table table{"layers", {{"graph"}, {"layer"}, {"kind"}}, {}};
    for (const Column& column : cost_columns()) table.columns.push_back(column);
    table.columns.push_back({"form"});
    if (report.checked)
        for (const char* key : {"checked", "outside"}) table.columns.push_back({key, "element"});
    for (const LayerCost& layer : report.record->layers) {
        std::vector<FigureValue> row = {layer.graph, layer.layer, layer.kind};
        for (FigureValue& cell : cost_cells(layer, peak)) row.push_back(std::move(cell));
        row.push_back(layer.form.empty() ? FigureValue{} : FigureValue{layer.form});
        if (report.checked) {
            row.push_back(value_of(layer.checked));
            row.push_back(value_of(layer.outside));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

/// Layers of a kind in a graph, together.
std::vector<LayerCost> kinds_of(const ModelRecord& record) {
    std::vector<LayerCost> kinds;
    for (const LayerCost& layer : record.layers) {
        LayerCost* kind = nullptr;
        for (LayerCost& known : kinds)
            if (known.graph == layer.graph && known.kind == layer.kind) kind = &known;
        if (kind == nullptr) {
            kinds.emplace_back();
            kind = &kinds.back();
            kind->graph = layer.graph;
            kind->kind = layer.kind;
        }
        kind->runs += layer.runs;
        kind->macs += layer.macs;
        kind->cost += layer.cost;
        kind->checked += layer.checked;
        kind->outside += layer.outside;
    }
    return kinds;
}

LayerCost sum_of(const ModelRecord& record) {
    LayerCost sum;
    for (const LayerCost& layer : record.layers) {
        sum.macs += layer.macs;
        sum.cost += layer.cost;
        sum.checked += layer.checked;
        sum.outside += layer.outside;
    }
    return sum;
}

/// What a run of each graph takes, and what its weights alone take the memory port.
struct GraphCost {
    std::string graph;
    uint64_t runs = 0, cycles = 0, weight_bytes = 0;

    double cycles_per_run() const {
        return static_cast<double>(cycles) / static_cast<double>(std::max<uint64_t>(runs, 1));
    }
    uint64_t port_cycles(const ModelReport& report) const {
        return spec::divide_up(weight_bytes, report.config.platform.params.bus_bytes);
    }
};

std::vector<GraphCost> graphs_of(const ModelRecord& record) {
    std::vector<GraphCost> graphs;
    for (const LayerCost& layer : record.layers) {
        if (graphs.empty() || graphs.back().graph != layer.graph) graphs.push_back({layer.graph});
        GraphCost& graph = graphs.back();
        graph.runs = std::max(graph.runs, layer.runs);
        graph.cycles += layer.cost.cycles;
        graph.weight_bytes += layer.weight_bytes;
    }
    return graphs;
}

Table graphs_table(const ModelReport& report) {
    Table table{"graphs",
                {{"graph"},
                 {"runs", "run"},
                 {"cycles", "cycle"},
                 {"cycles_per_run", "cycle"},
                 {"weight_bytes", "byte"},
                 {"weight_port_cycles", "cycle"}},
                {}};
    for (const GraphCost& graph : graphs_of(*report.record))
        table.rows.push_back({graph.graph, value_of(graph.runs), value_of(graph.cycles),
                              value_of(graph.cycles_per_run()), value_of(graph.weight_bytes),
                              value_of(graph.port_cycles(report))});
    return table;
}

Section sum_section(const ModelReport& report, const LayerCost& sum, double peak) {
    const double cycles = static_cast<double>(sum.cost.cycles);
    Section section{"sum", {}};
    for (Figure& figure : sum.cost.figures()) section.entries.emplace_back(std::move(figure));
    section.entries.emplace_back(
        Figure{"time", cycles / (report.config.clock_ghz * 1e9), "s", "cycles / device clock"});
    section.entries.emplace_back(Figure{"useful_macs", sum.macs, "multiply-add",
                                        "sum over layers of the products that they need"});
    section.entries.emplace_back(Figure{"mac_utilisation", sum.macs / (peak * cycles), "1",
                                        "useful_macs / (2 * LANES * D * cycles)"});
    return section;
}

/// What is known of the result without a check.
Section exactness_section(const ModelReport& report) {
    const std::string& reason = report.record->inexact;
    const bool known = !report.config.platform.timing_only;
    return {"exactness",
            {fact("known", known), fact("exact", known && reason.empty()),
             reason.empty() ? fact("reason", nullptr) : fact("reason", reason)}};
}

Section check_section(const ModelReport& report, const LayerCost& sum) {
    if (!report.checked)
        return {"error", {fact("checked", false), fact("reason", "not asked for")}};
    return {"error",
            {fact("checked", true), within_bound_fact(sum.checked, sum.outside != 0),
             fact("reference", "double precision on the operands that each step had"),
             defined("elements", sum.checked, "element", "compared"),
             defined("outside", sum.outside, "element", "beyond the bound of their step")}};
}

/// A table of a command's own, as it is; its first rows.
SummaryBlock block_of(const Table& table, size_t most) {
    SummaryBlock block;
    for (const Column& column : table.columns)
        block.columns.push_back({column.key, 2, 0, !column.unit.empty()});
    for (size_t i = 0; i < std::min(most, table.rows.size()); ++i) {
        std::vector<std::string> cells;
        for (const FigureValue& cell : table.rows[i]) {
            const auto* number = std::get_if<double>(&cell);
            cells.push_back(number != nullptr ? fmt::format("{:.4f}", *number) : value_text(cell));
            uint32_t& width = block.columns[cells.size() - 1].width;
            width = std::max(width, static_cast<uint32_t>(cells.back().size()));
        }
        block.rows.push_back({std::move(cells)});
    }
    if (table.rows.size() > most)
        block.note = fmt::format("{} more in the JSON", table.rows.size() - most);
    return block;
}

std::vector<SummaryBlock> summary_of(const ModelReport& report, const LayerCost& sum,
                                     uint64_t peak) {
    SummaryBlock kinds;
    kinds.columns = {{"graph", 2, 9},
                     {"kind", 2, 12},
                     {"runs", 2, 6, true},
                     {"cycles", 2, 13, true},
                     {"share", 2, 7, true},
                     {"calls", 2, 9, true},
                     {"multiply-adds", 2, 15, true},
                     {"utilisation", 2, 11, true}};
    const auto add = [&](const std::string& graph, const std::string& kind, const LayerCost& cost) {
        const auto share = static_cast<double>(cost.cost.cycles) /
                           static_cast<double>(std::max<uint64_t>(sum.cost.cycles, 1));
        const double used =
            cost.macs / (static_cast<double>(peak) *
                         static_cast<double>(std::max<uint64_t>(cost.cost.cycles, 1)));
        kinds.rows.push_back(
            {{graph, kind, cost.runs == 0 ? "" : with_commas(cost.runs),
              with_commas(cost.cost.cycles), percent(share), with_commas(cost.cost.calls),
              with_commas(static_cast<uint64_t>(cost.macs)), cost.macs == 0 ? "" : percent(used)}});
    };
    for (const LayerCost& kind : kinds_of(*report.record)) add(kind.graph, kind.kind, kind);
    add("all", "", sum);
    SummaryLines lines(24, 16);
    for (const ModelLine& line : report.lines)
        lines.add(line.label, line.value, line.remark, line.figure);
    const double seconds = static_cast<double>(sum.cost.cycles) / (report.config.clock_ghz * 1e9);
    lines.add("time on the device", engineering(seconds, "s"),
              fmt::format("at {} GHz", report.config.clock_ghz), "sum.time");
    for (const GraphCost& graph : graphs_of(*report.record))
        lines.add("a run of " + graph.graph,
                  with_commas(static_cast<uint64_t>(std::llround(graph.cycles_per_run()))),
                  fmt::format("cycles; weights of {} take the port at least {}",
                              engineering(static_cast<double>(graph.weight_bytes), "B"),
                              with_commas(graph.port_cycles(report))),
                  "graphs.cycles_per_run");
    lines.add("bytes", with_commas(sum.cost.bytes), "through the memory port", "sum.bytes");
    lines.add("processor", with_commas(sum.cost.elementwise_cycles),
              "cycles of elementwise work, in the cycles above",
              "sum.processor_elementwise_cycles");
    if (report.checked)
        lines.add("check", with_commas(sum.checked),
                  fmt::format("elements against double precision, {} outside their bound",
                              with_commas(sum.outside)),
                  "error.elements");
    if (!report.record->inexact.empty())
        lines.add("NOT EXACT", "", report.record->inexact, "exactness.reason");
    lines.add("simulated in", engineering(report.seconds, "s"));
    std::vector<SummaryBlock> blocks;
    for (const Table& table : report.tables)
        if (table.columns.size() > 1 && !table.rows.empty())
            blocks.push_back(block_of(table, report.most_rows));
    blocks.insert(blocks.end(), report.blocks.begin(), report.blocks.end());
    blocks.push_back(std::move(kinds));
    blocks.push_back(lines.take());
    return blocks;
}

}  // namespace

Document model_document(const ModelReport& report) {
    const uint64_t peak = report.config.platform.params.peak_macs_per_cycle();
    const LayerCost sum = sum_of(*report.record);
    Section model{"model",
                  {fact("name", report.model), fact("weights", report.weights),
                   fact("input", report.input), fact("precision", name_of(report.precision)),
                   fact("timing_only", report.config.platform.timing_only)}};
    Section results{"results", {}};
    for (const Figure& figure : report.results) results.entries.emplace_back(figure);
    for (const Table& table : report.tables) results.entries.emplace_back(table);
    for (const Table& table : report.details) results.entries.emplace_back(table);
    Section content{
        "",
        {fact("schema", "tessera." + report.name), fact("schema_version", kReportSchemaVersion),
         tool_section(), list("command_line", report.command_line), std::move(model),
         std::move(results), configuration_section(report.config, {}), graphs_table(report),
         layers_table(report, peak), sum_section(report, sum, static_cast<double>(peak)),
         exactness_section(report), check_section(report, sum),
         Section{"host", {fact("simulation_seconds", report.seconds)}}, inputs_table(report.inputs),
         list("files", report.files)}};
    std::string title = machine_text(report.config, "", "") +
                        fmt::format("input {}\n{}{}\n", report.input, report.title,
                                    report.config.platform.timing_only ? "; timing only" : "");
    return {std::move(title), std::move(content), summary_of(report, sum, peak)};
}

}  // namespace tessera::host
