// SPDX-License-Identifier: MIT
// Weights of a model as numbers: random ones, with the file that a model reads, or those of a file.
#pragma once
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "host/io/safetensors.h"

namespace tessera::test {

struct NamedTensor {
    std::vector<uint64_t> shape;
    std::vector<float> elements;
};

class NamedTensors {
  public:
    NamedTensors() = default;
    /// All tensors of a file of fp32 elements.
    explicit NamedTensors(const host::SafetensorsFile& file) {
        for (const host::TensorView& view : file.tensors()) {
            NamedTensor& tensor = tensors_[view.name];
            tensor.shape = view.shape;
            std::vector<double> elements(view.elements);
            view.to_double(0, view.elements, elements.data());
            tensor.elements.assign(elements.begin(), elements.end());
        }
    }

    bool has(const std::string& name) const { return tensors_.count(name) != 0; }
    const std::vector<float>& of(const std::string& name) const {
        return tensors_.at(name).elements;
    }
    const NamedTensor& tensor(const std::string& name) const { return tensors_.at(name); }

  protected:
    std::map<std::string, NamedTensor> tensors_;
};

class RandomWeights : public NamedTensors {
  public:
    explicit RandomWeights(std::mt19937_64& random) : random_(random) {}

    /// Whole numbers up to 100, which bf16 has, and NAME.weight_scale.
    void matrix(const std::string& name, uint64_t rows, uint64_t columns) {
        NamedTensor& w = tensors_[name + ".weight"];
        w.shape = {rows, columns};
        for (uint64_t i = 0; i < rows * columns; ++i)
            w.elements.push_back(static_cast<float>(random_() % 201) - 100);
        tensors_[name + ".weight_scale"] = {{1}, {0.02f / std::sqrt(static_cast<float>(rows))}};
    }
    void row(const std::string& name, uint64_t columns, float mean) {
        std::normal_distribution<float> normal(mean, 0.2f);
        NamedTensor& row = tensors_[name];
        row.shape = {columns};
        for (uint64_t i = 0; i < columns; ++i) row.elements.push_back(normal(random_));
    }
    /// All elements of a tensor that is there.
    void fill(const std::string& name, float value) {
        for (float& x : tensors_.at(name).elements) x = value;
    }

    void write(const std::string& path) const {
        std::vector<host::TensorSpec> specs;
        for (const auto& [name, tensor] : tensors_)
            specs.push_back({name, host::Dtype::kF32, tensor.shape});
        host::SafetensorsWriter writer(path, specs, {});
        for (const auto& [name, tensor] : tensors_)
            writer.write(name, 0, tensor.elements.data(), tensor.elements.size());
        writer.commit();
    }

  private:
    std::mt19937_64& random_;
};

}  // namespace tessera::test
