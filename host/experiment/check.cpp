// SPDX-License-Identifier: MIT
#include "host/experiment/check.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/error.h"
#include "host/experiment/fields.h"
#include "host/experiment/names.h"
#include "host/experiment/problem_of.h"
#include "host/experiment/wrong_value.h"
#include "host/io/json_text.h"
#include "host/problem/mask_terms.h"

namespace tessera::host {
namespace {

UserError not_allowed(const ExperimentField& field, const nlohmann::json& value) {
    const WrongValue wrong = wrong_value(field, value);
    return bad_value("`experiment`", "`" + field.path + "`" + wrong.part, wrong.value,
                     wrong.allowed);
}

/// A field that means nothing here, as long as `needed` does not hold, and has a value.
UserError not_default(const ExperimentField& field, const nlohmann::json& value,
                      const std::string& needed) {
    return bad_field(field.path, json_excerpt(value),
                     json_excerpt(field.get(Experiment())) + "; others only with " + needed);
}

/// Every field by itself: in its range, and with its default where it means nothing.
void check_fields(const Experiment& experiment) {
    const Experiment defaults;
    for (const ExperimentField& field : experiment_fields()) {
        const nlohmann::json value = field.get(experiment);
        Experiment copy = experiment;
        if (!field.set(copy, value)) throw not_allowed(field, value);
        if (!applies(field, experiment) && value != field.get(defaults))
            throw not_default(field, value, condition_text(field));
    }
}

/// Those operands are in memory that the operation has, and no others.
void check_operands(const Experiment& experiment) {
    const Experiment::Operands& all = experiment.workload.operands;
    const std::pair<const char*, const Experiment::Operand*> operands[] = {
        {"workload.operands.a", &all.a},
        {"workload.operands.b", &all.b},
        {"workload.operands.q", &all.q},
        {"workload.operands.k", &all.k},
        {"workload.operands.v", &all.v}};
    const bool memory = experiment.workload.source == Source::kMemory;
    const bool gemm = experiment.operation == OperationKind::kGemm;
    for (size_t i = 0; i < std::size(operands); ++i) {
        const auto& [field, operand] = operands[i];
        const bool needed = memory && (i < 2) == gemm;
        if (needed && operand->data == nullptr)
            throw bad_field(field, "missing",
                            "a tensor in memory, which only a program can give, not a file or "
                            "an option");
        if (!needed && operand->data != nullptr)
            throw bad_field(field, "given",
                            memory ? "a and b with gemm, q, k and v with others"
                                   : "none; others only with `workload.source=memory`");
    }
}

/// Every operand has its file.
void check_source(const Experiment& experiment) {
    check_operands(experiment);
    const Experiment::Workload& workload = experiment.workload;
    const bool gemm = experiment.operation == OperationKind::kGemm;
    if (workload.source == Source::kFile) {
        if (gemm) throw bad_field("workload.source", "file", "random, arrays or memory with gemm");
        if (workload.file.empty())
            throw bad_field("workload.file", "missing", "the name of a file");
    }
    if (workload.source != Source::kArrays) return;
    const std::pair<const char*, const std::string*> all[] = {
        {"workload.arrays.a", &workload.arrays.a},
        {"workload.arrays.b", &workload.arrays.b},
        {"workload.arrays.q", &workload.arrays.q},
        {"workload.arrays.k", &workload.arrays.k},
        {"workload.arrays.v", &workload.arrays.v}};
    for (size_t i = gemm ? 0 : 2; i < (gemm ? 2 : std::size(all)); ++i)
        if (all[i].second->empty()) throw bad_field(all[i].first, "missing", "the name of a file");
}

void check_batch(const Experiment::Batch& batch) {
    const bool lengths = !batch.query_lengths.empty() || !batch.key_lengths.empty();
    if (!batch.key_offsets.empty() && batch.query_offsets.empty())
        throw UserError(
            "`experiment`: `workload.batch.key_offsets` needs `workload.batch.query_offsets`");
    if (batch.padding && !lengths)
        throw UserError(
            "`experiment`: `workload.batch.padding` needs `workload.batch.key_lengths` or "
            "`workload.batch.query_lengths`");
    if (lengths && !batch.query_offsets.empty())
        throw UserError(
            "`experiment`: `workload.batch.query_offsets` is given with "
            "`workload.batch.key_lengths` or `workload.batch.query_lengths`; "
            "sequences are either packed or padded");
}

constexpr uint32_t kSetBySparse = spec::kMaskBlock | spec::kMaskSummary;

void check_mask(const Experiment::Mask& mask) {
    if (mask.kind != MaskKind::kSparse) return;
    std::string others;
    bool given = false;
    for (const MaskTerm& term : mask_terms()) {
        given = given || mask.*term.asked != 0;
        if ((term.flag & kSetBySparse) == 0)
            others += fmt::format("`workload.mask.{}`, ", term.name);
    }
    if (given)
        throw bad_field("workload.mask.kind", "sparse",
                        "without " + others +
                            "`workload.mask.block` and `workload.mask.summary`; it sets the last "
                            "two");
}

void check_cover(const Experiment::Schedule& schedule) {
    if (schedule.oracle != Oracle::kSelf) {
        if (schedule.cover)
            throw UserError("`experiment`: `schedule.cover` needs `schedule.oracle=self`");
        return;
    }
    if (schedule.name)
        throw bad_field("schedule.name", *schedule.name,
                        "none with `schedule.oracle=self`, where the cover is the schedule");
    if (schedule.sentinel || schedule.sentinel_offset)
        throw UserError(
            "`experiment`: `schedule.sentinel` and `schedule.sentinel_offset` are not available "
            "with `schedule.oracle=self`");
}

void check_row_causal(const Experiment::Schedule& schedule) {
    if (schedule.oracle == Oracle::kCausal &&
        schedule.name.value_or("query-resident") != "query-resident")
        throw bad_field("schedule.name", *schedule.name,
                        "query-resident with `schedule.oracle=causal`");
}

void check_order(const Experiment::Schedule& schedule) {
    const bool listed = schedule.name == kListedSchedule;
    if (!schedule.order.empty() && !listed)
        throw bad_field("schedule.order", schedule.order, "none; only with `schedule.name=listed`");
    if (listed && schedule.order.empty())
        throw bad_field("schedule.order", "missing",
                        "a file with the pairs of tiles, with `schedule.name=listed`");
}

void check_minimise(const Experiment::Schedule& schedule) {
    if (schedule.minimise != Minimise::kCycles && schedule.name != kAutoSchedule)
        throw bad_field("schedule.minimise", name_of(schedule.minimise),
                        "cycles; others only with `schedule.name=auto`");
}

struct Other {
    bool given;
    std::string field;
};

/// Without a rule nothing of an approximation means anything.
void check_exact(const Experiment& e) {
    const Experiment defaults;
    for (const ExperimentField& field : experiment_fields()) {
        const bool of_approximation = field.path.rfind("schedule.approximation.", 0) == 0 ||
                                      field.path == "outputs.accept_approximation";
        const nlohmann::json value = field.get(e);
        if (of_approximation && value != field.get(defaults))
            throw not_default(field, value, "`schedule.approximation.rule`");
    }
}

/// What an approximate schedule cannot be combined with.
std::vector<Other> not_approximate(const Experiment& e) {
    const Experiment::Workload& w = e.workload;
    const Experiment::Schedule& s = e.schedule;
    std::vector<Other> all = {{e.outputs.timing_only, "`outputs.timing_only`"},
                              {s.oracle == Oracle::kSelf, "`schedule.oracle=self`"},
                              {s.oracle == Oracle::kCausal, "`schedule.oracle=causal`"},
                              {e.machine.devices != 1, "`machine.devices`"}};
    for (const MaskTerm& term : mask_terms())
        if (term.flag != spec::kMaskSummary)  // needs a block, which is refused
            all.push_back({w.mask.*term.asked != 0, fmt::format("`workload.mask.{}`", term.name)});
    const Other more[] = {
        {w.mask.kind == MaskKind::kSparse, "`workload.mask.kind=sparse`"},
        {!w.mask.documents.empty(), "`workload.mask.documents`"},
        {!w.mask.tile_flags.empty(), "`workload.mask.tile_flags`"},
        {!w.batch.key_lengths.empty() || !w.batch.query_lengths.empty(), "lengths of sequences"},
        {!w.batch.query_offsets.empty(), "`workload.batch.query_offsets`"},
        {s.stack_heads, "`schedule.stack_heads`"},
        {s.name == kAutoSchedule, "`schedule.name=auto`"},
        {w.lse, "`workload.lse`"},
        {!w.sink_logits.empty(), "`workload.sink_logits`"},
        {w.output_format == OutputFormat::kBf16, "`workload.output_format=bf16`"},
        {e.outputs.slots.heads != 0, "`outputs.slots`"}};
    all.insert(all.end(), std::begin(more), std::end(more));
    return all;
}

void check_approximation(const Experiment& e) {
    if (!e.schedule.approximation.rule) return check_exact(e);
    for (const Other& other : not_approximate(e))
        if (other.given)
            throw UserError(fmt::format(
                "`experiment`: `schedule.approximation.rule` is not possible with {}; {}",
                other.field,
                "it needs `workload.mask.kind` dense or causal, output in fp32 and one device"));
}

}  // namespace

void check_experiment(const Experiment& experiment) {
    check_fields(experiment);
    check_source(experiment);
    check_outputs(experiment);
    if (experiment.operation == OperationKind::kAttention) check_attention(experiment);
    if (experiment.operation == OperationKind::kLinear &&
        experiment.workload.mask.kind == MaskKind::kSparse)
        throw bad_field("workload.mask.kind", "sparse", "causal, dense with linear");
}

void check_texts(const Experiment& experiment) {
    for (const ExperimentField& field : experiment_fields()) {
        const nlohmann::json value = field.get(experiment);
        Experiment copy;
        if ((value.is_string() || value.is_object()) && !field.set(copy, value))
            throw not_allowed(field, value);
    }
}

void check_outputs(const Experiment& experiment) {
    const Experiment::Outputs& o = experiment.outputs;
    const bool rtl = experiment.machine.implementation == Implementation::kRtl;
    if (rtl && o.timing_only)
        throw UserError(
            "`experiment`: `outputs.timing_only` is not possible with "
            "`machine.implementation=rtl`, which always "
            "computes");
    if (experiment.machine.engine == Engine::kFast && !o.timing_only)
        throw bad_field("machine.engine", "fast", "auto or systemc without `outputs.timing_only`");
    if (!rtl && !o.wave.empty())
        throw UserError(
            "`experiment`: `outputs.wave` needs `machine.implementation=rtl`; the model's trace is "
            "in `outputs.folder`");
    if (o.timing_only && o.check.value_or(false))
        throw UserError(
            "`experiment`: `outputs.timing_only` computes no result; `outputs.check` is not "
            "possible");
    if (o.timing_only && o.accept_inexact)
        throw UserError(
            "`experiment`: `outputs.timing_only` computes no result; `outputs.accept_inexact` is "
            "not possible");
    if ((o.slots.heads == 0) != (o.slots.layers == 0))
        throw bad_field("outputs.slots", "half given", "heads and layers, or neither");
    const Oracle oracle = experiment.schedule.oracle;
    if (o.slots.heads != 0 && oracle != Oracle::kQueryKey)
        throw UserError(fmt::format(
            "`experiment`: `outputs.slots` is not available with `schedule.oracle={}`; it counts "
            "calls of `schedule.oracle=query-key`",
            name_of(oracle)));
    if (o.trace_commands && o.folder.empty())
        throw UserError(
            "`experiment`: `outputs.trace_commands` needs `outputs.folder`, where trace.json goes");
}

void check_attention(const Experiment& experiment) {
    check_mask(experiment.workload.mask);
    check_batch(experiment.workload.batch);
    check_cover(experiment.schedule);
    check_row_causal(experiment.schedule);
    check_order(experiment.schedule);
    check_minimise(experiment.schedule);
    check_approximation(experiment);
}

}  // namespace tessera::host
