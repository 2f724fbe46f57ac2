// SPDX-License-Identifier: MIT
#include "tests/support/random_model.h"

#include <stdexcept>

#include "host/model/head_settings.h"
#include "host/run/bytes.h"
#include "host/run/forked.h"

namespace tessera::test {

const char* const kDecoderModel = R"({"format": "tessera-model-1", "name": "decoder", "graphs": {
  "decoder": {"inputs": {"tokens": {"type": "indices"}}, "layers": [
    {"layer": "embedding", "name": "embed", "input": "tokens", "output": "x"},
    {"repeat": 2, "layers": [
      {"layer": "norm", "name": "norm1.{i}", "norm": "rms", "epsilon": 1e-5, "input": "x",
       "output": "y"},
      {"layer": "linear", "name": "q.{i}", "input": "y", "output": "q", "heads": 2,
       "rotary": {"pairs": "halves", "frequencies": "frequencies"}},
      {"layer": "linear", "name": "k.{i}", "input": "y", "output": "k.{i}", "heads": 2,
       "append": true, "bias": true, "rotary": {"pairs": "halves", "frequencies": "frequencies"}},
      {"layer": "linear", "name": "v.{i}", "input": "y", "output": "v.{i}", "heads": 2,
       "append": true},
      {"layer": "attention", "name": "attention.{i}", "queries": "q", "keys": "k.{i}",
       "values": "v.{i}", "output": "o", "causal": true},
      {"layer": "linear", "name": "dense.{i}", "input": "o", "residual": "x", "output": "x"},
      {"layer": "norm", "name": "norm2.{i}", "norm": "layer", "epsilon": 1e-5, "bias": true,
       "input": "x", "output": "y"},
      {"layer": "linear", "name": "up.{i}", "input": "y", "output": "u", "bias": true},
      {"layer": "gate", "name": "gate.{i}", "input": "u", "output": "g", "activation": "silu",
       "gate": "second"},
      {"layer": "linear", "name": "down.{i}", "input": "g", "bias": true, "residual": "x",
       "output": "x"}]},
    {"layer": "linear", "name": "logits", "input": "x", "output": "logits", "keep": true},
    {"layer": "argmax", "name": "argmax", "input": "logits", "output": "next", "keep": true}]}}})";

const char* const kEncoderModel = R"({"format": "tessera-model-1", "name": "encoder", "graphs": {
  "encoder": {"inputs": {"audio": {"type": "numbers"}}, "layers": [
    {"layer": "convolution", "name": "conv1", "input": "audio", "output": "c", "taps": 13,
     "stride": 32, "activation": "tanh"},
    {"layer": "norm", "name": "group", "norm": "group", "epsilon": 1e-5, "bias": true,
     "input": "c", "output": "c"},
    {"layer": "convolution", "name": "conv2", "input": "c", "output": "x", "taps": 3, "stride": 2,
     "bias": true, "activation": "gelu"},
    {"layer": "linear", "name": "qkv", "input": "x", "bias": true,
     "parts": [{"output": "q", "heads": 2}, {"output": "k", "heads": 2},
               {"output": "v", "heads": 2}]},
    {"layer": "attention", "name": "attention", "queries": "q", "keys": "k", "values": "v",
     "output": "o", "window": 5},
    {"layer": "add", "name": "add", "input": "o", "other": "x", "factor": 2, "output": "x"},
    {"layer": "pool", "name": "pool", "input": "x", "output": "mean", "keep": true}]}}})";

RandomWeights decoder_weights(std::mt19937_64& random) {
    RandomWeights w(random);
    w.matrix("embed", kModelVocabulary, kModelColumns);
    w.row("frequencies", 4, 0.7f);
    for (size_t i = 0; i < kModelLayers; ++i) {
        const std::string n = "." + std::to_string(i);
        for (const char* name : {"q", "k", "v", "dense"})
            w.matrix(name + n, kModelColumns, kModelColumns);
        w.row("k" + n + ".bias", kModelColumns, 0);
        w.row("norm1" + n + ".weight", kModelColumns, 1);
        w.row("norm2" + n + ".weight", kModelColumns, 1);
        w.row("norm2" + n + ".bias", kModelColumns, 0);
        w.matrix("up" + n, kModelColumns, 2 * kModelHidden);
        w.row("up" + n + ".bias", 2 * kModelHidden, 0);
        w.matrix("down" + n, kModelHidden, kModelColumns);
        w.row("down" + n + ".bias", kModelColumns, 0);
    }
    w.matrix("logits", kModelColumns, kModelVocabulary);
    return w;
}

RandomWeights encoder_weights(std::mt19937_64& random) {
    constexpr size_t kChannels = 32;
    RandomWeights w(random);
    w.matrix("conv1", 13, kChannels);
    w.row("group.weight", kChannels, 1);
    w.row("group.bias", kChannels, 0);
    w.matrix("conv2", 3 * kChannels, kModelColumns);
    w.row("conv2.bias", kModelColumns, 0);
    w.matrix("qkv", kModelColumns, 3 * kModelColumns);
    w.row("qkv.bias", 3 * kModelColumns, 0);
    return w;
}

ModelInputs in_parts(const std::vector<uint32_t>& tokens, size_t first) {
    ModelInputs parts;
    for (size_t i = 0; i < tokens.size(); i += i == 0 ? first : 1) {
        const auto begin = tokens.begin() + static_cast<ptrdiff_t>(i);
        const auto count = static_cast<ptrdiff_t>(i == 0 ? first : 1);
        parts.emplace_back("tokens", host::indices_of({begin, begin + count}));
    }
    return parts;
}

namespace {

template <typename Walker, typename End>
void walk(Walker& p, End& end) {
    p.list(end.output);
    p.list(end.next);
    p.list(end.costs);
    p.value(end.checked);
    p.value(end.outside);
    p.value(end.pairs);
    p.value(end.pairs_seen);
    p.value(end.audited);
}

host::Bytes run_here(const ModelCase& c, const ModelInputs& inputs) {
    constexpr uint64_t kCapacity = 512;
    host::ModelRun::Options options;
    options.check = !c.platform.timing_only;
    options.step_times = c.step_times;
    host::Platform platform(c.platform);
    host::Model described = host::read_model("test", c.description);
    host::set_heads(described, "test", c.settings);
    host::ModelRun model(std::move(described), host::ModelWeights(c.weights),
                         {c.platform, host::EnergyTable(), c.precision}, platform, kCapacity,
                         options);
    ModelEnd end;
    uint32_t position = 0;
    for (const auto& [name, value] : inputs) {
        model.run({c.graph, {{name, value}}, position});
        position += static_cast<uint32_t>(value.rows());
        if (c.platform.timing_only) continue;
        for (const float x : model.output(c.output)) end.output.push_back(x);
        if (c.graph != "decoder") continue;
        for (const float x : model.output("next")) end.next.push_back(x);
    }
    for (const host::LayerCost& layer : model.record().layers) {
        const host::StepCost& cost = layer.cost;
        end.costs.insert(end.costs.end(), {cost.cycles, cost.calls, cost.bytes,
                                           cost.firmware_cycles, cost.elementwise_cycles});
        end.checked += layer.checked;
        end.outside += layer.outside;
        end.pairs += layer.pairs;
        end.pairs_seen += layer.pairs_seen;
    }
    for (const host::LayerAudit& audit : model.record().audits) end.audited += audit.runs;
    host::Packer p;
    walk(p, end);
    return p.bytes;
}

}  // namespace

ModelEnd run_model(const ModelCase& model, const ModelInputs& inputs) {
    const host::Forked forked = host::run_forked([&] { return run_here(model, inputs); });
    if (!forked.failure.empty()) throw std::runtime_error(forked.failure);
    ModelEnd end;
    host::Unpacker p(forked.bytes);
    walk(p, end);
    return end;
}

}  // namespace tessera::test
