// SPDX-License-Identifier: MIT
// The layers of transformers in double precision, each from its definition.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/model_weights.h"

namespace tessera::test {

/// [rows][columns].
struct Matrix {
    size_t rows = 0, columns = 0;
    std::vector<double> x;

    Matrix(size_t r, size_t c) : rows(r), columns(c), x(r * c) {}
    double& at(size_t r, size_t c) { return x[r * columns + c]; }
    double at(size_t r, size_t c) const { return x[r * columns + c]; }
};

class ModelOracle {
  public:
    explicit ModelOracle(const NamedTensors& weights) : w_(weights) {}

    /// x W scale + bias, of rows that are `taps` rows of x beside each other, every `stride`.
    Matrix linear(const Matrix& x, const std::string& name, bool bias, size_t taps = 1,
                  size_t stride = 1) const {
        const NamedTensor& w = w_.tensor(name + ".weight");
        const double scale = scale_of(name);
        const size_t inputs = w.shape[0], outputs = w.shape[1];
        Matrix y((x.rows - taps) / stride + 1, outputs);
        for (size_t t = 0; t < y.rows; ++t) {
            for (size_t i = 0; i < inputs; ++i)
                for (size_t j = 0; j < outputs; ++j)
                    y.at(t, j) +=
                        x.x[t * stride * x.columns + i] * double{w.elements[i * outputs + j]};
            for (size_t j = 0; j < outputs; ++j)
                y.at(t, j) = y.at(t, j) * scale + (bias ? double{w_.of(name + ".bias")[j]} : 0.0);
        }
        return y;
    }
    Matrix embedding(const std::vector<uint32_t>& ids, const std::string& name) const {
        const NamedTensor& w = w_.tensor(name + ".weight");
        Matrix y(ids.size(), w.shape[1]);
        for (size_t t = 0; t < y.rows; ++t)
            for (size_t j = 0; j < y.columns; ++j)
                y.at(t, j) = double{w.elements[ids[t] * y.columns + j]} * scale_of(name);
        return y;
    }
    /// Rows by themselves, or `whole` together; without `centred` a root mean square.
    Matrix norm(const Matrix& x, const std::string& name, double eps, bool centred, bool whole,
                bool beta) const {
        Matrix y = x;
        const size_t group = whole ? x.x.size() : x.columns;
        for (size_t first = 0; first < x.x.size(); first += group) {
            double mean = 0, square = 0;
            for (size_t i = first; i < first + group; ++i) mean += x.x[i] / double(group);
            if (!centred) mean = 0;
            for (size_t i = first; i < first + group; ++i)
                square += (x.x[i] - mean) * (x.x[i] - mean) / double(group);
            for (size_t i = first; i < first + group; ++i)
                y.x[i] = (x.x[i] - mean) / std::sqrt(square + eps) *
                             double{w_.of(name + ".weight")[i % x.columns]} +
                         (beta ? double{w_.of(name + ".bias")[i % x.columns]} : 0.0);
        }
        return y;
    }
    /// Pairs (i, i + r) of the first 2 r columns of each head turn by position * frequency i.
    Matrix rotary(const Matrix& x, size_t heads, const std::string& frequencies) const {
        Matrix y = x;
        const size_t width = x.columns / heads, r = w_.of(frequencies).size();
        for (size_t t = 0; t < x.rows; ++t)
            for (size_t h = 0; h < heads; ++h)
                for (size_t i = 0; i < r; ++i) {
                    const double angle = double(t) * double{w_.of(frequencies)[i]};
                    const size_t a = h * width + i, b = a + r;
                    y.at(t, a) = x.at(t, a) * std::cos(angle) - x.at(t, b) * std::sin(angle);
                    y.at(t, b) = x.at(t, b) * std::cos(angle) + x.at(t, a) * std::sin(angle);
                }
        return y;
    }
    static Matrix attention(const Matrix& q, const Matrix& k, const Matrix& v, size_t heads,
                            const std::function<bool(size_t, size_t)>& sees) {
        Matrix o(q.rows, v.columns);
        const size_t width = q.columns / heads;
        for (size_t h = 0; h < heads; ++h)
            for (size_t i = 0; i < q.rows; ++i) {
                std::vector<double> p(k.rows, 0.0);
                double sum = 0;
                for (size_t j = 0; j < k.rows; ++j) {
                    if (!sees(i, j)) continue;
                    double s = 0;
                    for (size_t c = 0; c < width; ++c)
                        s += q.at(i, h * width + c) * k.at(j, h * width + c);
                    p[j] = std::exp(s / std::sqrt(double(width)));
                    sum += p[j];
                }
                for (size_t j = 0; j < k.rows; ++j)
                    for (size_t c = 0; c < width; ++c)
                        o.at(i, h * width + c) += p[j] / sum * v.at(j, h * width + c);
            }
        return o;
    }
    static Matrix columns(const Matrix& x, size_t first, size_t count) {
        Matrix y(x.rows, count);
        for (size_t t = 0; t < x.rows; ++t)
            for (size_t c = 0; c < count; ++c) y.at(t, c) = x.at(t, first + c);
        return y;
    }
    static Matrix map(Matrix x, const std::function<double(double)>& f) {
        for (double& a : x.x) a = f(a);
        return x;
    }
    static Matrix sum(Matrix x, const Matrix& other) {
        for (size_t i = 0; i < x.x.size(); ++i) x.x[i] += other.x[i];
        return x;
    }
    static Matrix times(Matrix x, const Matrix& other) {
        for (size_t i = 0; i < x.x.size(); ++i) x.x[i] *= other.x[i];
        return x;
    }

  private:
    double scale_of(const std::string& name) const {
        return w_.has(name + ".weight_scale") ? double{w_.of(name + ".weight_scale")[0]} : 1.0;
    }

    const NamedTensors& w_;
};

inline double silu(double x) { return x / (1 + std::exp(-x)); }
inline double gelu(double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }

/// |actual - exact| / |exact| of all elements together.
inline double relative_error(const std::vector<float>& actual, const double* exact) {
    double squares = 0, size = 0;
    for (size_t i = 0; i < actual.size(); ++i) {
        squares += (double{actual[i]} - exact[i]) * (double{actual[i]} - exact[i]);
        size += exact[i] * exact[i];
    }
    return std::sqrt(squares / size);
}

}  // namespace tessera::test
