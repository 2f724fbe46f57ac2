// SPDX-License-Identifier: MIT
// The weights of a model, in a safetensors file (docs/use/models.md): a layer NAME has NAME.weight,
// with NAME.weight_scale and NAME.bias where it has such. Messages name file, tensor, shape and
// what is allowed. Where nothing but time matters, shapes do instead of a file.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/io/safetensors.h"
#include "host/problem/inputs.h"

namespace tessera::host {

/// Tensors of one dimension that are in no file, by name.
using ComputedRows = std::map<std::string, std::vector<float>>;
/// Shapes of tensors, by name.
using TensorShapes = std::map<std::string, std::vector<uint64_t>>;

class ModelWeights {
  public:
    /// `computed` are tensors beside those of the file. UserError as SafetensorsFile.
    explicit ModelWeights(const std::string& path, ComputedRows computed = {})
        : path_(path), file_(path), computed_(std::move(computed)) {}
    /// Tensors of bf16 of which nothing but the shapes is known: matrix() and row() of them are a
    /// std::logic_error. `source` says in messages where the shapes are from.
    ModelWeights(std::string source, const TensorShapes& shapes, ComputedRows computed);

    const std::string& path() const { return path_; }

    /// The shape [rows][columns] of NAME.weight. UserError if there is no such matrix.
    struct Shape {
        uint32_t rows = 0, columns = 0;
    };
    Shape matrix_shape(const std::string& name) const;
    /// Its elements in bf16, row by row. Whole numbers of 8 bits less NAME.weight_zero_point, which
    /// bf16 has exactly. UserError if an element is not finite.
    std::vector<uint16_t> matrix(const std::string& name) const;
    /// Elements of matrices read so far that are no zeros and become some: they are below what bf16
    /// has as a normal number, 2^-126.
    uint64_t vanished() const;
    /// NAME.weight_scale, of one element or of `columns`; empty if there is none.
    std::vector<float> scales(const std::string& name, uint64_t columns) const;
    /// The elements of a tensor, as many as `elements`, or any number of them if that is 0.
    std::vector<float> row(const std::string& tensor, uint64_t elements) const;

  private:
    const TensorView& matrix_view(const std::string& name) const;
    const TensorView* find(const std::string& tensor) const;
    /// UserError if there is none of that name.
    const TensorView& tensor(const std::string& name) const;
    void require_elements(const TensorView& tensor) const;

    std::string path_;
    std::optional<SafetensorsFile> file_;       ///< else there are only
    std::map<std::string, TensorView> shapes_;  ///< without elements
    ComputedRows computed_;
    mutable std::map<std::string, uint64_t> vanished_;  ///< of matrices that have some
};

}  // namespace tessera::host
