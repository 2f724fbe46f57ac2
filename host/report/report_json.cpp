// SPDX-License-Identifier: MIT
#include "host/report/report_json.h"

#include <nlohmann/json.hpp>

#include "host/experiment/experiment_json.h"
#include "host/operation/cover_layout.h"
#include "host/predict/cover_work.h"
#include "host/report/approximation_report.h"
#include "host/report/coverage_text.h"
#include "host/report/energy.h"
#include "host/report/exactness_json.h"
#include "host/report/figures.h"
#include "host/report/json_parts.h"

namespace tessera::host {
namespace {

using Json = nlohmann::ordered_json;

/// Terms that are not given are null.
Json mask_json(const AttentionMask& mask) {
    const auto term = [](uint32_t value) { return value == 0 ? Json() : Json(value); };
    return {{"causal", mask.causal},
            {"prefix", term(mask.prefix)},
            {"window", term(mask.window)},
            {"sinks", term(mask.sinks)},
            {"block", term(mask.block)},
            {"summary", term(mask.summary)},
            {"documents", term(static_cast<uint32_t>(mask.documents.size()))},
            {"tile_flags", mask.tiles.given() ? Json(mask.tiles.source) : Json()}};
}

/// Of a black box; null without one.
Json sentinel_json(const SentinelChoice& sentinel) {
    if (!sentinel.given()) return nullptr;
    return {{"form", sentinel_name(sentinel.form)},
            {"zero_key", !sentinel.query_column},
            {"offset_bits", sentinel.query_column ? Json(sentinel.offset) : Json()}};
}

Json list_json(const std::vector<uint32_t>& list) { return list.empty() ? Json() : Json(list); }

Json padding_json(const Problem& p) {
    if (!p.ragged() || p.packed()) return nullptr;
    return p.padding == Padding::kLeft ? "left" : "right";
}

Json problem_json(const RunRecord& record) {
    const Problem& p = record.problem;
    return {{"input", record.input},
            {"input_dtypes", record.input_dtypes},
            {"query_heads", p.query_heads},
            {"kv_heads", p.kv_heads},
            {"query_tokens", p.nq},
            {"key_tokens", p.nk},
            {"batch", p.sequence_count()},
            {"query_lengths", list_json(p.query_lengths)},
            {"key_lengths", list_json(p.key_lengths)},
            {"padding", padding_json(p)},
            {"query_offsets", list_json(p.query_offsets)},
            {"key_offsets", list_json(p.key_offsets)},
            {"d_k", p.d_k},
            {"d_v", p.d_v},
            {"mask", p.mask.text()},
            {"mask_terms", mask_json(p.mask)},
            {"sentinel", sentinel_json(p.sentinel)},
            {"stacked", p.stacked},
            {"align", align_name(p.mask.align)},
            {"schedule", p.cover ? "cover" : schedule_name(p.schedule)},
            {"scale", p.scale},
            {"output_format", p.bf16_output ? "bf16" : "fp32"},
            {"lse", p.want_lse},
            {"sink_logits", p.sink_logits},
            {"implementation", record.implementation},
            {"timing_only", record.config.platform.timing_only}};
}

/// Of --oracle self: the cover and what other oracles would take; else null.
Json oracle_json(const RunRecord& record) {
    if (!record.problem.cover) return nullptr;
    const Cover& cover = record.layout.cover->cover;
    Json costs = Json::array();
    for (const DeviceKindCost& cost :
         device_kind_costs(record.problem, record.config.platform.params))
        costs.push_back({{"oracle", cost.key},
                         {"calls", cost.calls},
                         {"calls_formula", cost.formula},
                         {"macs", cost.macs},
                         {"bytes", cost.bytes}});
    return {{"kind", "self"},
            {"cover", cover.name},
            {"groups", cover.groups},
            {"group_tokens", cover.group_tokens},
            {"classes", cover.classes.size()},
            {"costs", costs}};
}

/// What --schedule auto considered, the chosen one first.
Json candidates_json(const RunRecord& record) {
    Json list = Json::array();
    for (const Candidate& c : record.candidates)
        list.push_back({{"schedule", schedule_name(c.schedule)},
                        {"stacked", c.stacked},
                        {"predicted_cycles", c.prediction.cycles},
                        {"predicted_bytes", c.prediction.bytes}});
    return list;
}

Json latency(const hw::LatencyHistogram& l) {
    return {{"mean", l.mean()},
            {"p50", l.percentile(50)},
            {"p90", l.percentile(90)},
            {"p99", l.percentile(99)},
            {"max", l.max()},
            {"unit", "cycle"},
            {"definition", "read: address taken to first beat; write: to the response"}};
}

/// Channel by channel and stream by stream; null for memories without channels.
Json memory_json(const RunRecord& record) {
    if (record.memory.channels.empty()) return nullptr;
    Json channels = Json::array(), streams = Json::array();
    for (const hw::DramStats& c : record.memory.channels)
        channels.push_back({{"reads", c.reads},
                            {"writes", c.writes},
                            {"row_hits", c.hits},
                            {"row_misses", c.misses},
                            {"row_conflicts", c.conflicts},
                            {"activates", c.activates},
                            {"precharges", c.precharges},
                            {"refreshes", c.refreshes},
                            {"refresh_clocks", c.refresh_clocks},
                            {"turnarounds", c.turnarounds},
                            {"forwarded", c.forwarded}});
    for (const hw::MemoryStream& s : record.memory.streams)
        streams.push_back({{"device", s.device},
                           {"name", s.name},
                           {"direction", s.write ? "write" : "read"},
                           {"bursts", s.latency.count()},
                           {"bytes", s.bytes},
                           {"latency", latency(s.latency)}});
    const hw::DramController& controller = record.config.platform.memory.dram.controller;
    return {{"policy", controller.policy_name()},
            {"forwarding", controller.forwarding},
            {"clocks", quantity(record.memory.clocks, "clock", "of tCK, simulated")},
            {"channels", channels},
            {"streams", streams}};
}

/// The constants as used, each with its source; what is known of the defaults goes with them alone.
Json energy_model(const ResolvedConfig& config) {
    Json constants = Json::object();
    std::string sources;
    for (const EnergyConstant& constant : kEnergyConstants) {
        const std::string source = energy_source(constant, config);
        const bool own = source == constant.source;
        constants[constant.name] = {{"value", config.energy.*constant.picojoules},
                                    {"unit", "pJ"},
                                    {"extrapolated", own ? Json(constant.extrapolated) : Json()},
                                    {"note", own ? Json(constant.note) : Json()},
                                    {"source", source}};
        if (sources.find(source) == std::string::npos)
            sources += (sources.empty() ? "" : "; ") + source;
    }
    return {{"validated", false},
            {"node", config.energy.node},
            {"origin", energy_origin(config)},
            {"source", sources},
            {"constants", constants}};
}

Json lse_error(const ErrorSummary& e) {
    if (!e.has_lse) return nullptr;
    return {
        {"max_abs", quantity(e.lse_max_abs, "1", "largest |lse - exact|, natural log")},
        {"max_over_bound", quantity(e.lse_max_over_bound, "1",
                                    "largest error over the bound of docs/contract/accuracy.md")},
        {"rows", quantity(e.lse_rows, "row", "compared")},
        {"outside", quantity(e.lse_outside, "row", "rows beyond the bound")}};
}

Json error_json(const RunRecord& record) {
    if (!record.error) return {{"checked", false}, {"reason", record.not_checked}};
    const ErrorSummary& e = *record.error;
    Json conversion = nullptr;
    if (record.conversion) {
        const Difference& c = *record.conversion;
        const auto figure = [&](double value) { return c.elements == 0 ? Json() : Json(value); };
        conversion = {
            {"max_abs", quantity(figure(c.max_abs), "1",
                                 "largest |reference on bf16 inputs - reference on inputs|")},
            {"rms_relative",
             quantity(figure(c.rms_relative), "1", "root of the ratio of the sums of squares")},
            {"elements", quantity(c.elements, "element", "finite in both references")}};
    }
    return {
        {"checked", true},
        {"within_bound", within_bound_json(e.elements, e.outside_bound())},
        {"reference", "attention in double precision on the bf16 inputs"},
        {"elements", quantity(e.elements, "element", "compared")},
        {"not_compared", not_compared_json(e)},
        {"outside", quantity(e.outside, "element", "beyond the full bound")},
        {"max_abs", quantity(of_compared(e, e.max_abs), "1", "largest |o - exact|")},
        {"rms_relative",
         quantity(of_compared(e, e.rms_relative), "1", "sqrt(sum (o - exact)^2 / sum exact^2)")},
        {"max_over_bound", quantity(of_compared(e, e.max_over_bound), "1",
                                    "largest error over the bound of docs/contract/device.md")},
        {"max_over_full_bound", quantity(of_compared(e, e.max_over_full_bound), "1",
                                         "the same with the terms for rounded scores and underflow "
                                         "(docs/contract/accuracy.md); "
                                         "within_bound means at most 1 everywhere")},
        {"worst", {{"head", e.worst_head}, {"row", e.worst_row}, {"column", e.worst_column}}},
        {"rows_empty", quantity(e.rows_empty, "row", "rows with no allowed key: 0 and -inf")},
        {"rows_nonfinite",
         quantity(e.rows_nonfinite, "row",
                  "rows whose exact o or lse has NaN or Inf, to be met by the same")},
        {"lse", lse_error(e)},
        {"conversion", conversion}};
}

}  // namespace

nlohmann::ordered_json report_json(const RunRecord& record) {
    return {{"schema", "tessera.report"},
            {"schema_version", kReportSchemaVersion},
            {"tool", tool_json()},
            {"command_line", record.command_line},
            {"experiment", experiment_json(record.experiment)},
            {"problem", problem_json(record)},
            {"schedules_considered", candidates_json(record)},
            {"oracle", oracle_json(record)},
            {"approximation", approximation_json(record)},
            {"configuration", configuration_json(record.config, record.layout.regions)},
            {"derived", figures_json(Figures(record).all())},
            {"memory", memory_json(record)},
            {"energy_model", energy_model(record.config)},
            {"exactness", exactness_json(record.exactness)},
            {"error", error_json(record)},
            {"counters", counters_json(record.outcome.counters)},
            {"commands_total", record.outcome.commands_total},
            {"host",
             {{"simulation_seconds", record.simulation_seconds},
              {"check_seconds", record.check_seconds}}},
            {"files", record.files}};
}

std::string dumped(const nlohmann::ordered_json& json, int indent) {
    return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace tessera::host
