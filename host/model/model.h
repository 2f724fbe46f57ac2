// SPDX-License-Identifier: MIT
// What a model computes, as its description says it (docs/use/model-description.md): graphs of
// layers over named values. A value is a matrix [rows][columns], a row for each token. Nothing here
// knows a device, a shape that depends on the input, or weights.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "firmware/elementwise/activation.h"
#include "firmware/elementwise/norm_job.h"
#include "firmware/elementwise/rotary_job.h"
#include "firmware/plan/job.h"
#include "host/approximation/approximation.h"
#include "host/cover/catalogue.h"
#include "host/problem/mask.h"

namespace tessera::host {

/// Turns pairs of columns of each head by the token's position times a frequency.
struct RotaryPart {
    fw::RotaryPairs pairs = fw::RotaryPairs::kInterleaved;
    std::string frequencies;  ///< tensor, fp32, one for each pair
};

/// A value that a linear layer writes: some of its columns, in the order of the parts.
struct LinearPart {
    std::string output;
    uint32_t heads = 0;  ///< laid as so many heads; 0: a matrix
    std::optional<RotaryPart> rotary;
    bool append = false;  ///< adds rows to a value that lives on: a cache of keys or values
};

/// y = f(x W * scale + bias) + residual. With taps, a convolution over time without padding: row t
/// of x W takes rows t * stride to t * stride + taps - 1 of x, one behind the other.
struct LinearLayer {
    std::string input;
    std::vector<LinearPart> parts;  ///< as wide as each other
    uint32_t taps = 1, stride = 1;
    bool bias = false;
    bool transposed = false;  ///< W lies as [outputs][inputs]
    fw::Activation activation = fw::Activation::kNone;
    std::string residual;  ///< empty: none
};

/// Rows of a table, by their numbers.
struct EmbeddingLayer {
    std::string input, output;
};

struct NormLayer {
    std::string input, output;
    fw::Norm norm = fw::Norm::kLayer;
    float epsilon = 0;
    bool gamma = true, beta = false;
};

/// Which of the keys a head sees: by terms of a mask (host/problem/mask.h), 0: no such term, or
/// every so many-th.
struct SeenKeys {
    uint32_t window = 0, sinks = 0, prefix = 0, block = 0, summary = 0;
    uint32_t stride = 1;  ///< keys 0, stride, 2 * stride, ...; not 1: without the others

    bool masked() const { return window + sinks + prefix + block + summary != 0; }
    /// Its terms, under a causal mask or none. A stride is none of them.
    AttentionMask mask(bool causal) const;
    bool operator==(const SeenKeys& other) const;
};

/// What a query head of an attention sees, and in which order its pairs of tiles come.
struct HeadSettings {
    SeenKeys seen;
    fw::ScheduleId schedule = fw::ScheduleId::kQueryResident;
    std::optional<CoverKind> cover;  ///< calls by a cover instead; `schedule` means nothing
    /// Some key tiles only. Cover and approximation are for as many queries as keys; with fewer
    /// the head does without.
    std::optional<Approximation> approximation;

    bool operator==(const HeadSettings& other) const;
};

/// softmax(q k^T / sqrt(width of a head)) v, each of them heads.
struct AttentionLayer {
    std::string queries, keys, values, output;
    bool causal = false;  ///< the last query sees all keys, each before it one less
    uint32_t window = 0;  ///< sees so many neighbours; 0: all
    /// Of each query head (host/model/head_settings.h); empty: they see what `window` says.
    std::vector<HeadSettings> heads;

    /// Of a head without settings of its own.
    HeadSettings described() const {
        HeadSettings settings;
        settings.seen.window = window;
        return settings;
    }
};

/// y = a * f(b): a is the input and b another value, or they are the halves of its columns.
struct GateLayer {
    std::string input, output;
    fw::Activation activation = fw::Activation::kNone;
    std::string by;           ///< b; empty: a half of the input
    bool gate_first = false;  ///< the first
};

/// y = factor * x + other.
struct AddLayer {
    std::string input, other, output;
    float factor = 1;
};

/// The last row.
struct LastLayer {
    std::string input, output;
};

/// The mean of all rows.
struct PoolLayer {
    std::string input, output;
};

/// For each row, the number of its first largest element.
struct ArgmaxLayer {
    std::string input, output;
};

using LayerKind = std::variant<LinearLayer, EmbeddingLayer, NormLayer, AttentionLayer, GateLayer,
                               AddLayer, LastLayer, PoolLayer, ArgmaxLayer>;

struct ModelLayer {
    std::string name;
    std::string weights;  ///< its tensors are WEIGHTS.weight, WEIGHTS.weight_scale, WEIGHTS.bias
    LayerKind kind;
};

/// What the host writes before a graph runs.
enum class InputKind {
    kNumbers,  ///< fp32
    kIndices   ///< tokens
};
struct ModelInput {
    InputKind kind = InputKind::kNumbers;
    uint32_t columns = 1;
};

struct ModelGraph {
    std::map<std::string, ModelInput> inputs;
    std::vector<std::string> outputs;  ///< live on when the graph has run
    std::vector<ModelLayer> layers;

    /// std::out_of_range if there is none of that name.
    const ModelLayer& layer(const std::string& name) const;
};

struct Model {
    std::string name;
    std::map<std::string, ModelGraph> graphs;

    /// std::out_of_range if there is none of that name.
    const ModelGraph& graph(const std::string& graph_name) const { return graphs.at(graph_name); }
};

/// "linear", "norm": as a description has it.
const char* layer_kind_name(const LayerKind& kind);
/// Values that a layer reads and writes, in the order of its fields.
std::vector<std::string> values_read(const ModelLayer& layer);
std::vector<std::string> values_written(const ModelLayer& layer);
/// What they hold.
InputKind kind_written(const ModelLayer& layer);
/// Those of them to which it adds rows: caches.
std::vector<std::string> values_appended(const ModelLayer& layer);

/// No input has more rows.
inline constexpr uint64_t kMostRows = uint64_t{1} << 32;
/// The fewest rows of `input` for which every convolution that they reach has a row; at most
/// kMostRows.
uint64_t least_rows(const ModelGraph& graph, const std::string& input);

/// UserError unless the model has a graph of that name with these inputs and outputs.
void require_graph(const Model& model, const std::string& name,
                   const std::map<std::string, InputKind>& inputs,
                   const std::map<std::string, InputKind>& outputs);

/// The names of the graphs, each behind those whose outputs it reads. Of graphs that read from each
/// other, in the order of their names.
std::vector<std::string> graphs_in_order(const Model& model);

/// Cuts what a description repeats: each `repeat` is taken at most so often.
inline constexpr uint32_t kAllRepeats = UINT32_MAX;

/// Parses a description; `where` names it in messages. UserError with key, value and what is
/// allowed: unknown keys, layers and functions, values that nothing writes, two layers of one name.
Model read_model(const std::string& where, std::string_view text, uint32_t repeats = kAllRepeats);
/// The same of the file `path`.
Model read_model_file(const std::string& path, uint32_t repeats = kAllRepeats);

}  // namespace tessera::host
