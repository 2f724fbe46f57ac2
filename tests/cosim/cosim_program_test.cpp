// SPDX-License-Identifier: MIT
// Programs on model and RTL: every result, counter and cycle of every step.
#include <utility>

#include "host/float_bits.h"
#include "host/operation/gemm_operation.h"
#include "rtl/sim/rtl_device.h"
#include "tests/support/compared.h"
#include "tests/support/layer_program.h"
#include "tests/support/program_chain.h"
#include "tests/support/random_model.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Chain;
using test::ChainRun;
using test::Compared;

namespace {

struct Comparison {
    Compared results{"results"}, costs{"counters and cycles of steps"};

    void compare(const ChainRun& model, const ChainRun& rtl, const std::string& name) {
        REQUIRE(model.failure == "");
        REQUIRE(rtl.failure == "");
        REQUIRE(rtl.steps.size() == model.steps.size());
        costs.equal(rtl.end_cycle, model.end_cycle);
        for (size_t step = 0; step < model.steps.size(); ++step) {
            const auto where = [&] { return name + " step " + std::to_string(step + 1); };
            const test::ChainStep &own = model.steps[step], &other = rtl.steps[step];
            REQUIRE(own.result.size() == other.result.size());
            for (size_t at = 0; at < own.result.size(); ++at)
                results.equal(host::bits_of(other.result[at]), host::bits_of(own.result[at]),
                              where);
            costs.equal(other.cost.cycles, own.cost.cycles, where);
            costs.equal(other.cost.processor_bytes, own.cost.processor_bytes, where);
            for (size_t c = 0; c < own.counters.size(); ++c)
                costs.equal(other.counters[c], own.counters[c], where);
        }
    }
};

/// A gemm alone.
ChainRun run_gemm(const hw::PlatformConfig& config, const host::Gemm& gemm,
                  const std::vector<float>& a, const std::vector<float>& b) {
    host::GemmInputs inputs;
    inputs.a = host::operand_of(a);
    inputs.b = host::operand_of(b);
    host::Program program(config);
    program.add({"gemm",
                 std::make_shared<host::GemmOperation>(gemm, std::move(inputs), config.params,
                                                       host::EnergyTable()),
                 {},
                 {}});
    program.place();
    return test::run_program(config, program);
}

std::vector<float> whole_numbers(size_t count, std::mt19937_64& random) {
    std::vector<float> numbers(count);
    for (float& x : numbers) x = static_cast<float>(random() % 401) - 200;
    return numbers;
}

}  // namespace

TEST_CASE("gemm, elementwise work, attention and gemm: model and RTL of tiny alike") {
    auto random = test::test_random();
    Comparison comparison;
    for (int i = 0; i < 4; ++i) {
        Chain chain = test::random_chain("tiny", random);
        INFO(chain.name());
        const ChainRun model = test::run_chain(chain);
        chain.platform.make_device = rtl::rtl_factory("");
        comparison.compare(model, test::run_chain(chain), chain.name());
    }
}

TEST_CASE("a layer of a transformer: model and RTL of tiny alike") {
    auto random = test::test_random();
    Comparison comparison;
    for (int i = 0; i < 3; ++i) {
        test::LayerProgram layer = test::random_layer("tiny", random);
        INFO(layer.name());
        const ChainRun model = test::run_layer(layer);
        layer.platform.make_device = rtl::rtl_factory("");
        comparison.compare(model, test::run_layer(layer), layer.name());
    }
}

TEST_CASE("a gemm in each form: model and RTL of tiny alike") {
    auto random = test::test_random();
    Comparison comparison;
    const auto up_to = [&](uint64_t most) { return static_cast<uint32_t>(1 + random() % most); };
    for (int i = 0; i < 3; ++i)
        for (const auto form :
             {host::GemmForm::kRows, host::GemmForm::kColumns, host::GemmForm::kScores}) {
            host::Gemm gemm{up_to(20), up_to(60), up_to(60), random() % 2 == 0, 0, 0, {}, form};
            const std::vector<float> a = whole_numbers(size_t{gemm.m} * gemm.k, random);
            const std::vector<float> b = whole_numbers(size_t{gemm.k} * gemm.n, random);
            hw::PlatformConfig platform = test::platform_of("tiny");
            const ChainRun model = run_gemm(platform, gemm, a, b);
            platform.make_device = rtl::rtl_factory("");
            comparison.compare(model, run_gemm(platform, gemm, a, b), host::form_name(form));
        }
}

TEST_CASE("whole models, prefill and decoding: model and RTL of tiny alike") {
    auto random = test::test_random();
    Compared results("results"), cycles("cycles of layers"), steps("elements of steps");
    const test::Scratch scratch;
    const auto compare = [&](test::ModelCase c, const test::ModelInputs& inputs) {
        c.platform = test::platform_of("tiny");
        const test::ModelEnd model = test::run_model(c, inputs);
        c.platform.make_device = rtl::rtl_factory("");
        const test::ModelEnd rtl = test::run_model(c, inputs);
        REQUIRE(rtl.output.size() == model.output.size());
        for (size_t i = 0; i < model.output.size(); ++i)
            results.equal(host::bits_of(rtl.output[i]), host::bits_of(model.output[i]));
        REQUIRE(rtl.costs.size() == model.costs.size());
        for (size_t i = 0; i < model.costs.size(); ++i) cycles.equal(rtl.costs[i], model.costs[i]);
        steps.add(model.checked + rtl.checked, model.outside + rtl.outside,
                  [] { return std::string("outside their bounds"); });
    };
    const std::string file = scratch / "model.safetensors";
    test::decoder_weights(random).write(file);
    std::vector<uint32_t> tokens(12);
    for (uint32_t& token : tokens) token = static_cast<uint32_t>(random() % test::kModelVocabulary);
    for (const Precision precision : {Precision::kExact, Precision::kRounded})
        compare({test::kDecoderModel, "decoder", "logits", file, {}, precision},
                test::in_parts(tokens, 9));
    test::encoder_weights(random).write(file);
    std::vector<float> audio(700);
    for (float& x : audio) x = static_cast<float>(random() % 101) - 50;
    compare({test::kEncoderModel, "encoder", "mean", file, {}},
            {{"audio", host::numbers_of(audio, audio.size(), 1)}});
}
