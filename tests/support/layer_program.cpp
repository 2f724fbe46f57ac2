// SPDX-License-Identifier: MIT
#include "tests/support/layer_program.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/operation/attention_operation.h"
#include "host/operation/elementwise.h"
#include "host/operation/epilogue.h"
#include "host/operation/gate.h"
#include "host/operation/gather.h"
#include "host/operation/gemm_operation.h"
#include "host/operation/norm.h"
#include "host/operation/pool.h"
#include "host/operation/rotary.h"

namespace tessera::test {
namespace {

using host::ElementType;
using host::MatrixPart;
using host::TensorLayout;

constexpr uint32_t kPositions = 64, kFirstPosition = 3;

/// Makes the steps one after the other.
class Builder {
  public:
    explicit Builder(const LayerProgram& layer) : layer_(layer), random_(layer.seed) {}

    std::vector<host::ProgramStep> build() {
        embed();
        attend();
        feed_forward();
        finish();
        return std::move(steps_);
    }

  private:
    using Bindings = host::MemoryMap::Bindings;

    void add(const std::string& name, std::shared_ptr<host::Operation> operation,
             const Bindings& reads, const Bindings& writes) {
        steps_.push_back({name, std::move(operation), reads, writes});
    }
    std::vector<float> numbers(uint64_t count, double mean, double spread) {
        std::normal_distribution<double> normal(mean, spread);
        std::vector<float> all(count);
        for (float& x : all) x = static_cast<float>(normal(random_));
        return all;
    }
    std::vector<float> row(uint64_t columns, double mean) { return numbers(columns, mean, 0.2); }

    // Where matrices lie: residuals in one block, operands of a gemm in its blocks, heads apart.
    MatrixPart residual() const {
        const uint32_t columns = layer_.features();
        return MatrixPart(
            TensorLayout::matrix(ElementType::kFp32, layer_.tokens, columns, columns));
    }
    MatrixPart gemm_a(uint64_t columns) const {
        return MatrixPart(TensorLayout::matrix(ElementType::kBf16, layer_.tokens, columns,
                                               fw::gemm_inner(layer_.platform.params)));
    }
    MatrixPart gemm_c(uint64_t columns) const {
        return MatrixPart(TensorLayout::matrix(ElementType::kFp32, layer_.tokens, columns,
                                               layer_.platform.params.d));
    }
    MatrixPart heads() const {
        return MatrixPart(
            TensorLayout::heads(ElementType::kBf16, layer_.heads, layer_.tokens, layer_.width));
    }

    /// c = a w, with whole numbers as weights.
    void gemm(const std::string& name, const std::string& a, const std::string& c, uint32_t inner,
              uint32_t columns) {
        std::vector<float> weights = numbers(uint64_t{inner} * columns, 0, 20);
        for (float& x : weights) x = std::round(x);
        host::GemmInputs inputs;
        inputs.b = host::operand_of(weights);
        add(name,
            std::make_shared<host::GemmOperation>(
                host::Gemm{layer_.tokens, inner, columns, false, 0, 0, {}}, std::move(inputs),
                layer_.platform.params, host::EnergyTable()),
            {{"a", a}}, {{"c", c}});
    }
    void norm(const std::string& name, fw::Norm kind, bool beta, const std::string& a,
              const std::string& y, const MatrixPart& lies) {
        host::NormWork work;
        work.norm = kind;
        work.eps = 1e-5f;
        work.has_gamma = kind != fw::Norm::kL2;
        work.has_beta = beta;
        work.a = residual();
        work.y = lies;
        host::NormElements elements;
        if (work.has_gamma) elements.gamma = row(layer_.features(), 1);
        if (beta) elements.beta = row(layer_.features(), 0);
        add(name, std::make_shared<host::NormOperation>(work, std::move(elements), layer_.platform),
            {{"a", a}}, {{"y", y}});
    }
    void rotary(const std::string& name, const std::string& a, const std::string& y) {
        host::Rotary work;
        work.pairs = layer_.pairs;
        work.heads = layer_.heads;
        work.rotated = layer_.width / 4 * 2;
        work.position = kFirstPosition;
        work.positions = kPositions;
        work.has_factor = true;
        work.factor = 1.0f / 64;
        work.a = gemm_c(layer_.features());
        work.y = heads();
        std::vector<float> frequencies(work.rotated / 2);
        for (size_t i = 0; i < frequencies.size(); ++i)
            frequencies[i] = std::pow(0.3f, static_cast<float>(i));
        add(name,
            std::make_shared<host::RotaryOperation>(
                work, std::vector<float>(), host::rotary_table(frequencies, kPositions, true),
                layer_.platform),
            {{"a", a}}, {{"y", y}});
    }
    void epilogue(const std::string& name, const host::Epilogue& work, const Bindings& reads,
                  const std::string& y) {
        host::EpilogueElements elements;
        if (work.scaling == fw::Scaling::kColumns) elements.scales = row(work.a.columns, 0.03);
        if (work.has_bias) elements.bias = row(work.a.columns, 0);
        add(name,
            std::make_shared<host::EpilogueOperation>(work, std::move(elements), layer_.platform),
            reads, {{"y", y}});
    }

    void embed() {
        host::Gather work;
        work.rows = layer_.tokens;
        work.has_factor = true;
        work.factor = 0.37f;
        const uint64_t columns = layer_.features();
        work.table = MatrixPart(
            TensorLayout::matrix(ElementType::kBf16, layer_.vocabulary, columns, columns));
        work.y = residual();
        std::vector<uint32_t> ids(layer_.tokens);
        for (uint32_t& id : ids) id = static_cast<uint32_t>(random_() % layer_.vocabulary);
        add("embed",
            std::make_shared<host::GatherOperation>(
                work, ids, numbers(layer_.vocabulary * columns, 0.5, 3), layer_.platform),
            {}, {{"y", "x0"}});
        norm("group", fw::Norm::kWhole, true, "x0", "x", residual());
    }
    void attend() {
        const uint32_t columns = layer_.features();
        norm("norm1", fw::Norm::kLayer, false, "x", "n1", gemm_a(columns));
        for (const char* which : {"q", "k", "v"})
            gemm(std::string("gemm_") + which, "n1", std::string("c") + which, columns, columns);
        rotary("rotary_q", "cq", "q");
        rotary("rotary_k", "ck", "k");
        host::Epilogue to_heads;
        to_heads.scaling = fw::Scaling::kFactor;
        to_heads.factor = 0.01f;
        to_heads.a = gemm_c(columns);
        to_heads.y = heads();
        epilogue("heads_v", to_heads, {{"a", "cv"}}, "v");
        attention();
        host::Epilogue to_matrix;
        to_matrix.a = heads();
        to_matrix.y = gemm_a(columns);
        epilogue("matrix_o", to_matrix, {{"a", "o"}}, "om");
        gemm("gemm_dense", "om", "cd", columns, columns);
        host::Epilogue back;
        back.scaling = fw::Scaling::kColumns;
        back.has_residual = true;
        back.a = gemm_c(columns);
        back.residual = back.y = residual();
        epilogue("residual1", back, {{"a", "cd"}, {"residual", "x"}}, "x1");
    }
    void attention() {
        host::Problem p;
        p.leading = {layer_.heads};
        p.query_heads = p.kv_heads = layer_.heads;
        p.nq = p.nk = layer_.tokens;
        p.d_k = p.d_v = layer_.width;
        p.scale = host::default_scale(layer_.width);
        p.bf16_output = true;
        host::Inputs inputs;
        inputs.has_data = true;
        add("attention",
            std::make_shared<host::AttentionOperation>(p, std::move(inputs), layer_.platform),
            {{"q", "q"}, {"k", "k"}, {"v", "v"}}, {{"o", "o"}});
    }
    void feed_forward() {
        const uint32_t columns = layer_.features(), hidden = layer_.hidden;
        norm("norm2", fw::Norm::kRms, false, "x1", "n2", gemm_a(columns));
        gemm("gemm_up", "n2", "cu", columns, 2 * hidden);
        host::Epilogue biased;
        biased.scaling = fw::Scaling::kColumns;
        biased.has_bias = true;
        biased.a = biased.y = gemm_c(2 * hidden);
        epilogue("bias_up", biased, {{"a", "cu"}}, "u");
        host::Gate gate;
        gate.activation = layer_.activation;
        gate.a = MatrixPart::of_columns(gemm_c(2 * hidden).layout, 0, hidden);
        gate.b = MatrixPart::of_columns(gemm_c(2 * hidden).layout, hidden, hidden);
        gate.y = gemm_a(hidden);
        add("gate",
            std::make_shared<host::GateOperation>(gate, std::vector<float>(), std::vector<float>(),
                                                  layer_.platform),
            {{"a", "u"}, {"b", "u"}}, {{"y", "g"}});
        gemm("gemm_down", "g", "cx", hidden, columns);
        host::Epilogue back;
        back.activation = layer_.activation;
        back.scaling = fw::Scaling::kFactor;
        back.factor = 0.02f;
        back.has_bias = back.has_residual = true;
        back.a = gemm_c(columns);
        back.residual = back.y = residual();
        epilogue("residual2", back, {{"a", "cx"}, {"residual", "x1"}}, "x2");
    }
    void finish() {
        const uint64_t columns = layer_.features();
        norm("l2", fw::Norm::kL2, false, "x2", "unit", residual());
        host::Pool pool;
        pool.a = residual();
        pool.y = MatrixPart(TensorLayout::matrix(ElementType::kFp32, 1, columns, columns));
        add("pool",
            std::make_shared<host::PoolOperation>(pool, std::vector<float>(), layer_.platform),
            {{"a", "unit"}}, {{"y", "mean"}});
        host::Elementwise argmax;
        argmax.function = fw::ElementFunction::kRowArgmax;
        argmax.a = residual().layout;
        argmax.matrix = true;
        add("argmax",
            std::make_shared<host::ElementwiseOperation>(argmax, std::vector<float>(),
                                                         std::vector<float>(), layer_.platform),
            {{"a", "x2"}}, {{"y", "ids"}});
        host::Gather again;
        again.rows = layer_.tokens;
        again.table =
            MatrixPart(TensorLayout::matrix(ElementType::kFp32, columns, columns, columns));
        again.y = gemm_a(columns);
        add("again",
            std::make_shared<host::GatherOperation>(
                again, std::vector<uint32_t>(), numbers(columns * columns, 0, 1), layer_.platform),
            {{"ids", "ids"}}, {{"y", "e"}});
    }

    const LayerProgram& layer_;
    std::mt19937_64 random_;
    std::vector<host::ProgramStep> steps_;
};

}  // namespace

std::string LayerProgram::name() const {
    return std::to_string(tokens) + " tokens, " + std::to_string(heads) + " heads of " +
           std::to_string(width) + ", hidden " + std::to_string(hidden) + ", seed " +
           std::to_string(seed);
}

LayerProgram random_layer(const std::string& device, std::mt19937_64& random) {
    const auto up_to = [&](uint32_t most) { return static_cast<uint32_t>(1 + random() % most); };
    LayerProgram layer;
    layer.platform = platform_of(device);
    layer.tokens = up_to(2 * layer.platform.params.m + 3);
    layer.tokens = std::min(layer.tokens, kPositions - kFirstPosition);
    layer.heads = up_to(3);
    layer.width = std::max(4u, up_to(std::min(layer.platform.params.d, layer.platform.params.m)));
    layer.hidden = up_to(50);
    layer.vocabulary = up_to(30);
    layer.seed = random();
    layer.activation = static_cast<fw::Activation>(up_to(fw::kActivations) - 1);
    layer.pairs = random() % 2 == 0 ? fw::RotaryPairs::kInterleaved : fw::RotaryPairs::kHalves;
    return layer;
}

std::vector<host::ProgramStep> layer_steps(const LayerProgram& layer) {
    return Builder(layer).build();
}

ChainRun run_layer(const LayerProgram& layer) {
    host::Program program(layer.platform);
    for (const host::ProgramStep& step : layer_steps(layer)) program.add(step);
    program.place();
    return run_program(layer.platform, program);
}

}  // namespace tessera::test
