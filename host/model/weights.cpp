// SPDX-License-Identifier: MIT
#include "host/model/weights.h"

#include <fmt/format.h>

#include <stdexcept>

#include "host/error.h"
#include "host/float_bits.h"

namespace tessera::host {
namespace {

bool is_whole(Dtype dtype) { return dtype == Dtype::kI8 || dtype == Dtype::kU8; }

[[noreturn]] void refuse_shape(const TensorView& tensor, const std::string& allowed) {
    throw bad_value(tensor.file, "tensor " + printable(tensor.name), shape_text(tensor.shape),
                    allowed);
}

/// The device takes numbers without an exponent as zeros.
uint64_t vanished_elements(const TensorView& tensor, const std::vector<uint16_t>& elements) {
    constexpr uint16_t kExponent = 0x7f80;
    uint64_t vanished = 0;
    for (size_t i = 0; i < elements.size(); ++i) {
        double given = 0;
        if ((elements[i] & kExponent) == 0) tensor.to_double(i, 1, &given);
        vanished += given != 0 ? 1 : 0;
    }
    return vanished;
}

}  // namespace

ModelWeights::ModelWeights(std::string source, const TensorShapes& shapes, ComputedRows computed)
    : path_(std::move(source)), computed_(std::move(computed)) {
    for (const auto& [name, shape] : shapes) {
        TensorView& view = shapes_[name];
        view.file = path_;
        view.name = name;
        view.dtype = Dtype::kBf16;
        view.shape = shape;
        view.elements = 1;
        for (const uint64_t size : shape) view.elements *= size;
    }
}

const TensorView* ModelWeights::find(const std::string& tensor) const {
    if (file_) return file_->find(tensor);
    const auto found = shapes_.find(tensor);
    return found == shapes_.end() ? nullptr : &found->second;
}

const TensorView& ModelWeights::tensor(const std::string& name) const {
    if (file_) return file_->tensor(name);
    if (const TensorView* found = find(name)) return *found;
    throw bad_value(path_, "tensor " + printable(name), "missing", "its shape");
}

void ModelWeights::require_elements(const TensorView& tensor) const {
    if (!file_) throw std::logic_error("tensor " + tensor.name + " has a shape and no elements");
}

const TensorView& ModelWeights::matrix_view(const std::string& name) const {
    const TensorView* found = find(name + ".weight");
    const TensorView& tensor =
        found != nullptr && is_whole(found->dtype) ? *found : this->tensor(name + ".weight");
    if (tensor.shape.size() != 2 || tensor.elements == 0 || tensor.shape[0] > UINT32_MAX ||
        tensor.shape[1] > UINT32_MAX)
        refuse_shape(tensor, "[rows, columns], each at least 1");
    return tensor;
}

ModelWeights::Shape ModelWeights::matrix_shape(const std::string& name) const {
    const TensorView& tensor = matrix_view(name);
    return {static_cast<uint32_t>(tensor.shape[0]), static_cast<uint32_t>(tensor.shape[1])};
}

std::vector<uint16_t> ModelWeights::matrix(const std::string& name) const {
    const TensorView& tensor = matrix_view(name);
    require_elements(tensor);
    std::vector<uint16_t> elements(tensor.elements);
    if (!is_whole(tensor.dtype)) {
        tensor.require_finite_matrix();
        tensor.to_bf16(0, elements.size(), elements.data());
        if (const uint64_t vanished = vanished_elements(tensor, elements); vanished != 0)
            vanished_[name] = vanished;
        return elements;
    }
    const std::string zero_name = name + ".weight_zero_point";
    const float zero = find(zero_name) == nullptr ? 0 : row(zero_name, 1).front();
    for (size_t i = 0; i < elements.size(); ++i) {
        const int whole = tensor.dtype == Dtype::kI8 ? static_cast<int8_t>(tensor.data[i])
                                                     : static_cast<int>(tensor.data[i]);
        elements[i] = bf16_of(static_cast<double>(whole) - zero);
    }
    return elements;
}

uint64_t ModelWeights::vanished() const {
    uint64_t all = 0;
    for (const auto& [name, vanished] : vanished_) all += vanished;
    return all;
}

std::vector<float> ModelWeights::scales(const std::string& name, uint64_t columns) const {
    const std::string tensor = name + ".weight_scale";
    const TensorView* found = find(tensor);
    if (found == nullptr) return {};
    return row(tensor, found->elements == 1 ? 1 : columns);
}

std::vector<float> ModelWeights::row(const std::string& name, uint64_t elements) const {
    if (const auto computed = computed_.find(name); computed != computed_.end())
        return computed->second;
    const TensorView& tensor = this->tensor(name);
    require_elements(tensor);
    if (tensor.shape.size() != 1 || (elements != 0 && tensor.elements != elements))
        refuse_shape(tensor, elements == 0 ? "one dimension" : fmt::format("[{}]", elements));
    tensor.require_finite_matrix();
    std::vector<float> values(tensor.elements);
    tensor.to_float(0, values.size(), values.data());
    return values;
}

}  // namespace tessera::host
