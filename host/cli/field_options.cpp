// SPDX-License-Identifier: MIT
#include "host/cli/field_options.h"

#include "host/error.h"
#include "host/problem/mask_terms.h"

namespace tessera::host {
namespace {

struct FieldOption {
    std::string_view field;  ///< or a field with a value that has an option of its own
    const char* option;
};

constexpr FieldOption kOptions[] = {
    {"experiment", "command line"},
    {"operation", ""},
    {"workload.source", ""},
    {"machine.device", "--device"},
    {"machine.memory", "--memory"},
    {"machine.settings", "--set"},
    {"machine.devices", "--num-devices"},
    {"machine.implementation", "--impl"},
    {"machine.engine", "--engine"},
    {"machine.fast_forward", "--no-fast-forward"},
    {"workload.random", "--random"},
    {"workload.random.heads", "--random"},
    {"workload.random.tokens", "--random"},
    {"workload.random.dimension", "--random"},
    {"workload.random.rows", "--random"},
    {"workload.random.columns", "--random"},
    {"workload.random.inner", "--random"},
    {"workload.random.key_value_heads", "--kv-heads"},
    {"workload.random.key_tokens", "--keys"},
    {"workload.random.value_dimension", "--dim-v"},
    {"workload.random.batch", "--batch"},
    {"workload.random.seed", "--seed"},
    {"workload.file", "--input"},
    {"workload.tensor_names.q", "--tensors q"},
    {"workload.tensor_names.k", "--tensors k"},
    {"workload.tensor_names.v", "--tensors v"},
    {"workload.arrays.q", "--q"},
    {"workload.arrays.k", "--k"},
    {"workload.arrays.v", "--v"},
    {"workload.arrays.a", "--a"},
    {"workload.arrays.b", "--b"},
    {"workload.operands.q", ""},
    {"workload.operands.k", ""},
    {"workload.operands.v", ""},
    {"workload.operands.a", ""},
    {"workload.operands.b", ""},
    {"workload.head_order", "--layout"},
    {"workload.head_order=heads_first", "--layout bhtd"},
    {"workload.head_order=tokens_first", "--layout bthd"},
    {"workload.allow_nonfinite", "--allow-nonfinite"},
    {"workload.mask", "--mask"},
    {"workload.mask.kind", "--mask"},
    {"workload.mask.documents", "--documents"},
    {"workload.mask.tile_flags", "--tile-mask"},
    {"workload.mask.align", "--align"},
    {"workload.batch.query_lengths", "--query-lengths"},
    {"workload.batch.key_lengths", "--key-lengths"},
    {"workload.batch.padding", "--padding"},
    {"workload.batch.query_offsets", "--cu-seqlens-q"},
    {"workload.batch.key_offsets", "--cu-seqlens-k"},
    {"workload.scale", "--scale"},
    {"workload.output_format", "--output-format"},
    {"workload.form", "--form"},
    {"workload.precision", "--precision"},
    {"workload.inner_block", "--inner-block"},
    {"workload.column_block", "--column-block"},
    {"workload.lse", "--lse"},
    {"workload.sink_logits", "--sink-logits"},
    {"schedule.name", "--schedule"},
    {"schedule.order", "--order"},
    {"schedule.minimise", "--minimise"},
    {"schedule.stack_heads", "--stack-heads"},
    {"schedule.oracle", "--oracle"},
    {"schedule.cover", "--cover"},
    {"schedule.sentinel", "--sentinel"},
    {"schedule.sentinel_offset", "--sentinel-offset"},
    {"schedule.approximation.rule", "--approximate"},
    {"schedule.approximation.tiles", "--tiles"},
    {"schedule.approximation.seed", "--approximate-seed"},
    {"schedule.approximation.tolerance", "--tolerance"},
    {"outputs.check", "--check"},
    {"outputs.check=false", "--no-check"},
    {"outputs.timing_only", "--timing-only"},
    {"outputs.accept_inexact", "--accept-inexact"},
    {"outputs.accept_approximation", "--accept-approximation"},
    {"outputs.slots", "--slots"},
    {"outputs.slots.heads", "--slots"},
    {"outputs.slots.layers", "--slots"},
    {"outputs.trace_commands", "--trace-commands"},
    {"outputs.folder", "--out"},
    {"outputs.wave", "--wave"},
    {"task.name", "task"},
    {"task.model", "--model"},
    {"task.columns", "--dim"},
    {"task.code", "--code"},
    {"task.gap", "--gap"},
    {"task.tokens", "--tokens"},
    {"task.pairs", "--pairs"},
    {"task.size", "--size"},
    {"task.reach", "--reach"},
    {"task.depth", "--depth"},
    {"task.layout", "--layout"},
    {"task.chains", "--chains"},
    {"task.hops", "--hops"},
    {"task.symbols", "--symbols"},
    {"task.gram", "--gram"},
    {"task.doubling", "--doubling"},
    {"task.token_by_token", "--generate"},
};

/// Are the terms of masks from the list of --masks?
bool& terms_of_masks() {
    static bool listed = false;
    return listed;
}

/// "--window" as "--masks window", "--mask causal" as "--masks causal".
std::string as_term(std::string_view option) {
    const size_t space = option.find(' ');
    if (option == "--mask") return "--masks";
    return "--masks " + std::string(option.substr(space == option.npos ? 2 : space + 1));
}

/// Empty: there is none. A term of the mask has an option of its own name.
std::string own_option_of(std::string_view field) {
    for (const FieldOption& row : kOptions)
        if (row.field == field) return row.option;
    for (const MaskTerm& term : mask_terms())
        if (field == std::string("workload.mask.") + term.name)
            return std::string("--") + term.name;
    return "";
}

std::string option_of(std::string_view field) {
    const bool term =
        terms_of_masks() && field.rfind("workload.mask.", 0) == 0 && field != "workload.mask.align";
    const std::string option = own_option_of(field);
    return term && !option.empty() ? as_term(option) : option;
}

/// A value that has no option of its own stands behind that of its field.
std::string option_with_value(const std::string& field) {
    std::string option = option_of(field);
    const size_t equals = field.find('=');
    if (!option.empty() || equals == std::string::npos) return option;
    option = option_of(field.substr(0, equals));
    return option.empty() ? "" : option + " " + field.substr(equals + 1);
}

/// Where the fields are from; empty: the command line.
std::string& experiment_file() {
    static std::string file;
    return file;
}

std::string name_in_file(const std::string& field) {
    return field == "experiment" ? printable(experiment_file()) : field;
}

}  // namespace

std::string with_options(std::string_view text) { return with_names(text, option_with_value); }

std::string message_text(std::string_view text) {
    return experiment_file().empty() ? with_options(text) : with_names(text, name_in_file);
}

std::string message_text(const Error& error) {
    const std::string text = message_text(error.text()), file = printable(experiment_file());
    const bool names_file =
        text.rfind(file + ": ", 0) == 0 || text.rfind(experiment_file() + ": ", 0) == 0;
    if (file.empty() || names_file || error.code() != ErrorCode::kUser) return text;
    const bool names_field =
        error.field().empty() || error.text().find("`" + error.field()) != std::string::npos;
    return file + ": " + (names_field ? "" : error.field() + ": ") + text;
}

void name_terms_of_masks() { terms_of_masks() = true; }

void name_fields_of(const std::string& file) { experiment_file() = file; }

}  // namespace tessera::host
