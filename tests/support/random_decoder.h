// SPDX-License-Identifier: MIT
// Small decoders with random weights, as model hubs have them on disk, and what they compute in
// double precision, written from the papers: GPT-2, Llama, Mistral, Qwen2.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/support/model_oracle.h"
#include "tests/support/model_weights.h"

namespace tessera::test {

struct DecoderDims {
    std::string type = "llama";  ///< gpt2, llama, mistral or qwen2
    size_t layers = 2, heads = 4, kv_heads = 2, head = 8, hidden = 40, vocabulary = 50;
    size_t positions = 96, window = 0;
    bool tied = false;

    size_t width() const { return heads * head; }
    bool gpt2() const { return type == "gpt2"; }
};

class RandomDecoder {
  public:
    RandomDecoder(const DecoderDims& dims, std::mt19937_64& random);

    /// config.json as the family has it; members of `changes` are put in its place.
    nlohmann::json config() const;
    /// config.json and model.safetensors, or with `shards` an index of two files.
    void write(const std::string& folder, bool shards = false) const;
    void write_config(const std::string& folder, const nlohmann::json& config) const;
    /// All tensors but this one, or with it in another shape.
    void remove(const std::string& name) { tensors_.erase(name); }
    NamedTensor& tensor(const std::string& name) { return tensors_.at(name); }

    /// Logits of all rows, [tokens][vocabulary].
    Matrix logits(const std::vector<uint32_t>& tokens) const;
    std::vector<uint32_t> random_tokens(size_t count, std::mt19937_64& random) const;

  private:
    void matrix(const std::string& name, size_t rows, size_t columns, std::mt19937_64& random);
    void row(const std::string& name, size_t columns, double mean, std::mt19937_64& random);
    void linear_tensors(const std::string& name, size_t inputs, size_t outputs, bool bias,
                        std::mt19937_64& random);

    Matrix linear(const Matrix& x, const std::string& name) const;
    Matrix norm(const Matrix& x, const std::string& name) const;
    Matrix rotated(const Matrix& x, size_t heads) const;
    Matrix attention(const Matrix& q, const Matrix& k, const Matrix& v) const;
    Matrix gpt2_layer(Matrix x, const std::string& at) const;
    Matrix llama_layer(Matrix x, const std::string& at) const;

    DecoderDims dims_;
    std::map<std::string, NamedTensor> tensors_;
};

}  // namespace tessera::test
