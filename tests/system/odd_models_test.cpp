// SPDX-License-Identifier: MIT
// Models as a description may well have them, but those of models/ do not: layers of one name in
// two graphs, names that are written again, host values wherever numbers may come, results that are
// not finite.
#include <cmath>

#include "host/model/model_run.h"
#include "host/run/bytes.h"
#include "host/run/forked.h"
#include "tests/support/compared.h"
#include "tests/support/model_oracle.h"
#include "tests/support/program_chain.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;
using test::Matrix;
using Layers = test::ModelOracle;

namespace {

constexpr size_t kColumns = 12;

struct Ends {
    std::vector<std::vector<float>> outputs;
    uint64_t outside = 0;
    std::string inexact;
};

template <typename Walker, typename SomeEnds>
void walk(Walker& p, SomeEnds& ends) {
    p.length(ends.outputs);
    for (auto& output : ends.outputs) p.list(output);
    p.value(ends.outside);
    p.text(ends.inexact);
}

/// Runs the graphs in this order, and reads `outputs` at the end.
Ends run(const std::string& graphs, const test::RandomWeights& weights,
         const std::vector<host::GraphRun>& runs, const std::vector<std::string>& outputs,
         bool check = true) {
    const test::Scratch scratch;
    weights.write(scratch / "w.safetensors");
    const host::Forked forked = host::run_forked([&] {
        const hw::PlatformConfig config = test::platform_of("tiny");
        host::Platform platform(config);
        host::ModelRun::Options options;
        options.check = check;
        const host::Model model = host::read_model(
            "test", R"({"format": "tessera-model-1", "name": "odd", "graphs": )" + graphs + "}");
        host::ModelRun device(model, host::ModelWeights(scratch / "w.safetensors"),
                              {config, host::EnergyTable(), Precision::kExact}, platform, 16,
                              options);
        Ends ends;
        for (const host::GraphRun& one : runs) device.run(one);
        for (const std::string& name : outputs) ends.outputs.push_back(device.output(name));
        for (const host::LayerCost& layer : device.record().layers) ends.outside += layer.outside;
        ends.inexact = device.record().inexact;
        host::Packer p;
        walk(p, ends);
        return p.bytes;
    });
    INFO(forked.failure);
    REQUIRE(forked.failure.empty());
    Ends ends;
    host::Unpacker p(forked.bytes);
    walk(p, ends);
    return ends;
}

/// Numbers of the host, and the same for the oracle.
struct Numbers {
    Numbers(size_t rows, size_t columns, std::mt19937_64& random) : exact(rows, columns) {
        for (double& x : exact.x) {
            numbers.push_back(static_cast<float>(random() % 201) / 100 - 1);
            x = double{numbers.back()};
        }
    }
    host::Value value() const { return host::numbers_of(numbers, exact.rows, exact.columns); }

    Matrix exact;
    std::vector<float> numbers;
};

void near(const std::vector<float>& actual, const Matrix& exact, Compared& outputs,
          const std::string& name) {
    REQUIRE(actual.size() == exact.x.size());
    const double error = test::relative_error(actual, exact.x.data());
    outputs.holds(error < 0.02, [&] { return name + ": " + std::to_string(error); });
}

}  // namespace

TEST_CASE("layers of one name in two graphs have each their own weights") {
    auto random = test::test_random();
    Compared outputs("outputs");
    test::RandomWeights weights(random);
    weights.matrix("a.fc", kColumns, kColumns);
    weights.matrix("b.fc", kColumns, kColumns);
    const Numbers x(3, kColumns, random);
    const std::string layer = R"("inputs": {"x": {"type": "numbers", "columns": 12}}, "layers": [
        {"layer": "linear", "name": "fc", "weights": ")";
    const std::string graphs = R"({"a": {)" + layer + R"(a.fc", "input": "x", "output": "ya",
        "keep": true}]}, "b": {)" +
                               layer + R"(b.fc", "input": "x", "output": "yb",
        "keep": true}]}})";
    const Ends ends =
        run(graphs, weights, {{"a", {{"x", x.value()}}}, {"b", {{"x", x.value()}}}}, {"ya", "yb"});
    near(ends.outputs[0], Layers(weights).linear(x.exact, "a.fc", false), outputs, "a");
    near(ends.outputs[1], Layers(weights).linear(x.exact, "b.fc", false), outputs, "b");
    outputs.equal(ends.outside, uint64_t{0});
}

TEST_CASE("a table serves an embedding and, turned, the logits, a name being written again") {
    auto random = test::test_random();
    Compared outputs("outputs");
    test::RandomWeights weights(random);
    weights.matrix("table", 30, kColumns);
    const std::string graphs = R"({"g": {"inputs": {"t": {"type": "indices"}}, "layers": [
        {"layer": "embedding", "name": "embed", "weights": "table", "input": "t", "output": "x"},
        {"layer": "linear", "name": "logits", "weights": "table", "transposed": true,
         "input": "x", "output": "x"},
        {"layer": "argmax", "name": "argmax", "input": "x", "output": "next", "keep": true}]}})";
    for (const uint32_t rows : {1u, 5u}) {
        std::vector<uint32_t> tokens(rows);
        for (uint32_t& token : tokens) token = static_cast<uint32_t>(random() % 30);
        const Ends ends =
            run(graphs, weights, {{"g", {{"t", host::indices_of(tokens)}}}}, {"next"});
        // No row of whole numbers has a larger product with another than a longest one with itself.
        const Matrix x = Layers(weights).embedding(tokens, "table");
        const test::NamedTensor& table = weights.tensor("table.weight");
        for (uint32_t row = 0; row < rows; ++row) {
            size_t best = 0;
            double most = -INFINITY;
            for (size_t n = 0; n < 30; ++n) {
                double sum = 0;
                for (size_t c = 0; c < kColumns; ++c)
                    sum += x.at(row, c) * double{table.elements[n * kColumns + c]};
                if (sum > most) best = n;
                most = std::max(most, sum);
            }
            outputs.equal(static_cast<size_t>(ends.outputs[0][row]), best);
        }
    }
}

TEST_CASE("numbers of the host go into every kind of layer, and what is kept is written last") {
    auto random = test::test_random();
    Compared outputs("outputs");
    test::RandomWeights weights(random);
    weights.row("norm.weight", kColumns, 1);
    weights.matrix("fc", kColumns, kColumns);
    const std::string graphs = R"({"g": {"inputs": {"x": {"type": "numbers", "columns": 12},
        "z": {"type": "numbers", "columns": 12}}, "layers": [
        {"layer": "norm", "name": "norm", "norm": "rms", "epsilon": 1e-5, "input": "x",
         "output": "n", "keep": true},
        {"layer": "gate", "name": "gate", "input": "x", "output": "g", "gate": "second",
         "activation": "silu", "keep": true},
        {"layer": "add", "name": "add", "input": "x", "other": "z", "factor": 2, "output": "s",
         "keep": true},
        {"layer": "linear", "name": "fc", "input": "x", "residual": "z", "output": "y"},
        {"layer": "add", "name": "again", "input": "y", "other": "x", "output": "y"},
        {"layer": "pool", "name": "pool", "input": "y", "output": "y", "keep": true}]}})";
    const Numbers x(5, kColumns, random), z(5, kColumns, random);
    const Ends ends =
        run(graphs, weights, {{"g", {{"x", x.value()}, {"z", z.value()}}}}, {"n", "g", "s", "y"});
    const Layers model(weights);
    near(ends.outputs[0], model.norm(x.exact, "norm", 1e-5, false, false, false), outputs, "norm");
    near(ends.outputs[1],
         Layers::times(
             Layers::columns(x.exact, 0, kColumns / 2),
             Layers::map(Layers::columns(x.exact, kColumns / 2, kColumns / 2), test::silu)),
         outputs, "gate");
    near(ends.outputs[2], Layers::sum(Layers::sum(x.exact, x.exact), z.exact), outputs, "add");
    const Matrix y = Layers::sum(Layers::sum(model.linear(x.exact, "fc", false), z.exact), x.exact);
    Matrix mean(1, kColumns);
    for (size_t t = 0; t < y.rows; ++t)
        for (size_t c = 0; c < kColumns; ++c) mean.at(0, c) += y.at(t, c) / double(y.rows);
    near(ends.outputs[3], mean, outputs, "pool");
    outputs.equal(ends.outside, uint64_t{0});
}

TEST_CASE("the last row, kept or as an operand, and a gate by another value") {
    auto random = test::test_random();
    Compared outputs("outputs");
    test::RandomWeights weights(random);
    weights.matrix("fc", kColumns, kColumns);
    const std::string graphs = R"({"g": {"inputs": {"x": {"type": "numbers", "columns": 12},
        "z": {"type": "numbers", "columns": 12}}, "layers": [
        {"layer": "gate", "name": "gate", "input": "x", "by": "z", "activation": "silu",
         "output": "g", "keep": true},
        {"layer": "last", "name": "kept", "input": "g", "output": "l", "keep": true},
        {"layer": "last", "name": "part", "input": "g", "output": "p"},
        {"layer": "linear", "name": "fc", "input": "p", "output": "y", "keep": true},
        {"layer": "add", "name": "sum", "input": "p", "other": "y", "output": "s",
         "keep": true}]}})";
    for (const size_t rows : {1u, 6u}) {
        const Numbers x(rows, kColumns, random), z(rows, kColumns, random);
        const Ends ends = run(graphs, weights, {{"g", {{"x", x.value()}, {"z", z.value()}}}},
                              {"g", "l", "y", "s"});
        const Matrix g = Layers::times(x.exact, Layers::map(z.exact, test::silu));
        Matrix last(1, kColumns);
        for (size_t c = 0; c < kColumns; ++c) last.at(0, c) = g.at(rows - 1, c);
        const Matrix y = Layers(weights).linear(last, "fc", false);
        near(ends.outputs[0], g, outputs, "gate");
        near(ends.outputs[1], last, outputs, "kept");
        near(ends.outputs[2], y, outputs, "product");
        near(ends.outputs[3], Layers::sum(last, y), outputs, "sum");
        outputs.equal(ends.outside, uint64_t{0});
    }
}

TEST_CASE("a result that is not finite is judged without a check, too") {
    auto random = test::test_random();
    Compared ends("ends of runs");
    test::RandomWeights weights(random);
    weights.row("unused", 1, 0);
    const std::string norm = R"({"g": {"inputs": {"x": {"type": "numbers", "columns": 12}},
        "layers": [{"layer": "norm", "name": "unit", "norm": "l2", "epsilon": 0, "input": "x",
        "output": "y", "keep": true}]}})";
    // 0 / 0 is what the definition says: nothing is wrong with it.
    const host::Value zeros = host::numbers_of(std::vector<float>(24), 2, kColumns);
    const Ends explained = run(norm, weights, {{"g", {{"x", zeros}}}}, {"y"}, false);
    ends.equal(explained.inexact, std::string());
    ends.holds(std::isnan(explained.outputs[0][0]), [] { return "a NaN"; });
    // The squares are beyond fp32, the quotient is not.
    const host::Value large = host::numbers_of(std::vector<float>(24, 1e33f), 2, kColumns);
    const std::string squares = R"({"g": {"inputs": {"x": {"type": "numbers", "columns": 12}},
        "layers": [{"layer": "add", "name": "twice", "input": "x", "other": "x", "factor": 1e6,
        "output": "y", "keep": true}]}})";
    const Ends overflown = run(squares, weights, {{"g", {{"x", large}}}}, {"y"}, false);
    ends.holds(std::isfinite(overflown.outputs[0][0]) == overflown.inexact.empty(),
               [&] { return "inexact: " + overflown.inexact; });
}
