// SPDX-License-Identifier: MIT
#include "host/experiment/problem_of.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/error.h"
#include "host/experiment/check.h"
#include "host/experiment/limits.h"
#include "host/problem/mask_terms.h"

namespace tessera::host {
namespace {

constexpr const char* kRandomSinks = "random";

/// What `table` has under `name`, or a UserError that lists the names, and `more`.
template <typename Table>
auto named(const char* field, const std::string& name, const Table& table, const char* more = "") {
    std::string names;
    for (const auto& info : table) {
        if (name == info.name) return &info;
        names += (names.empty() ? "" : ", ") + std::string(info.name);
    }
    throw bad_field(field, name, names + more);
}

AttentionMask mask_of(const Experiment::Mask& asked) {
    AttentionMask mask;
    for (const MaskTerm& term : mask_terms())
        mask.*term.tokens = static_cast<uint32_t>(asked.*term.asked);
    mask.causal = asked.kind ? *asked.kind != MaskKind::kDense : mask.positional();
    if (asked.kind == MaskKind::kSparse) mask.summary = 1;  // of a block that the keys will give
    mask.documents = asked.documents;
    mask.align = asked.align;
    return mask;
}

void set_batch(const Experiment::Batch& asked, Problem& problem) {
    problem.query_lengths = asked.query_lengths;
    problem.key_lengths = asked.key_lengths;
    problem.padding = asked.padding.value_or(Padding::kRight);
    problem.query_offsets = asked.query_offsets;
    problem.key_offsets = asked.key_offsets.empty() ? asked.query_offsets : asked.key_offsets;
}

void set_schedule(const Experiment::Schedule& asked, Problem& problem) {
    problem.stacked = asked.stack_heads;
    if (asked.name && *asked.name != kAutoSchedule)
        problem.schedule = named("schedule.name", *asked.name, schedules(), ", auto")->id;
    if (asked.oracle == Oracle::kSelf)
        problem.cover = named("schedule.cover", asked.cover.value_or("auto"), cover_kinds())->kind;
    problem.row_causal = asked.oracle == Oracle::kCausal;
}

std::optional<Approximation> approximation_of(const Experiment& experiment) {
    const Experiment::Approximation& asked = experiment.schedule.approximation;
    if (!asked.rule) return std::nullopt;
    Approximation approximation;
    approximation.rule =
        named("schedule.approximation.rule", *asked.rule, approximation_rules())->rule;
    if (!asked.tiles)
        throw bad_field(
            "schedule.approximation.tiles", "missing",
            fmt::format("1 to {}, with `schedule.approximation.rule`", kMaxSelectedTiles));
    approximation.tiles = static_cast<uint32_t>(*asked.tiles);
    approximation.seed = asked.seed;
    approximation.tolerance = asked.tolerance;
    approximation.accept = experiment.outputs.accept_approximation;
    return approximation;
}

/// As many sequences as there are lengths, and as many keys as the longest has, or as packed
/// sequences have together.
RandomShape random_shape(const Experiment::Workload& workload) {
    const Experiment::Random& asked = workload.random;
    const Experiment::Batch& batch = workload.batch;
    RandomShape shape;
    shape.heads = asked.heads;
    shape.tokens = asked.tokens;
    shape.dim = asked.dimension;
    shape.kv_heads = asked.key_value_heads.value_or(0);
    shape.dim_v = asked.value_dimension.value_or(0);
    shape.batch =
        asked.batch.value_or(std::max(batch.key_lengths.size(), batch.query_lengths.size()));
    if (asked.key_tokens)
        shape.keys = *asked.key_tokens;
    else if (!batch.key_lengths.empty())
        shape.keys = *std::max_element(batch.key_lengths.begin(), batch.key_lengths.end());
    if (shape.keys == 0 && !batch.key_offsets.empty()) shape.keys = batch.key_offsets.back();
    return shape;
}

InputFiles input_files(const Experiment::Workload& workload) {
    InputFiles files{workload.file, workload.arrays.q, workload.arrays.k, workload.arrays.v};
    files.names = {workload.tensor_names.q, workload.tensor_names.k, workload.tensor_names.v};
    files.order = workload.head_order;
    files.sink_logits = workload.sink_logits;
    files.tile_mask = workload.mask.tile_flags;
    files.operands = workload.operands;
    return files;
}

}  // namespace

ResolvedConfig config_of(const Experiment& experiment) {
    const Experiment::Machine& machine = experiment.machine;
    std::vector<std::string> settings;
    for (const auto& [key, value] : machine.settings) settings.push_back(key + "=" + value);
    return resolve_config(machine.device, machine.memory, settings);
}

Problem problem_of(const Experiment& experiment) {
    check_attention(experiment);
    Problem problem;
    problem.mask = mask_of(experiment.workload.mask);
    set_batch(experiment.workload.batch, problem);
    set_schedule(experiment.schedule, problem);
    problem.approximation = approximation_of(experiment);
    problem.bf16_output = experiment.workload.output_format == OutputFormat::kBf16;
    problem.scale = experiment.workload.scale.value_or(0);
    problem.want_lse = experiment.workload.lse;
    problem.sink_logits = !experiment.workload.sink_logits.empty();
    return problem;
}

SentinelWish sentinel_wish(const Experiment& experiment) {
    SentinelWish wish;
    switch (experiment.schedule.sentinel.value_or(Sentinel::kAuto)) {
        case Sentinel::kAuto: break;
        case Sentinel::kColumns: wish.form = fw::SentinelForm::kColumns; break;
        case Sentinel::kSplit: wish.form = fw::SentinelForm::kSplit; break;
        case Sentinel::kTwoCall: wish.form = fw::SentinelForm::kTwoCalls; break;
    }
    if (experiment.schedule.sentinel_offset)
        wish.offset = static_cast<int32_t>(*experiment.schedule.sentinel_offset);
    return wish;
}

ShapeFields shape_fields(const Experiment& experiment) {
    const Experiment::Random& random = experiment.workload.random;
    ShapeFields fields;
    switch (experiment.workload.source) {
        case Source::kFile:
            return {"workload.file", "workload.file", "workload.file", "workload.file",
                    "workload.file"};
        case Source::kArrays:
            return {"workload.arrays.q", "workload.arrays.v", "workload.arrays.k",
                    "workload.arrays.q", "workload.arrays.k"};
        case Source::kMemory:
            return {"workload.operands.q", "workload.operands.v", "workload.operands.k",
                    "workload.operands.q", "workload.operands.k"};
        case Source::kRandom: break;
    }
    if (random.value_dimension) fields.value_dimension = "workload.random.value_dimension";
    if (random.key_tokens) fields.key_tokens = "workload.random.key_tokens";
    return fields;
}

Inputs inputs_of(const Experiment& experiment, bool shapes_only, Problem& problem) {
    const Experiment::Workload& workload = experiment.workload;
    if (workload.source != Source::kRandom)
        return open_inputs(input_files(workload), workload.allow_nonfinite, shapes_only, problem);
    if (problem.sink_logits && workload.sink_logits != kRandomSinks)
        throw bad_field("workload.sink_logits", workload.sink_logits,
                        "random, beside `workload.random`: logits are drawn as q, k and v are");
    return random_inputs(random_shape(workload), workload.random.seed, shapes_only, problem);
}

}  // namespace tessera::host
