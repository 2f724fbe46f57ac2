// SPDX-License-Identifier: MIT
// Values: where they lie, who wants them how.
#include "host/model/graph_planner.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/error.h"
#include "host/operation/epilogue.h"

namespace tessera::host {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

GraphPlanner::GraphPlanner(const ModelGraph& graph, const ModelWeights& weights,
                           const ModelMachine& machine, GemmForms& forms, ModelMemory& memory,
                           const GraphRun& run)
    : graph_(graph),
      weights_(weights),
      machine_(machine),
      forms_(forms),
      memory_(memory),
      run_(run),
      values_(memory.values) {
    for (const auto& [name, value] : run.inputs) {
        const auto said = graph.inputs.find(name);
        if (said != graph.inputs.end() && said->second.columns != value.columns())
            throw UserError(fmt::format("input {}: {} columns by its description; given: {}",
                                        printable(name), said->second.columns, value.columns()));
        values_[name] = value;
    }
}

GraphPlan GraphPlanner::plan() {
    for (at_ = 0; at_ < graph_.layers.size(); ++at_) make_layer();
    std::vector<std::string> replaced;
    for (const std::string& output : graph_.outputs) {
        const Value& value = memory_.values[output] = values_.at(output);
        const Buffer* before = memory_.map.buffer(output);
        if (before != nullptr && !before->layout.lies_as(value.place.layout))
            replaced.push_back(output);
    }
    for (const auto& [name, value] : memory_.values) hosted_.insert(value.buffer);
    return {std::move(steps_), std::move(hosted_), std::move(replaced)};
}

/// What an operation says against its part of a model says of which layer it is.
void GraphPlanner::make_layer() {
    try {
        std::visit([&](const auto& layer) { make(layer); }, graph_.layers[at_].kind);
    } catch (const UserError& error) {
        const std::string text = error.what();
        const bool says = text.rfind("layer ", 0) == 0;  // perhaps which layer wants the value
        if (says || text.find(shown()) != std::string::npos ||
            text.find(tensors()) != std::string::npos)
            throw;
        throw UserError(fmt::format("layer {}: {}", shown(), text));
    }
}

const Value& GraphPlanner::value(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end())
        throw UserError(fmt::format("{}: layer {} reads {}, which no graph has written yet",
                                    weights_.path(), printable(this->name()), printable(name)));
    return found->second;
}

MatrixPart GraphPlanner::numbers(uint64_t rows, uint64_t columns) const {
    return MatrixPart(TensorLayout::matrix(ElementType::kFp32, rows, columns, columns));
}

/// As an operand, if the layers that read it before it is written anew are products and nothing
/// else.
MatrixPart GraphPlanner::wanted_by_readers(const std::string& name, uint64_t rows,
                                           uint64_t columns) const {
    Value x;
    x.place = numbers(rows, columns);
    x.buffer = name;  // not the host's
    std::optional<MatrixPart> wanted;
    if (lives_on(name)) return x.place;
    for (size_t i = at_ + 1; i < graph_.layers.size(); ++i) {
        const ModelLayer& layer = graph_.layers[i];
        const auto* linear = std::get_if<LinearLayer>(&layer.kind);
        const bool reads = contains(values_read(layer), name);
        if (reads && (linear == nullptr || linear->residual == name)) return x.place;
        if (reads && !wanted) wanted = gemm_of(layer, *linear, x).a;
        if (contains(values_written(layer), name)) break;
    }
    return wanted.value_or(x.place);
}

Value& GraphPlanner::place_value(const std::string& name, Value made) {
    made.buffer = lives_on(name) ? name : fmt::format("{}:{}", name, at_);
    return values_[name] = std::move(made);
}

Value& GraphPlanner::make_value(const std::string& name, uint64_t rows, uint64_t columns,
                                uint32_t heads) {
    Value made;
    made.heads = heads;
    made.place =
        heads == 0
            ? wanted_by_readers(name, rows, columns)
            : MatrixPart(TensorLayout::heads(ElementType::kBf16, heads, rows, columns / heads));
    return place_value(name, std::move(made));
}

std::vector<TextRows> GraphPlanner::texts(uint64_t rows) const {
    if (run_.texts.empty()) return {{static_cast<uint32_t>(rows), run_.position, {}}};
    uint64_t all = 0;
    for (const TextRows& text : run_.texts) all += text.rows;
    if (all != rows)
        throw UserError(
            fmt::format("layer {}: {} rows for texts of {} together", shown(), rows, all));
    return run_.texts;
}

/// The value is all rows that are there then, or the whole cache where they are in pages.
Value& GraphPlanner::append_value(const std::string& name, uint64_t rows, uint64_t columns,
                                  uint32_t heads) {
    const std::vector<TextRows> texts = this->texts(rows);
    check_texts(texts, memory_.cache, shown());
    const TensorLayout cache =
        TensorLayout::heads(ElementType::kBf16, heads, memory_.cache.rows, columns / heads);
    Value made;
    made.heads = heads;
    made.buffer = name;
    made.in_pages = !lies_in_order(texts);
    made.place = made.in_pages ? MatrixPart(cache) : MatrixPart::of_rows(cache, 0, texts[0].end());
    values_[name] = memory_.values[name] = made;
    return values_[name];
}

/// The buffers of outputs and caches are not freed behind the graph. What is written again is no
/// output yet.
bool GraphPlanner::lives_on(const std::string& name) const {
    const auto writes = [&](const ModelLayer& layer) {
        return contains(values_written(layer), name);
    };
    const auto later = graph_.layers.begin() + static_cast<ptrdiff_t>(at_) + 1;
    return contains(graph_.outputs, name) && std::none_of(later, graph_.layers.end(), writes);
}

/// The host's values are written into device memory on the way.
Value GraphPlanner::laid(const Value& x, const MatrixPart& place, const char* role) {
    if (!x.buffer.empty() && x.factor == 1 && x.place.layout.lies_as(place.layout)) return x;
    Value y;
    y.place = place;
    y.buffer = step_buffer(role);
    Epilogue copy;
    copy.a = x.place;
    copy.y = place;
    if (x.factor != 1) {
        copy.scaling = fw::Scaling::kFactor;
        copy.factor = x.factor;
    }
    EpilogueElements elements;
    Bindings reads;
    if (x.buffer.empty())
        elements.a = x.numbers;
    else
        reads["a"] = x.buffer;
    add(role, std::make_shared<EpilogueOperation>(copy, std::move(elements), machine_.platform),
        reads, {{"y", y.buffer}});
    return y;
}

/// The value as fp32 in one block.
Value GraphPlanner::as_numbers(const std::string& name, const char* role) {
    const Value& x = value(name);
    return laid(x, numbers(x.rows(), x.columns()), role);
}

void GraphPlanner::add(const std::string& suffix, std::shared_ptr<Operation> operation,
                       Bindings reads, Bindings writes, const std::string& value,
                       const std::string& note) {
    const std::string step = suffix.empty() ? name() : name() + "." + suffix;
    steps_.push_back({name(),
                      value,
                      {step, std::move(operation), std::move(reads), std::move(writes)},
                      note,
                      1,
                      0,
                      0,
                      0});
}

bool GraphPlanner::bind_host(Bindings& reads, Bindings& writes, const std::string& role,
                             const std::string& buffer) {
    const bool there = memory_.map.buffer(buffer) != nullptr || !hosted_.insert(buffer).second;
    (there ? reads : writes)[role] = buffer;
    return !there && with_data();
}

std::vector<float> GraphPlanner::host_row(Bindings& reads, Bindings& writes,
                                          const std::string& role, const std::string& buffer,
                                          const std::function<std::vector<float>()>& elements) {
    return bind_host(reads, writes, role, buffer) ? elements() : std::vector<float>();
}

}  // namespace tessera::host
