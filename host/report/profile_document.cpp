// SPDX-License-Identifier: MIT
#include "host/report/profile_document.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/engine/dram_bandwidth.h"
#include "host/experiment/names.h"
#include "host/report/sections.h"
#include "host/report/summary.h"
#include "host/report/title.h"
#include "host/text.h"

namespace tessera::host {

double Roofline::bound() const { return std::max({compute, memory, processor}); }

const char* Roofline::bound_by() const {
    if (processor >= std::max(compute, memory)) return "processor";
    return compute >= memory ? "compute" : "memory";
}

double most_bytes_per_cycle(const ResolvedConfig& config) {
    const double port = config.platform.params.bus_bytes;
    const hw::MemoryConfig& memory = config.platform.memory;
    if (memory.kind != "dram") return port;
    return std::min(port, peak_gb_per_s(memory.dram) / config.clock_ghz);
}

Roofline roofline_of(const LayerProfile& cost, const ResolvedConfig& config) {
    const auto peak = static_cast<double>(config.platform.params.peak_macs_per_cycle());
    const LayerCost& layer = cost.layer;
    return {layer.macs / peak, static_cast<double>(layer.cost.bytes) / most_bytes_per_cycle(config),
            static_cast<double>(layer.cost.elementwise_cycles)};
}

namespace {

double share(double part, double whole) { return whole == 0 ? 0 : part / whole; }

/// Layers of a kind, all layers of that kind together.
std::vector<LayerProfile> kinds_of(const PhaseProfile& phase) {
    std::vector<LayerProfile> kinds;
    for (const LayerProfile& layer : phase.layers) {
        auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const LayerProfile& known) {
            return known.layer.kind == layer.layer.kind;
        });
        if (kind == kinds.end()) {
            kinds.emplace_back();
            kind = kinds.end() - 1;
            kind->layer.kind = layer.layer.kind;
        }
        kind->layer.runs += layer.layer.runs;
        kind->add(layer);
    }
    return kinds;
}

/// The columns that layers, kinds and phases have in common.
std::vector<Column> cost_columns() {
    return {{"runs", "run"},
            {"cycles", "cycle"},
            {"time", "s"},
            {"share", "1"},
            {"calls", "call"},
            {"macs", "multiply-add"},
            {"mac_utilisation", "1"},
            {"bytes", "byte"},
            {"weight_bytes", "byte"},
            {"flops_per_byte", "flop/byte"},
            {"compute_cycles", "cycle"},
            {"memory_cycles", "cycle"},
            {"processor_cycles", "cycle"},
            {"bound_cycles", "cycle"},
            {"bound_by"},
            {"extended"},
            {"deviation", "1"}};
}

/// A formula for each of these, and for those of `memory`.
Section formulas_section() {
    return {
        "formulas",
        {fact("runs", "runs of graphs in which the layer takes part; of a phase: chunks"),
         fact("cycles", "predicted, from the end of the layer before to its own"),
         fact("time", "cycles / device clock"),
         fact("share", "cycles / cycles of the phase"),
         fact("calls", "ATTENDs, by the closed formulas of the schedules"),
         fact("macs", "gemm: m * n * k; attention: pairs of real rows and keys * (d_k + d_v)"),
         fact("mac_utilisation", "macs / (2 * LANES * D * cycles)"),
         fact("bytes", "predicted, all that crosses the memory port"),
         fact("weight_bytes", "of the matrices that a run reads, k * n * 2"),
         fact("flops_per_byte", "2 * macs / bytes"),
         fact("compute_cycles", "macs / (2 * LANES * D)"),
         fact("memory_cycles", "bytes / min(BUS_BYTES, peak of a DRAM in a cycle)"),
         fact("processor_cycles", "elements * firmware.CLASS_cycles_per_element of their class"),
         fact("bound_cycles", "max(compute_cycles, memory_cycles, processor_cycles)"),
         fact("bound_by", "which of them that is"),
         fact("extended",
              "jobs of more than 4,096 calls are continued from shorter ones as polynomials of "
              "degree 1 or 2 in heads and tiles; their calls are held against the formula"),
         fact("deviation",
              "largest |continued - predicted| / predicted cycles of the longest of the shorter "
              "jobs"),
         fact("checkpoint_bytes", "2 * elements of all tensors"),
         fact("resident_bytes",
              "weights as they lie in device memory, padded, in each form that a graph wants"),
         fact("cache_bytes", "(tokens + 1) * layers * key-value heads * (key + value width) * 2"),
         fact("fits", "resident_bytes + cache_bytes <= capacity; activations are not counted")}};
}

std::vector<FigureValue> cost_cells(const LayerProfile& cost, uint64_t phase_cycles,
                                    const ResolvedConfig& config) {
    const LayerCost& layer = cost.layer;
    const auto cycles = static_cast<double>(layer.cost.cycles);
    const auto peak = static_cast<double>(config.platform.params.peak_macs_per_cycle());
    const Roofline roofline = roofline_of(cost, config);
    return {value_of(layer.runs),
            value_of(layer.cost.cycles),
            value_of(cycles / (config.clock_ghz * 1e9)),
            value_of(share(cycles, static_cast<double>(phase_cycles))),
            value_of(layer.cost.calls),
            value_of(layer.macs),
            value_of(share(layer.macs, peak * cycles)),
            value_of(layer.cost.bytes),
            value_of(layer.weight_bytes),
            value_of(share(2 * layer.macs, static_cast<double>(layer.cost.bytes))),
            value_of(roofline.compute),
            value_of(roofline.memory),
            value_of(roofline.processor),
            value_of(roofline.bound()),
            value_of(roofline.bound_by()),
            value_of(cost.extended),
            value_of(cost.deviation)};
}

/// `first`: what a row is called by.
Table table_of(const char* key, const std::vector<Column>& first) {
    Table table{key, {{"tokens", "token"}, {"phase"}}, {}};
    for (const Column& column : first) table.columns.push_back(column);
    for (const Column& column : cost_columns()) table.columns.push_back(column);
    return table;
}

void add_row(Table& table, const PhaseProfile& phase, const std::vector<FigureValue>& names,
             const LayerProfile& cost, const ResolvedConfig& config) {
    std::vector<FigureValue> row = {value_of(phase.tokens), value_of(phase.name)};
    for (const FigureValue& name : names) row.push_back(name);
    for (FigureValue& cell : cost_cells(cost, phase.sum().layer.cost.cycles, config))
        row.push_back(std::move(cell));
    table.rows.push_back(std::move(row));
}

LayerProfile sum_of(const PhaseProfile& phase) {
    LayerProfile sum = phase.sum();
    sum.layer.runs = phase.runs;
    return sum;
}

std::vector<Entry> cost_tables(const ProfileReport& report) {
    Table phases = table_of("phases", {}), kinds = table_of("kinds", {{"kind"}}),
          layers = table_of("layers", {{"layer"}, {"kind"}, {"form"}});
    for (const TokensProfile& profile : report.profiles)
        for (const PhaseProfile& phase : profile.phases) {
            add_row(phases, phase, {}, sum_of(phase), report.config);
            for (const LayerProfile& kind : kinds_of(phase))
                add_row(kinds, phase, {kind.layer.kind}, kind, report.config);
            for (const LayerProfile& layer : phase.layers) {
                const std::string& form = layer.layer.form;
                add_row(layers, phase,
                        {layer.layer.layer, layer.layer.kind,
                         form.empty() ? FigureValue{} : FigureValue{form}},
                        layer, report.config);
            }
        }
    return {std::move(phases), std::move(kinds), std::move(layers)};
}

struct Room {
    uint64_t resident = 0, cache = 0, capacity = 0;
    bool fits() const { return resident + cache <= capacity; }
};
Room room_of(const ProfileReport& report, const TokensProfile& profile) {
    return {profile.resident_bytes, (profile.tokens + 1) * report.shape.cache_bytes_per_token(),
            report.config.platform.memory.size_bytes};
}

Table memory_table(const ProfileReport& report) {
    Table table{"memory",
                {{"tokens", "token"},
                 {"checkpoint_bytes", "byte"},
                 {"resident_bytes", "byte"},
                 {"cache_bytes", "byte"},
                 {"capacity", "byte"},
                 {"fits"},
                 {"trained_positions"}},
                {}};
    for (const TokensProfile& profile : report.profiles) {
        const Room room = room_of(report, profile);
        table.rows.push_back({value_of(profile.tokens), value_of(report.weight_bytes),
                              value_of(room.resident), value_of(room.cache),
                              value_of(room.capacity), value_of(room.fits()),
                              value_of(profile.tokens + 1 <= report.shape.positions)});
    }
    return table;
}

Section model_section(const ProfileReport& report) {
    const DecoderShape& s = report.shape;
    const auto count = [](const char* key, uint32_t value, const char* unit, const char* text) {
        return defined(key, value, unit, text);
    };
    return {"model",
            {fact("name", report.model), fact("config", s.file),
             count("layers", s.layers, "layer", "of attention and feed-forward each"),
             count("width", s.width, "element", "of a token between layers"),
             count("hidden", s.hidden, "element", "of a token within a feed-forward layer"),
             count("vocabulary", s.vocabulary, "token", "that there are"),
             count("heads", s.heads, "head", "of queries"),
             count("kv_heads", s.kv_heads, "head", "of keys and values"),
             count("head_width", s.head_width, "element", "of a head"),
             count("positions", s.positions, "token", "of the training"),
             fact("precision", name_of(report.precision)),
             defined("chunk", report.chunk, "token", "of a prompt at once; 0: all"),
             Figure{"cache_bytes_per_token", value_of(s.cache_bytes_per_token()), "byte",
                    "layers * key-value heads * (key + value width) * 2"}}};
}

SummaryBlock kinds_block(const ProfileReport& report) {
    SummaryBlock block;
    block.columns = {{"tokens", 2, 9, true},  {"phase", 2, 7},       {"kind", 2, 9},
                     {"cycles", 2, 18, true}, {"share", 2, 8, true}, {"of peak", 2, 8, true},
                     {"flop/B", 2, 9, true},  {"bound by", 2, 9},    {"of bound", 2, 9, true}};
    const auto add = [&](const PhaseProfile& phase, const std::string& kind,
                         const LayerProfile& cost) {
        const auto cycles = static_cast<double>(cost.layer.cost.cycles);
        const auto all = static_cast<double>(phase.sum().layer.cost.cycles);
        const auto peak = static_cast<double>(report.config.platform.params.peak_macs_per_cycle());
        const Roofline roofline = roofline_of(cost, report.config);
        const auto bytes = static_cast<double>(cost.layer.cost.bytes);
        block.rows.push_back(
            {{with_commas(phase.tokens), phase.name, kind, with_commas(cost.layer.cost.cycles),
              percent(share(cycles, all)), percent(share(cost.layer.macs, peak * cycles)),
              fmt::format("{:.1f}", share(2 * cost.layer.macs, bytes)), roofline.bound_by(),
              percent(share(roofline.bound(), cycles))}});
    };
    for (const TokensProfile& profile : report.profiles)
        for (const PhaseProfile& phase : profile.phases) {
            for (const LayerProfile& kind : kinds_of(phase)) add(phase, kind.layer.kind, kind);
            add(phase, "all", phase.sum());
        }
    return block;
}

SummaryBlock lines_of(const ProfileReport& report) {
    SummaryLines lines(28, 14);
    double deviation = 0;
    for (const TokensProfile& profile : report.profiles) {
        for (const PhaseProfile& phase : profile.phases) {
            const LayerProfile sum = phase.sum();
            deviation = std::max(deviation, sum.deviation);
            const double seconds =
                static_cast<double>(sum.layer.cost.cycles) / (report.config.clock_ghz * 1e9);
            lines.add(
                fmt::format("{} of {}", phase.name, with_commas(phase.tokens)),
                engineering(seconds, "s"),
                fmt::format("at {} GHz, {} through the memory port{}", report.config.clock_ghz,
                            engineering(static_cast<double>(sum.layer.cost.bytes), "B"),
                            sum.extended ? "; in part continued from shorter jobs" : ""),
                "phases.time");
        }
        const Room room = room_of(report, profile);
        lines.add("  weights and caches", engineering(static_cast<double>(room.resident), "B"),
                  fmt::format("and {} of caches: {} {}",
                              engineering(static_cast<double>(room.cache), "B"),
                              room.fits() ? "fit" : "DO NOT FIT",
                              engineering(static_cast<double>(room.capacity), "B")),
                  "memory.resident_bytes");
        if (profile.tokens + 1 > report.shape.positions)
            lines.add("  positions", with_commas(report.shape.positions),
                      "of the training: the model knows no more");
    }
    lines.add("cache of a token", with_commas(report.shape.cache_bytes_per_token()), "bytes",
              "model.cache_bytes_per_token");
    lines.add("continued jobs", percent(deviation), "off at the longest that was predicted",
              "phases.deviation");
    lines.add("predicted in", engineering(report.seconds, "s"));
    return lines.take();
}

}  // namespace

Document profile_document(const ProfileReport& report) {
    Section content{
        "",
        {fact("schema", "tessera.profile"), fact("schema_version", kReportSchemaVersion),
         tool_section(), list("command_line", report.command_line), model_section(report),
         configuration_section(report.config, {}), formulas_section(), memory_table(report)}};
    for (Entry& table : cost_tables(report)) content.entries.push_back(std::move(table));
    content.entries.emplace_back(Section{"host", {fact("prediction_seconds", report.seconds)}});
    content.entries.emplace_back(list("files", report.files));
    std::string title =
        machine_text(report.config, "", "") +
        fmt::format("input {}\n{} of {}, width {}, {} heads of {}; predicted, nothing simulated\n",
                    report.shape.file, report.model, plural(report.shape.layers, "layer"),
                    report.shape.width, report.shape.heads, report.shape.head_width);
    return {std::move(title), std::move(content), {kinds_block(report), lines_of(report)}};
}

}  // namespace tessera::host
