// SPDX-License-Identifier: MIT
// The steps of all layers but linear ones.
#include <fmt/format.h>

#include <algorithm>

#include "host/error.h"
#include "host/float_bits.h"
#include "host/model/graph_planner.h"
#include "host/operation/elementwise.h"
#include "host/operation/epilogue.h"
#include "host/operation/gate.h"
#include "host/operation/gather.h"
#include "host/operation/norm.h"
#include "host/operation/pool.h"
#include "spec/float.h"

namespace tessera::host {
namespace {

std::vector<float> floats_of(const std::vector<uint16_t>& elements) {
    std::vector<float> numbers(elements.size());
    for (size_t i = 0; i < elements.size(); ++i)
        numbers[i] = float_of(spec::bf16_to_fp32(elements[i]));
    return numbers;
}

}  // namespace

/// The table lies as the weights of a product by columns do: tied logits share it.
void GraphPlanner::make(const EmbeddingLayer& layer) {
    const Value ids = value(layer.input);
    const ModelWeights::Shape shape = weights_.matrix_shape(tensors());
    const std::vector<float> scales = weights_.scales(tensors(), 1);
    Gather work;
    work.rows = ids.buffer.empty() ? ids.indices.size() : ids.rows();
    work.has_factor = !scales.empty();
    if (work.has_factor) work.factor = scales[0];
    work.table = MatrixPart(TensorLayout::heads(ElementType::kBf16, 1, shape.rows, shape.columns));
    const Value& y = make_value(layer.output, work.rows, shape.columns, 0);
    work.y = y.place;
    Bindings reads, writes = {{"y", y.buffer}};
    if (!ids.buffer.empty()) reads["ids"] = ids.buffer;
    std::vector<float> table =
        host_row(reads, writes, "table", weight_buffer("", work.table.layout),
                 [&] { return floats_of(weights_.matrix(tensors())); });
    add("",
        std::make_shared<GatherOperation>(work, ids.indices, std::move(table), machine_.platform),
        reads, writes, layer.output);
}

void GraphPlanner::make(const NormLayer& layer) {
    const Value x = as_numbers(layer.input, "numbers");
    const Value& y = make_value(layer.output, x.rows(), x.columns(), 0);
    NormWork work;
    work.norm = layer.norm;
    work.eps = layer.epsilon;
    work.has_gamma = layer.gamma;
    work.has_beta = layer.beta;
    work.a = x.place;
    work.y = y.place;
    NormElements elements;
    Bindings reads = {{"a", x.buffer}}, writes = {{"y", y.buffer}};
    if (layer.gamma)
        elements.gamma = host_row(reads, writes, "gamma", tensors() + ".weight",
                                  [&] { return weights_.row(tensors() + ".weight", x.columns()); });
    if (layer.beta)
        elements.beta = host_row(reads, writes, "beta", tensors() + ".bias",
                                 [&] { return weights_.row(tensors() + ".bias", x.columns()); });
    add("", std::make_shared<NormOperation>(work, std::move(elements), machine_.platform), reads,
        writes, layer.output);
}

/// A black box tells no sum of weights, so that calls of several key tiles cannot be put together
/// without a sentinel, whose columns no layer makes.
void GraphPlanner::check_black_box(const Problem& p, const std::vector<TextRows>& texts,
                                   bool in_pages) const {
    const spec::DeviceParams& params = machine_.platform.params;
    uint32_t keys = in_pages ? 0 : p.nk;
    if (in_pages)
        for (const TextRows& text : texts) keys = std::max(keys, text.end());
    if (params.profile != spec::Profile::kBlackbox || keys <= params.m) return;
    throw UserError(
        fmt::format("layer {}: {} keys on a device of profile blackbox; allowed: M = {}, or "
                    "another profile",
                    shown(), keys, params.m));
}

void GraphPlanner::make(const AttentionLayer& layer) {
    const Value q = value(layer.queries), k = value(layer.keys), v = value(layer.values);
    for (const Value* x : {&q, &k, &v})
        if (x->heads == 0)
            throw UserError(
                fmt::format("layer {}: queries, keys and values have to be heads of a "
                            "linear layer",
                            shown()));
    const std::vector<TextRows> texts = this->texts(q.rows());
    Problem p;
    p.leading = {q.heads};
    p.query_heads = q.heads;
    p.kv_heads = k.heads;
    p.nq = static_cast<uint32_t>(q.rows());
    p.nk = static_cast<uint32_t>(k.rows());
    if (k.in_pages) set_texts(texts, memory_.cache, p);
    const auto in_one_piece = [](const HeadSettings& head) {
        return head.seen.stride != 1 || head.cover || head.approximation;
    };
    if (k.in_pages && std::any_of(layer.heads.begin(), layer.heads.end(), in_one_piece))
        throw UserError(
            fmt::format("layer {}: a stride, a cover or an approximation of a cache in pages; "
                        "allowed: terms of a mask, a schedule",
                        shown()));
    if (texts.size() > 1 && !k.in_pages)
        throw UserError(fmt::format("layer {}: {} texts attend to {}, which is no cache of theirs",
                                    shown(), texts.size(), printable(layer.keys)));
    p.d_k = static_cast<uint32_t>(q.columns() / q.heads);
    p.d_v = static_cast<uint32_t>(v.columns() / v.heads);
    p.scale = default_scale(p.d_k);
    p.bf16_output = true;
    p.mask.causal = layer.causal && std::any_of(texts.begin(), texts.end(),
                                                [](const TextRows& t) { return t.rows > 1; });
    if (!layer.heads.empty() && layer.heads.size() != q.heads)
        throw UserError(fmt::format("layer {}: {} heads; {} are told what they see", shown(),
                                    q.heads, layer.heads.size()));
    if (k.heads != v.heads || k.rows() != v.rows() || k.columns() / k.heads != p.d_k)
        throw UserError(
            fmt::format("layer {}: {} keys of {} heads and {} columns, {} values of {} "
                        "heads; queries have heads of {} columns",
                        shown(), k.rows(), k.heads, k.columns(), v.rows(), v.heads, p.d_k));
    const uint32_t most = machine_.platform.params.d;
    if (std::max(p.d_k, p.d_v) > most)
        throw UserError(
            fmt::format("layer {}: heads of {} columns; this device attends to at most "
                        "D = {}",
                        shown(), std::max(p.d_k, p.d_v), most));
    check_black_box(p, texts, k.in_pages);
    check_problem(p, machine_.platform, "the device");
    const Value& o = make_value(layer.output, p.nq, uint64_t{q.heads} * p.d_v, q.heads);
    for (const Value* x : {&q, &k, &v})
        if (x->buffer == o.buffer)
            throw UserError(fmt::format("layer {}: writes {} over what it reads", shown(),
                                        printable(layer.output)));
    attend(layer, p, {q, k, v, o});
}

void GraphPlanner::make(const GateLayer& layer) {
    const Value x = as_numbers(layer.input, "numbers");
    if (!layer.by.empty()) return gate(layer, x, as_numbers(layer.by, "by"));
    if (x.columns() % 2 != 0)
        throw UserError(fmt::format("layer {}: {} columns have no halves", shown(), x.columns()));
    const uint64_t half = x.columns() / 2;
    Value a = x, b = x;
    a.place = MatrixPart::of_columns(x.place.layout, layer.gate_first ? half : 0, half);
    b.place = MatrixPart::of_columns(x.place.layout, layer.gate_first ? 0 : half, half);
    gate(layer, a, b);
}

void GraphPlanner::gate(const GateLayer& layer, const Value& a, const Value& b) {
    if (a.rows() != b.rows() || a.columns() != b.columns())
        throw UserError(fmt::format("layer {}: {} x {} cannot be gated by {} x {}", shown(),
                                    a.rows(), a.columns(), b.rows(), b.columns()));
    const Value& y = make_value(layer.output, a.rows(), a.columns(), 0);
    Gate work;
    work.activation = layer.activation;
    work.a = a.place;
    work.b = b.place;
    work.y = y.place;
    add("",
        std::make_shared<GateOperation>(work, std::vector<float>(), std::vector<float>(),
                                        machine_.platform),
        {{"a", a.buffer}, {"b", b.buffer}}, {{"y", y.buffer}}, layer.output);
}

void GraphPlanner::make(const AddLayer& layer) {
    const Value x = as_numbers(layer.input, "numbers"), other = as_numbers(layer.other, "other");
    if (x.rows() != other.rows() || x.columns() != other.columns())
        throw UserError(fmt::format("layer {}: {} x {} and {} x {} cannot be added", shown(),
                                    x.rows(), x.columns(), other.rows(), other.columns()));
    const Value& y = make_value(layer.output, x.rows(), x.columns(), 0);
    Epilogue work;
    work.scaling = layer.factor == 1 ? fw::Scaling::kNone : fw::Scaling::kFactor;
    work.factor = layer.factor;
    work.has_residual = true;
    work.a = x.place;
    work.residual = other.place;
    work.y = y.place;
    add("", std::make_shared<EpilogueOperation>(work, EpilogueElements(), machine_.platform),
        {{"a", x.buffer}, {"residual", other.buffer}}, {{"y", y.buffer}}, layer.output);
}

/// Where it can be, the value is a part of its input, and nothing is copied.
void GraphPlanner::make(const LastLayer& layer) {
    const Value x = as_numbers(layer.input, "numbers");
    const std::vector<RowPiece> pieces = text_pieces(texts(x.rows()));
    const auto last_of = [&](const RowPiece& piece) {
        MatrixPart row = x.place;
        row.first_row += piece.first + piece.rows - 1;
        row.rows = 1;
        return row;
    };
    const bool all = pieces.size() == x.rows();
    if (!lives_on(layer.output) && (all || pieces.size() == 1)) {
        Value part = x;
        if (!all) part.place = last_of(pieces[0]);
        values_[layer.output] = std::move(part);
        return;
    }
    const Value y = make_value(layer.output, pieces.size(), x.columns(), 0);
    for (size_t i = 0; i < pieces.size(); ++i) {
        Epilogue copy;
        copy.a = last_of(pieces[i]);
        copy.y = y.place;
        copy.y.first_row += i;
        copy.y.rows = 1;
        add(pieces.size() == 1 ? "" : std::to_string(i),
            std::make_shared<EpilogueOperation>(copy, EpilogueElements(), machine_.platform),
            {{"a", x.buffer}}, {{"y", y.buffer}}, layer.output);
    }
}

void GraphPlanner::make(const PoolLayer& layer) {
    const Value x = as_numbers(layer.input, "numbers");
    const Value& y = make_value(layer.output, 1, x.columns(), 0);
    add("",
        std::make_shared<PoolOperation>(Pool{x.place, y.place}, std::vector<float>(),
                                        machine_.platform),
        {{"a", x.buffer}}, {{"y", y.buffer}}, layer.output);
}

/// A positive factor does not change which element is the largest.
void GraphPlanner::make(const ArgmaxLayer& layer) {
    const Value x = value(layer.input);
    Elementwise work;
    work.function = fw::ElementFunction::kRowArgmax;
    work.a = x.place.layout;
    work.matrix = true;
    Value made;
    made.place = MatrixPart(TensorLayout::heads(ElementType::kIndex, 1, x.rows(), 1));
    const Value& y = place_value(layer.output, std::move(made));
    add("",
        std::make_shared<ElementwiseOperation>(work, std::vector<float>(), std::vector<float>(),
                                               machine_.platform),
        {{"a", x.buffer}}, {{"y", y.buffer}}, layer.output);
}

}  // namespace tessera::host
