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
    {"workload.head_order", "--layout"},
    {"workload.head_order=heads_first", "--layout bhtd"},
    {"workload.head_order=tokens_first", "--layout bthd"},
    {"workload.allow_nonfinite", "--allow-nonfinite"},
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
    {"workload.lse", "--lse"},
    {"workload.sink_logits", "--sink-logits"},
    {"schedule.name", "--schedule"},
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
};

/// Empty: there is none. A term of the mask has an option of its own name.
std::string option_of(std::string_view field) {
    for (const FieldOption& row : kOptions)
        if (row.field == field) return row.option;
    for (const MaskTerm& term : mask_terms())
        if (field == std::string("workload.mask.") + term.name)
            return std::string("--") + term.name;
    return "";
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

void name_fields_of(const std::string& file) { experiment_file() = file; }

}  // namespace tessera::host
