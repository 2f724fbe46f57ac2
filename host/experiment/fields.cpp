// SPDX-License-Identifier: MIT
#include "host/experiment/fields.h"

#include "host/experiment/field_values.h"
#include "host/experiment/limits.h"
#include "host/problem/mask_terms.h"

namespace tessera::host {
namespace {

/// The field at `place`, which gives a reference to it, const or not.
template <typename Place>
ExperimentField field(const std::string& path, Place place, const char* meaning,
                      unsigned use = kOfAll, FieldRange range = {}) {
    using T = std::remove_reference_t<decltype(place(std::declval<Experiment&>()))>;
    using Value = FieldValue<T>;
    return {path,
            meaning,
            use,
            Value::schema(range),
            Value::allowed(range),
            [place](const Experiment& e) { return Value::json(place(e)); },
            [place, range](Experiment& e, const nlohmann::json& json) {
                return Value::read(json, range, place(e));
            }};
}

/// A field by its name in C++, which is its path in JSON, too.
#define TESSERA_FIELD(path, ...) \
    field(                       \
        #path, [](auto& e) -> auto& { return e.path; }, __VA_ARGS__)

constexpr unsigned kRandomTensors = kOfAttention | kOfLinear | kOfRandom;
constexpr unsigned kRandomMatrices = kOfGemm | kOfRandom;
constexpr unsigned kTensorArrays = kOfAttention | kOfLinear | kOfArrays;
constexpr unsigned kMatrixArrays = kOfGemm | kOfArrays;
constexpr unsigned kTensorFile = kOfAttention | kOfLinear | kOfFile;
constexpr unsigned kGivenTensors = kTensorFile | kOfArrays | kOfMemory;
constexpr FieldRange kLength = {1, kMaxLength};
constexpr FieldRange kTokens = {0, kMaxTokens};

std::vector<ExperimentField> machine_fields() {
    return {
        TESSERA_FIELD(machine.device, "device: a preset of `tessera devices`, or a .json file"),
        TESSERA_FIELD(
            machine.memory,
            "memory: a preset of `tessera memories`, or a .json file; null: the device's"),
        TESSERA_FIELD(machine.settings, "single keys of the configuration, with their values"),
        TESSERA_FIELD(machine.devices, "number of devices that share the memory and the job",
                      kOfAttention, {1, kMaxDevices}),
        TESSERA_FIELD(machine.implementation, "what simulates the device", kOfAttention),
        TESSERA_FIELD(machine.engine,
                      "what keeps the time of the model: SystemC, or the fast engine, which does "
                      "some runs without data; auto: the fast engine where it can",
                      kOfAttention),
        TESSERA_FIELD(machine.fast_forward,
                      "whether the fast engine passes over steady work, which changes no figure",
                      kOfAttention),
    };
}

std::vector<ExperimentField> input_fields() {
    return {
        TESSERA_FIELD(
            workload.source,
            "where the operands come from: a generator, one safetensors file, an .npy file "
            "for each, or the memory of a program that uses the library"),
        TESSERA_FIELD(workload.random.heads, "query heads", kRandomTensors, kLength),
        TESSERA_FIELD(workload.random.tokens, "query tokens", kRandomTensors, kLength),
        TESSERA_FIELD(workload.random.dimension, "elements of a query or key row", kRandomTensors,
                      kLength),
        TESSERA_FIELD(workload.random.key_value_heads,
                      "key/value heads; null: as many as query heads", kRandomTensors, kLength),
        TESSERA_FIELD(workload.random.key_tokens,
                      "key tokens; null: as many as query tokens, or as the longest sequence has",
                      kRandomTensors, kLength),
        TESSERA_FIELD(workload.random.value_dimension,
                      "elements of a value row; null: as many as a key row has", kRandomTensors,
                      kLength),
        TESSERA_FIELD(workload.random.batch,
                      "sequences, each with all heads; null: as many as there are lengths",
                      kOfAttention | kOfRandom, kLength),
        TESSERA_FIELD(workload.random.rows, "rows of the product", kRandomMatrices, kLength),
        TESSERA_FIELD(workload.random.columns, "columns of the product", kRandomMatrices, kLength),
        TESSERA_FIELD(workload.random.inner, "inner dimension of the product", kRandomMatrices,
                      kLength),
        TESSERA_FIELD(workload.random.seed, "seed of the numbers", kOfRandom),
        TESSERA_FIELD(workload.file, "safetensors file, or the index of one in shards",
                      kTensorFile),
        TESSERA_FIELD(workload.tensor_names.q, "name of the queries in the file", kTensorFile),
        TESSERA_FIELD(workload.tensor_names.k, "name of the keys in the file", kTensorFile),
        TESSERA_FIELD(workload.tensor_names.v, "name of the values in the file", kTensorFile),
        TESSERA_FIELD(workload.arrays.q, ".npy file of the queries", kTensorArrays),
        TESSERA_FIELD(workload.arrays.k, ".npy file of the keys", kTensorArrays),
        TESSERA_FIELD(workload.arrays.v, ".npy file of the values", kTensorArrays),
        TESSERA_FIELD(workload.arrays.a, ".npy file of the left matrix, [rows, inner]",
                      kMatrixArrays),
        TESSERA_FIELD(workload.arrays.b, ".npy file of the right matrix, [inner, columns]",
                      kMatrixArrays),
        TESSERA_FIELD(workload.head_order,
                      "order of dimensions of given operands; null: heads first, and a note where "
                      "that is doubtful",
                      kGivenTensors),
        TESSERA_FIELD(workload.allow_nonfinite, "accept NaN and Inf in given operands",
                      kGivenTensors),
    };
}

/// The kind of a mask and its terms.
std::vector<ExperimentField> mask_fields() {
    std::vector<ExperimentField> all = {
        TESSERA_FIELD(workload.mask.kind,
                      "kind of mask; null: causal with a term that looks back, else dense, and "
                      "causal in linear attention",
                      kOfAttention | kOfLinear),
    };
    for (const MaskTerm& term : mask_terms())
        all.push_back(field(
            std::string("workload.mask.") + term.name,
            [asked = term.asked](auto& e) -> auto& { return e.workload.mask.*asked; }, term.meaning,
            kOfAttention, kTokens));
    return all;
}

std::vector<ExperimentField> problem_fields() {
    return {
        TESSERA_FIELD(workload.mask.documents,
                      "first tokens of packed documents, which see only themselves", kOfAttention),
        TESSERA_FIELD(workload.mask.tile_flags, "file with a flag for each pair of tiles",
                      kOfAttention),
        TESSERA_FIELD(workload.mask.align,
                      "alignment of unequal lengths: the last query at the last key, or the first "
                      "at the first",
                      kOfAttention),
        TESSERA_FIELD(workload.batch.query_lengths,
                      "queries of each sequence, the others are padding", kOfAttention),
        TESSERA_FIELD(workload.batch.key_lengths, "keys of each sequence, the others are padding",
                      kOfAttention),
        TESSERA_FIELD(workload.batch.padding, "side of the padding; null: right", kOfAttention),
        TESSERA_FIELD(workload.batch.query_offsets,
                      "offsets of packed sequences in the query tokens, from 0 to the last end",
                      kOfAttention),
        TESSERA_FIELD(workload.batch.key_offsets,
                      "offsets of packed sequences in the key tokens; empty: as the query's",
                      kOfAttention),
        TESSERA_FIELD(workload.scale, "factor of the scores; null: 1 / sqrt(dimension)",
                      kOfAttention),
        TESSERA_FIELD(workload.output_format, "type of the elements that the device writes",
                      kOfAttention | kOfGemm),
        TESSERA_FIELD(
            workload.form,
            "what of a gemm is queries: rows of a or columns of b, or with scores columns "
            "of b in the score stage",
            kOfGemm),
        TESSERA_FIELD(workload.precision,
                      "rounded: sums over a block of the inner dimension may be rounded to bf16, "
                      "which form scores needs",
                      kOfGemm),
        TESSERA_FIELD(workload.inner_block,
                      "terms that a call of a gemm adds up; 0: as many as the device takes",
                      kOfGemm, kTokens),
        TESSERA_FIELD(workload.column_block,
                      "columns of C, or of its transpose, that a call takes; 0: as many as the "
                      "device takes",
                      kOfGemm, kTokens),
        TESSERA_FIELD(workload.lse, "compute the log-sum-exp of every row, too", kOfAttention),
        TESSERA_FIELD(workload.sink_logits,
                      "logits of sinks without a value: a tensor of the file, a .npy file beside "
                      "arrays, or `random`; empty: none",
                      kOfAttention),
    };
}

std::vector<ExperimentField> schedule_fields() {
    return {
        TESSERA_FIELD(schedule.name,
                      "order of the pairs of tiles: a name from `tessera schedules`, or `auto`; "
                      "null: query-resident",
                      kOfAttention),
        TESSERA_FIELD(schedule.order,
                      "file with the pairs of tiles in their order, for schedule `listed`",
                      kOfAttention),
        TESSERA_FIELD(schedule.minimise, "what schedule `auto` has the least of, by prediction",
                      kOfAttention),
        TESSERA_FIELD(schedule.stack_heads, "let the query heads of a head group share tiles",
                      kOfAttention),
        TESSERA_FIELD(
            schedule.oracle,
            "tokens of a call: a query tile and a key tile, or one set of tokens; causal: "
            "a query tile and a key tile of which row i sees rows 0 to i",
            kOfAttention),
        TESSERA_FIELD(schedule.cover,
                      "cover of a self oracle: a name from `tessera covers`; null: auto",
                      kOfAttention),
        TESSERA_FIELD(
            schedule.sentinel,
            "form of the sentinel, which recovers the softmax sums on a black box; null: auto",
            kOfAttention),
        TESSERA_FIELD(schedule.sentinel_offset,
                      "distance of the sentinel from the typical row maximum, in powers of two; "
                      "null: -20, of two-call 25",
                      kOfAttention, {-kMaxSentinelOffset, kMaxSentinelOffset}),
        TESSERA_FIELD(schedule.approximation.rule,
                      "attend to some key tiles only, by this rule, and audit the result; null: "
                      "exact",
                      kOfAttention),
        TESSERA_FIELD(schedule.approximation.tiles,
                      "key tiles of a query tile, beside its own; required with a rule",
                      kOfAttention, {1, kMaxSelectedTiles}),
        TESSERA_FIELD(schedule.approximation.seed, "seed of the drawn tiles and audited rows",
                      kOfAttention),
        TESSERA_FIELD(schedule.approximation.tolerance,
                      "relative error above which a row fails, more than 0 and at most 1",
                      kOfAttention),
    };
}

std::vector<ExperimentField> output_fields() {
    return {
        TESSERA_FIELD(outputs.check,
                      "compare with double precision; null: only where that takes seconds"),
        TESSERA_FIELD(outputs.timing_only, "simulate cycles and traffic, without tensor data"),
        TESSERA_FIELD(outputs.accept_inexact, "accept a result that is known not to be exact"),
        TESSERA_FIELD(outputs.accept_approximation,
                      "accept an approximate result that its audit finds not valid", kOfAttention),
        TESSERA_FIELD(outputs.slots.heads,
                      "query tiles of a call of the device for which calls are counted; 0: not "
                      "counted",
                      kOfAttention, {0, kMaxSlots}),
        TESSERA_FIELD(outputs.slots.layers, "key tiles of such a call; 0: not counted",
                      kOfAttention, {0, kMaxSlots}),
        TESSERA_FIELD(outputs.trace_commands,
                      "commands in trace.json, from the first on; null: 20,000", kOfAttention),
        TESSERA_FIELD(outputs.folder, "folder for the report and the tensors; empty: no files"),
        TESSERA_FIELD(outputs.wave, "FST file of all signals of the RTL; empty: none",
                      kOfAttention),
    };
}

#undef TESSERA_FIELD

constexpr unsigned kOperations = kOfAttention | kOfGemm | kOfLinear;
constexpr unsigned kSources = kOfRandom | kOfFile | kOfArrays | kOfMemory;

unsigned use_of(const Experiment& experiment) {
    constexpr unsigned kOperationUse[] = {kOfAttention, kOfGemm, kOfLinear};
    constexpr unsigned kSourceUse[] = {kOfRandom, kOfFile, kOfArrays, kOfMemory};
    return kOperationUse[static_cast<size_t>(experiment.operation)] |
           kSourceUse[static_cast<size_t>(experiment.workload.source)];
}

}  // namespace

const std::vector<ExperimentField>& experiment_fields() {
    static const std::vector<ExperimentField> fields = [] {
        std::vector<ExperimentField> all = {field(
            "operation", [](auto& e) -> auto& { return e.operation; }, "what is to be computed")};
        for (const auto& part : {machine_fields(), input_fields(), mask_fields(), problem_fields(),
                                 schedule_fields(), output_fields()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return fields;
}

bool applies(const ExperimentField& field, const Experiment& experiment) {
    const unsigned here = use_of(experiment);
    const auto fits = [&](unsigned kind) {
        return (field.use & kind) == 0 || (field.use & kind & here) != 0;
    };
    return fits(kOperations) && fits(kSources);
}

namespace {

constexpr std::pair<unsigned, const char*> kUses[] = {
    {kOfAttention, "attention"}, {kOfGemm, "gemm"}, {kOfLinear, "linear"},
    {kOfRandom, "random"},       {kOfFile, "file"}, {kOfArrays, "arrays"},
    {kOfMemory, "memory"}};

/// "attention, linear": of these uses those that are the field's.
std::string uses_text(const ExperimentField& field, unsigned among) {
    std::string text;
    for (const auto& [use, name] : kUses)
        if ((field.use & among & use) != 0) text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
}

}  // namespace

std::string use_text(const ExperimentField& field) {
    const std::string operations = uses_text(field, kOperations);
    const std::string sources = uses_text(field, kSources);
    return operations + (operations.empty() || sources.empty() ? "" : "; ") + sources;
}

std::string condition_text(const ExperimentField& field) {
    const std::string operations = uses_text(field, kOperations);
    const std::string sources = uses_text(field, kSources);
    std::string text;
    if (!sources.empty()) text = "`workload.source` " + sources;
    if (!sources.empty() && !operations.empty()) text += " and ";
    if (!operations.empty()) text += "`operation` " + operations;
    return text;
}

std::string manual_row(const ExperimentField& field) {
    return "| `" + field.path + "` | " + field.meaning + " | " + use_text(field) + " | " +
           field.allowed + " | `" + field.get(Experiment()).dump() + "` |";
}

}  // namespace tessera::host
