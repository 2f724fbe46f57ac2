// SPDX-License-Identifier: MIT
// A convolution over time as a gemm whose rows overlap, on a buffer that elementwise work left:
// every element against double precision, refusals.
#include <algorithm>
#include <cmath>

#include "host/config/config.h"
#include "host/error.h"
#include "host/operation/gemm_operation.h"
#include "tests/support/compared.h"
#include "tests/support/program_chain.h"

using namespace tessera;
using test::Compared;

namespace {

struct Convolution {
    host::ResolvedConfig config;
    uint32_t rows = 0, channels = 0, taps = 0, stride = 0, outputs = 0;
    std::vector<float> x, w;  ///< [rows][channels], [taps * channels][outputs]

    uint32_t steps() const { return (rows - taps) / stride + 1; }
    uint32_t inner() const { return taps * channels; }
    std::string name() const {
        const auto n = [](uint32_t number) { return std::to_string(number); };
        return config.device_name + ": " + n(rows) + " x " + n(channels) + ", " + n(taps) +
               " taps every " + n(stride) + " to " + n(outputs);
    }
};

/// Small whole numbers: bf16 has them exactly.
std::vector<float> numbers(size_t count, std::mt19937_64& random) {
    std::vector<float> numbers(count);
    for (float& x : numbers) x = static_cast<float>(random() % 401) - 200;
    return numbers;
}

Convolution random_convolution(const char* device, std::mt19937_64& random) {
    const auto up_to = [&](uint64_t most) { return static_cast<uint32_t>(1 + random() % most); };
    Convolution c;
    c.config = host::resolve_config(device, std::nullopt, {});
    c.channels = up_to(2) * c.config.platform.params.bus_bytes / 2;
    c.taps = up_to(7);
    c.stride = up_to(3);
    c.rows = c.taps + up_to(60);
    c.outputs = up_to(40);
    c.x = numbers(size_t{c.rows} * c.channels, random);
    c.w = numbers(size_t{c.inner()} * c.outputs, random);
    return c;
}

std::shared_ptr<host::Operation> gemm_of(const Convolution& c, uint32_t steps, uint32_t a_columns,
                                         uint32_t channels) {
    host::Gemm gemm{steps, c.inner(), c.outputs, false, a_columns, 0, {}};
    gemm.slices = host::Slices{c.rows, channels, c.stride};
    host::GemmInputs inputs;
    inputs.b = host::operand_of(c.w);
    return std::make_shared<host::GemmOperation>(gemm, std::move(inputs), c.config.platform.params,
                                                 host::EnergyTable());
}

/// x = relu(the host's), then its convolution with w.
host::Program program_of(const Convolution& c, std::shared_ptr<host::Operation> gemm) {
    host::Elementwise work;
    work.function = fw::ElementFunction::kRelu;
    work.a = host::TensorLayout::heads(host::ElementType::kBf16, 1, c.rows, c.channels);
    host::Program program(c.config.platform);
    program.add({"1",
                 std::make_shared<host::ElementwiseOperation>(work, c.x, std::vector<float>(),
                                                              c.config.platform),
                 {},
                 {{"y", "x"}}});
    program.add({"2", std::move(gemm), {{"a", "x"}}, {}});
    program.place();
    return program;
}

}  // namespace

TEST_CASE("a convolution over time: rows of a overlap in the buffer that another step wrote") {
    auto random = test::test_random();
    Compared elements("elements of convolutions"), checks("checks of steps");
    for (const char* device : {"tiny", "tiny", "tiny", "small", "base"}) {
        const Convolution c = random_convolution(device, random);
        const test::ChainRun run = test::run_program(
            c.config.platform, program_of(c, gemm_of(c, c.steps(), 0, c.channels)));
        INFO(c.name());
        REQUIRE(run.failure == "");
        const std::vector<float>& actual = run.steps[1].result;
        REQUIRE(actual.size() == size_t{c.steps()} * c.outputs);
        checks.equal(run.steps[1].cost.calls, run.steps[1].formula_calls);
        checks.equal(run.steps[1].outside, 0u);
        checks.equal(run.steps[1].elements, actual.size());
        for (uint32_t t = 0; t < c.steps(); ++t)
            for (uint32_t j = 0; j < c.outputs; ++j) {
                double sum = 0, size = 0;
                for (uint32_t tap = 0; tap < c.taps; ++tap)
                    for (uint32_t channel = 0; channel < c.channels; ++channel) {
                        const double x = c.x[(size_t{t} * c.stride + tap) * c.channels + channel];
                        const double term =
                            std::max(x, 0.0) *
                            double{c.w[(size_t{tap} * c.channels + channel) * c.outputs + j]};
                        sum += term;
                        size += std::fabs(term);
                    }
                const double error = std::fabs(double{actual[size_t{t} * c.outputs + j]} - sum);
                elements.holds(error <= (c.inner() + 16) * 0x1p-24 * size,
                               [&] { return c.name() + ": " + std::to_string(t); });
            }
    }
}

TEST_CASE("slices that x or the device does not have are refused") {
    auto random = test::test_random();
    Compared messages("messages");
    const Convolution c = random_convolution("tiny", random);
    const auto refused = [&](uint32_t steps, uint32_t a_columns, uint32_t channels,
                             const std::string& part) {
        std::string text;
        try {
            program_of(c, gemm_of(c, steps, a_columns, channels));
        } catch (const host::UserError& error) {
            text = error.what();
        }
        messages.holds(part.empty() ? text.empty() : text.find(part) != std::string::npos,
                       [&] { return "\"" + text + "\" has no \"" + part + '"'; });
    };
    refused(c.steps(), 0, c.channels, "");
    refused(c.rows, 0, c.channels, c.taps + c.stride > 2 ? "end at element" : "");
    refused(c.steps(), 17, c.channels, "a block of k has 17 columns; allowed: 1 to 16");
    refused(c.steps(), 0, c.channels + 1, "a multiple of 8 columns");
    refused(1, 0, 2 * c.channels, "buffer x has ");
}
