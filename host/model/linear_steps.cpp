// SPDX-License-Identifier: MIT
// The steps of a linear layer: the product, and for each part of its columns what the processor
// does with them.
#include <fmt/format.h>

#include <algorithm>

#include "host/error.h"
#include "host/model/graph_planner.h"
#include "host/operation/epilogue.h"
#include "host/operation/gemm_operation.h"
#include "host/operation/rotary.h"
#include "host/text.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

constexpr uint64_t kMostSliceColumns = uint64_t{1} << 24;

/// [columns][rows] of [rows][columns].
std::vector<uint16_t> transposed(const std::vector<uint16_t>& matrix, uint64_t rows,
                                 uint64_t columns) {
    std::vector<uint16_t> result(matrix.size());
    for (uint64_t row = 0; row < rows; ++row)
        for (uint64_t column = 0; column < columns; ++column)
            result[column * rows + row] = matrix[row * columns + column];
    return result;
}

/// An operand that has its elements for itself.
Operand operand_with(std::vector<uint16_t> elements) {
    auto own = std::make_shared<const std::vector<uint16_t>>(std::move(elements));
    Operand operand = operand_of(*own);
    operand.bf16 = [own, read = operand.bf16](uint64_t first, uint64_t count, uint16_t* out) {
        read(first, count, out);
    };
    return operand;
}

/// A column with its elements as a row of blocks: they lie alike.
MatrixPart row_of_column(const TensorLayout& column) {
    return MatrixPart(TensorLayout::matrix(column.type, 1, column.rows, 1));
}

std::vector<float> part_of(const std::vector<float>& row, size_t number, size_t columns) {
    const auto first = row.begin() + static_cast<ptrdiff_t>(number * columns);
    return {first, first + static_cast<ptrdiff_t>(columns)};
}

}  // namespace

/// Rows of a convolution overlap; an input of few columns has so many rows side by side that each
/// step of the convolution begins a row.
GraphPlanner::LayerGemm GraphPlanner::gemm_of(const ModelLayer& layer, const LinearLayer& linear,
                                              const Value& x) const {
    const ModelWeights::Shape w = weights_.matrix_shape(layer.weights);
    const uint64_t inputs = linear.transposed ? w.columns : w.rows;
    if (inputs != linear.taps * x.columns())
        throw bad_value(weights_.path(), "tensor " + printable(layer.weights) + ".weight",
                        fmt::format("{} inputs", inputs),
                        fmt::format("{} taps of {} columns", linear.taps, x.columns()));
    if (x.rows() < linear.taps)
        throw UserError(fmt::format("layer {}: {} rows of {}; allowed: at least {}", layer.name,
                                    x.rows(), linear.input, linear.taps));
    LayerGemm planned;
    Gemm& gemm = planned.gemm;
    // A step as long as the input, or longer, has no second row.
    const auto stride = static_cast<uint32_t>(std::min<uint64_t>(linear.stride, x.rows()));
    gemm.m = static_cast<uint32_t>((x.rows() - linear.taps) / stride + 1);
    gemm.k = static_cast<uint32_t>(inputs);
    gemm.n = linear.transposed ? w.rows : w.columns;
    if (linear.taps > 1 || linear.stride > 1) {
        const bool beside = x.buffer.empty() && stride > 1;
        const uint32_t times = beside ? stride : 1;
        if (x.columns() * times > kMostSliceColumns)
            throw UserError(
                fmt::format("layer {}: {} columns, {} rows side by side; allowed: {} "
                            "numbers in a step of the convolution",
                            printable(layer.name), x.columns(), times, kMostSliceColumns));
        gemm.slices = Slices{static_cast<uint32_t>(spec::divide_up(x.rows(), times)),
                             static_cast<uint32_t>(x.columns() * times), stride / times};
    }
    const spec::DeviceParams& params = machine_.platform.params;
    if (params.profile != spec::Profile::kStateful && gemm.k > fw::gemm_inner(params))
        throw UserError(
            fmt::format("layer {}: {} inputs on a device whose profile adds up no calls; allowed: "
                        "{}, or profile stateful",
                        printable(layer.name), gemm.k, fw::gemm_inner(params)));
    const GemmForms::Choice& choice = forms_.choose(gemm);
    gemm.form = choice.form;
    planned.why = choice.why;
    // The heads of an attention are blocks already.
    if (x.heads > 1 && gemm.form == GemmForm::kRows && !gemm.slices &&
        x.columns() / x.heads <= fw::gemm_inner(machine_.platform.params))
        gemm.a_columns = static_cast<uint32_t>(x.columns() / x.heads);
    const GemmMatrices lie = gemm_matrices(gemm, machine_.platform.params);
    const bool columns = gemm.form == GemmForm::kColumns, transposed = is_transposed(gemm.form);
    planned.a = columns ? row_of_column(lie.a) : MatrixPart(lie.a);
    planned.c = transposed ? row_of_column(lie.c) : MatrixPart(lie.c);
    return planned;
}

void GraphPlanner::make(const LinearLayer& layer) {
    const Value x = value(layer.input);
    const LayerGemm planned = gemm_of(graph_.layers[at_], layer, x);
    const uint64_t columns = planned.gemm.n / layer.parts.size();
    if (planned.gemm.n % layer.parts.size() != 0)
        throw bad_value(weights_.path(), "tensor " + printable(tensors()) + ".weight",
                        fmt::format("{} outputs", planned.gemm.n),
                        fmt::format("a multiple of {} parts", layer.parts.size()));
    const std::string c =
        is_left_in_c(layer) ? place_value(layer.parts[0].output, {}).buffer : step_buffer("c");
    multiply(layer, planned, x, c);
    if (is_left_in_c(layer)) {
        Value& y = values_[layer.parts[0].output];
        y.place = planned.c;
        const std::vector<float> scales = weights_.scales(tensors(), planned.gemm.n);
        if (!scales.empty()) y.factor = steps_.back().factor = scales[0];
        return;
    }
    std::optional<Value> residual;  // before its name gets another value
    if (!layer.residual.empty()) residual = as_numbers(layer.residual, "residual");
    for (size_t i = 0; i < layer.parts.size(); ++i)
        finish_part({layer, i, MatrixPart::of_columns(planned.c.layout, i * columns, columns), c,
                     residual});
}

/// Whoever looks for the largest element only does not need them scaled.
bool GraphPlanner::is_left_in_c(const LinearLayer& layer) const {
    const std::vector<float> scales = weights_.scales(tensors(), 0);
    if (layer.parts.size() != 1 || layer.parts[0].heads != 0 || layer.bias ||
        layer.activation != fw::Activation::kNone || !layer.residual.empty() || scales.size() > 1 ||
        (scales.size() == 1 && !(scales[0] > 0)))
        return false;
    const std::string& output = layer.parts[0].output;
    size_t readers = 0, others = 0;
    for (size_t i = at_ + 1; i < graph_.layers.size(); ++i)
        for (const std::string& read : values_read(graph_.layers[i]))
            if (read == output) {
                ++readers;
                others += !std::holds_alternative<ArgmaxLayer>(graph_.layers[i].kind);
            }
    return readers != 0 && others == 0;
}

void GraphPlanner::multiply(const LinearLayer& layer, const LayerGemm& planned, const Value& x,
                            const std::string& c) {
    GemmInputs inputs;
    Bindings reads, writes = {{"c", c}};
    if (x.buffer.empty()) {
        std::vector<float> all = x.numbers;
        all.resize(planned.a.elements());  // rows side by side: the last may be short
        if (with_data()) inputs.a = operand_of(all);
    } else {
        reads["a"] = laid(x, planned.a, "operand").buffer;
    }
    const GemmMatrices lie = gemm_matrices(planned.gemm, machine_.platform.params);
    // As it lies in the file, or turned: as outputs by inputs, or the other way round.
    const bool turned = is_transposed(planned.gemm.form) != layer.transposed;
    const std::string weight = weight_buffer(turned ? "^T" : "", lie.b);
    if (bind_host(reads, writes, "b", weight)) {
        std::vector<uint16_t> elements = weights_.matrix(tensors());
        if (layer.transposed) elements = transposed(elements, planned.gemm.n, planned.gemm.k);
        inputs.b = operand_with(std::move(elements));
    }
    add("",
        std::make_shared<GemmOperation>(planned.gemm, std::move(inputs), machine_.platform.params,
                                        machine_.energy),
        reads, writes, is_left_in_c(layer) ? layer.parts[0].output : "", planned.why);
    steps_.back().weight_bytes = uint64_t{planned.gemm.k} * planned.gemm.n * sizeof(uint16_t);
}

void GraphPlanner::check_part(const Finish& finish) const {
    const LinearPart& part = finish.layer.parts[finish.number];
    if (part.heads != 0 && finish.c.columns % part.heads != 0)
        throw UserError(fmt::format("layer {}: {} columns are no {} heads", shown(),
                                    finish.c.columns, part.heads));
    if (part.append && part.heads == 0)
        throw UserError(fmt::format("layer {}: only heads can be appended", shown()));
    if (!finish.residual) return;
    const Value& residual = *finish.residual;
    const size_t all = finish.c.columns * finish.layer.parts.size();
    if (residual.rows() != finish.c.rows || residual.columns() != all)
        throw UserError(fmt::format("layer {}: {} x {} of {} are added to {} x {}", shown(),
                                    residual.rows(), residual.columns(), finish.layer.residual,
                                    finish.c.rows, all));
}

/// Rows that are turned, or written into a cache, piece by piece: each text has its own positions,
/// and its own pages.
void GraphPlanner::finish_part(const Finish& finish) {
    check_part(finish);
    const LinearPart& part = finish.layer.parts[finish.number];
    const MatrixPart& c = finish.c;
    const Value y = part.append ? append_value(part.output, c.rows, c.columns, part.heads)
                                : make_value(part.output, c.rows, c.columns, part.heads);
    if (!part.append && !part.rotary) return finish_by_epilogue(finish, y, part.output);
    const std::vector<RowPiece> pieces =
        part.append ? cache_pieces(texts(c.rows), memory_.cache) : text_pieces(texts(c.rows));
    for (size_t i = 0; i < pieces.size(); ++i) {
        const RowPiece& piece = pieces[i];
        Finish some = finish;
        some.c.first_row += piece.first;
        some.c.rows = piece.rows;
        if (some.residual) some.residual->place.first_row += piece.first;
        if (pieces.size() > 1) some.piece = fmt::format(".{}", i);
        Value to = y;
        to.place = MatrixPart::of_rows(y.place.layout, part.append ? piece.place : piece.first,
                                       piece.rows);
        finish_piece(some, to, piece.position);
    }
}

void GraphPlanner::finish_piece(const Finish& finish, const Value& y, uint32_t position) {
    const LinearLayer& layer = finish.layer;
    const LinearPart& part = layer.parts[finish.number];
    if (!part.rotary) return finish_by_epilogue(finish, y, part.output);
    const size_t all = finish.c.columns * layer.parts.size();
    const std::vector<float> scales = weights_.scales(tensors(), all);
    const bool plain = scales.size() <= 1 && !layer.bias && layer.residual.empty() &&
                       layer.activation == fw::Activation::kNone;
    Value straight;
    straight.place = plain ? finish.c : numbers(finish.c.rows, finish.c.columns);
    straight.buffer = plain ? finish.buffer
                            : step_buffer(fmt::format("straight{}{}", finish.number, finish.piece));
    if (!plain) finish_by_epilogue(finish, straight, "");
    rotate(finish, straight, plain && !scales.empty() ? scales[0] : 1, position, y);
}

void GraphPlanner::finish_by_epilogue(const Finish& finish, const Value& y,
                                      const std::string& value) {
    const LinearLayer& layer = finish.layer;
    const size_t columns = finish.c.columns, all = columns * layer.parts.size();
    const std::string suffix = layer.parts.size() == 1 ? "" : std::to_string(finish.number);
    const std::string part = fmt::format("[{}+{}]", finish.number * columns, columns);
    Epilogue work;
    work.activation = layer.activation;
    work.a = finish.c;
    work.y = y.place;
    EpilogueElements elements;
    Bindings reads = {{"a", finish.buffer}}, writes = {{"y", y.buffer}};
    const auto own_part = [&](const std::vector<float>& row) {
        return part_of(row, finish.number, columns);
    };
    const std::vector<float> scales = weights_.scales(tensors(), all);
    if (scales.size() == 1) {
        work.scaling = fw::Scaling::kFactor;
        work.factor = scales[0];
    } else if (!scales.empty()) {
        work.scaling = fw::Scaling::kColumns;
        elements.scales = host_row(reads, writes, "scales", tensors() + ".weight_scale" + part,
                                   [&] { return own_part(scales); });
    }
    if (layer.bias) {
        work.has_bias = true;
        elements.bias = host_row(reads, writes, "bias", tensors() + ".bias" + part,
                                 [&] { return own_part(weights_.row(tensors() + ".bias", all)); });
    }
    if (finish.residual) {
        const Value& residual = *finish.residual;
        work.has_residual = true;
        work.residual =
            MatrixPart::of_columns(residual.place.layout, finish.number * columns, columns);
        work.residual.first_row = residual.place.first_row;
        work.residual.rows = finish.c.rows;
        reads["residual"] = residual.buffer;
    }
    add("finish" + suffix + finish.piece,
        std::make_shared<EpilogueOperation>(work, std::move(elements), machine_.platform), reads,
        writes, value);
}

void GraphPlanner::rotate(const Finish& finish, const Value& a, float factor, uint32_t position,
                          const Value& y) {
    const LinearPart& part = finish.layer.parts[finish.number];
    const std::vector<float> frequencies = weights_.row(part.rotary->frequencies, 0);
    const uint64_t most = std::min<uint64_t>(a.columns() / part.heads, fw::kMaxRotated) / 2;
    if (frequencies.empty() || frequencies.size() > most)
        throw bad_value(weights_.path(), "tensor " + printable(part.rotary->frequencies),
                        plural(frequencies.size(), "element"),
                        fmt::format("1 to {}, one for each pair of a head's columns", most));
    Rotary work;
    work.pairs = part.rotary->pairs;
    work.heads = part.heads;
    work.rotated = 2 * frequencies.size();
    work.position = position;
    work.positions = std::max<uint64_t>(memory_.cache.positions(), position + a.rows());
    work.has_factor = factor != 1;
    work.factor = factor;
    work.a = a.place;
    work.y = y.place;
    Bindings reads = {{"a", a.buffer}}, writes = {{"y", y.buffer}};
    std::vector<float> table = host_row(
        reads, writes, "table", fmt::format("{}[{}]", part.rotary->frequencies, work.positions),
        [&] { return rotary_table(frequencies, work.positions, true); });
    add("rotary." + part.output + finish.piece,
        std::make_shared<RotaryOperation>(work, std::vector<float>(), std::move(table),
                                          machine_.platform),
        reads, writes, part.output);
}

}  // namespace tessera::host
