// SPDX-License-Identifier: MIT
// A layer of a transformer on one machine, all of its work on the processor included: each step
// against double precision, what it costs, and that its checks notice a wrong result.
#include <cmath>

#include "host/float_bits.h"
#include "tests/support/compared.h"
#include "tests/support/layer_program.h"

using namespace tessera;
using test::Compared;
using test::LayerProgram;

namespace {

/// Cycles of a step by the default costs, 0 for those of the device.
uint64_t cycles_of(const LayerProgram& layer, const std::string& step) {
    const uint64_t features = layer.tokens * layer.features();
    const auto at = [](double cost, uint64_t elements) {
        return static_cast<uint64_t>(std::ceil(cost * static_cast<double>(elements)));
    };
    const uint64_t function = fw::has_exponential(layer.activation) ? 4 : 0;
    if (step == "embed" || step == "again") return at(0.5, features);
    if (step == "group" || step == "norm1") return at(0.5, 2 * features) + features;
    if (step == "norm2" || step == "l2") return at(0.5, features) + features;
    if (step == "rotary_q" || step == "rotary_k") return at(1.25, features);
    if (step == "heads_v" || step == "matrix_o" || step == "residual1") return features;
    if (step == "bias_up") return 2 * layer.tokens * layer.hidden;
    if (step == "gate") return layer.tokens * layer.hidden * (function + 1);
    if (step == "residual2") return features * (function + 1);
    if (step == "pool" || step == "argmax") return at(0.5, features);
    return 0;
}

}  // namespace

TEST_CASE("a layer of a transformer: every step within its bound, and its cost by formula") {
    auto random = test::test_random();
    Compared elements("elements against double precision"), costs("costs of steps");
    for (const char* device : {"tiny", "tiny", "tiny", "tiny", "small", "odd"}) {
        const LayerProgram layer = test::random_layer(device, random);
        INFO(layer.name());
        const test::ChainRun run = test::run_layer(layer);
        REQUIRE(run.failure == "");
        const std::vector<host::ProgramStep> steps = test::layer_steps(layer);
        REQUIRE(run.steps.size() == steps.size());
        for (size_t i = 0; i < steps.size(); ++i) {
            const test::ChainStep& step = run.steps[i];
            const auto where = [&] { return layer.name() + ", step " + steps[i].name; };
            elements.add(step.elements, step.outside, where);
            costs.equal(step.elements, step.result.size(), where);
            costs.equal(step.cost.elementwise_cycles, cycles_of(layer, steps[i].name), where);
            costs.equal(step.cost.processor_bytes != 0, cycles_of(layer, steps[i].name) != 0,
                        where);
        }
    }
}

TEST_CASE("heads and blocks of a matrix hold the same numbers") {
    auto random = test::test_random();
    Compared numbers("numbers laid out anew");
    const LayerProgram layer = test::random_layer("tiny", random);
    const test::ChainRun run = test::run_layer(layer);
    REQUIRE(run.failure == "");
    const std::vector<host::ProgramStep> steps = test::layer_steps(layer);
    for (size_t i = 0; i + 1 < steps.size(); ++i) {
        if (steps[i].name != "attention") continue;
        const std::vector<float>& heads = run.steps[i].result;
        const std::vector<float>& matrix = run.steps[i + 1].result;
        REQUIRE(heads.size() == matrix.size());
        for (uint32_t head = 0; head < layer.heads; ++head)
            for (uint32_t row = 0; row < layer.tokens; ++row)
                for (uint32_t c = 0; c < layer.width; ++c) {
                    const size_t in_heads = (head * layer.tokens + row) * layer.width + c;
                    const size_t in_matrix = (row * layer.heads + head) * layer.width + c;
                    numbers.equal(host::bits_of(matrix[in_matrix]), host::bits_of(heads[in_heads]));
                }
    }
}

TEST_CASE("the check of a step notices a wrong result") {
    auto random = test::test_random();
    Compared notices("wrong results noticed");
    const LayerProgram layer = test::random_layer("tiny", random);
    for (const host::ProgramStep& step : test::layer_steps(layer)) {
        if (cycles_of(layer, step.name) == 0) continue;  // not the processor's
        host::MemoryMap map(layer.platform);
        step.operation->place(map);
        std::vector<uint8_t> bytes(map.end());
        const host::MemoryAccess memory = [&](uint64_t address, uint64_t size) {
            REQUIRE(address + size <= bytes.size());
            return bytes.data() + address;
        };
        step.operation->write(memory);
        step.operation->read_operands(memory);
        const auto shape = step.operation->output().shape;
        std::vector<float> result(shape[0] * shape[1], 1e6f);
        const host::ElementErrors errors = step.operation->check(result, [](double) {});
        notices.equal(errors.outside, result.size(), [&] { return step.name; });
    }
}
