// SPDX-License-Identifier: MIT
#include "host/operation/cover_layout.h"
#include "host/predict/cover_work.h"
#include "host/problem/mask_terms.h"
#include "host/report/sections.h"

namespace tessera::host {
namespace {

/// Terms that are not given are null.
Section mask_section(const AttentionMask& mask) {
    const auto term = [](const char* key, uint64_t value) {
        return value == 0 ? fact(key, nullptr) : fact(key, value);
    };
    Section section{"mask_terms", {fact("causal", mask.causal)}};
    for (const MaskTerm& one : mask_terms())
        section.entries.push_back(term(one.name, mask.*one.tokens));
    section.entries.push_back(term("documents", mask.documents.size()));
    section.entries.push_back(mask.tiles.given() ? fact("tile_flags", mask.tiles.source)
                                                 : fact("tile_flags", nullptr));
    return section;
}

/// Of a black box; null without one.
Entry sentinel_entry(const SentinelChoice& sentinel) {
    if (!sentinel.given()) return fact("sentinel", nullptr);
    return Section{
        "sentinel",
        {fact("form", sentinel_name(sentinel.form)), fact("zero_key", !sentinel.query_column),
         sentinel.query_column ? fact("offset_bits", sentinel.offset)
                               : fact("offset_bits", nullptr)}};
}

Entry list_entry(const char* key, const std::vector<uint32_t>& values) {
    if (values.empty()) return fact(key, nullptr);
    return list(key, values);
}

Figure padding_fact(const Problem& p) {
    if (!p.ragged() || p.packed()) return fact("padding", nullptr);
    return fact("padding", p.padding == Padding::kLeft ? "left" : "right");
}

}  // namespace

Section problem_section(const RunRecord& record) {
    const Problem& p = record.problem;
    return {"problem",
            {fact("input", record.input),
             fact("input_dtypes", record.input_dtypes),
             fact("query_heads", p.query_heads),
             fact("kv_heads", p.kv_heads),
             fact("query_tokens", p.nq),
             fact("key_tokens", p.nk),
             fact("batch", p.sequence_count()),
             list_entry("query_lengths", p.query_lengths),
             list_entry("key_lengths", p.key_lengths),
             padding_fact(p),
             list_entry("query_offsets", p.query_offsets),
             list_entry("key_offsets", p.key_offsets),
             fact("d_k", p.d_k),
             fact("d_v", p.d_v),
             fact("mask", p.mask.text()),
             mask_section(p.mask),
             sentinel_entry(p.sentinel),
             fact("stacked", p.stacked),
             fact("align", align_name(p.mask.align)),
             fact("schedule", p.cover ? "cover" : schedule_name(p.schedule)),
             fact("row_causal", p.row_causal),
             fact("scale", p.scale),
             fact("output_format", p.bf16_output ? "bf16" : "fp32"),
             fact("lse", p.want_lse),
             fact("sink_logits", p.sink_logits),
             fact("implementation", record.implementation),
             fact("engine", record.engine),
             fact("timing_only", record.config.platform.timing_only)}};
}

Table candidates_table(const RunRecord& record) {
    Table table{"schedules_considered",
                {{"schedule"},
                 {"stacked"},
                 {"predicted_cycles", "cycle"},
                 {"predicted_calls", "call"},
                 {"predicted_bytes", "byte"}},
                {}};
    for (const Candidate& c : record.candidates)
        table.rows.push_back({schedule_name(c.schedule), c.stacked, c.prediction.cycles, c.calls,
                              c.prediction.bytes});
    return table;
}

Entry self_oracle_entry(const RunRecord& record) {
    if (!record.problem.cover) return fact("oracle", nullptr);
    const Cover& cover = record.layout.cover->cover;
    Table costs{"costs",
                {{"oracle"},
                 {"name"},
                 {"calls", "call"},
                 {"calls_formula"},
                 {"macs", "multiply-add"},
                 {"bytes", "byte"}},
                {}};
    for (const DeviceKindCost& cost :
         device_kind_costs(record.problem, record.config.platform.params))
        costs.rows.push_back(
            {cost.key, cost.name, cost.calls, cost.formula, cost.macs, cost.bytes});
    return Section{
        "oracle",
        {fact("kind", "self"), fact("cover", cover.name), fact("groups", cover.groups),
         fact("group_tokens", cover.group_tokens), fact("classes", cover.classes.size()), costs}};
}

}  // namespace tessera::host
