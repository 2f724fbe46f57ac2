// SPDX-License-Identifier: MIT
#include "tests/support/program_chain.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/config/config.h"
#include "host/float_bits.h"
#include "host/operation/attention_operation.h"
#include "host/operation/gemm_operation.h"
#include "host/run/bytes.h"
#include "host/run/forked.h"

namespace tessera::test {
namespace {

using host::ElementType;
using host::TensorLayout;

std::vector<float> normal_numbers(size_t count, double spread, std::mt19937_64& random) {
    std::normal_distribution<double> normal(0, spread);
    std::vector<float> numbers(count);
    for (float& x : numbers) x = host::float_of(spec::bf16_to_fp32(host::bf16_of(normal(random))));
    return numbers;
}

host::Operand operand(const std::vector<float>& numbers) {
    return numbers.empty() ? host::Operand() : host::operand_of(numbers);
}

std::shared_ptr<host::Operation> gemm(const Chain& c, const host::Gemm& shape,
                                      const std::vector<float>& a, const std::vector<float>& b) {
    host::GemmInputs inputs;
    inputs.a = operand(a);
    inputs.b = operand(b);
    return std::make_shared<host::GemmOperation>(shape, std::move(inputs), c.platform.params,
                                                 host::EnergyTable());
}

/// To queries: its result lies as their heads do.
host::Gemm first_gemm(const Chain& c) {
    return {c.rows, c.inner, c.heads * c.d_k, true, 0, c.d_k, {}};
}

/// Of the heads of o.
host::Gemm last_gemm(const Chain& c) {
    return {c.rows, c.heads * c.d_v, c.columns, false, c.d_v, 0, {}};
}

std::shared_ptr<host::Operation> elementwise(const Chain& c, const std::vector<float>& a) {
    host::Elementwise work;
    work.function = c.function;
    work.a = TensorLayout::matrix(ElementType::kBf16, c.rows, uint64_t{c.heads} * c.d_k, c.d_k);
    work.matrix = true;
    work.factor = c.factor;
    return std::make_shared<host::ElementwiseOperation>(work, a, c.b, c.platform);
}

std::shared_ptr<host::Operation> attention(const Chain& c, const std::vector<float>& q) {
    host::Problem p;
    p.leading = {c.heads};
    p.query_heads = c.heads;
    p.kv_heads = c.kv_heads;
    p.nq = c.rows;
    p.nk = c.keys;
    p.d_k = c.d_k;
    p.d_v = c.d_v;
    p.scale = c.scale();
    p.bf16_output = true;
    host::Inputs inputs;
    inputs.q = operand(q);
    inputs.k = operand(c.k);
    inputs.v = operand(c.v);
    inputs.has_data = true;
    return std::make_shared<host::AttentionOperation>(p, std::move(inputs), c.platform);
}

/// A step as it goes from one process to another.
template <typename Walker, typename Step>
void walk(Walker& w, Step& step) {
    w.value(step.cost);
    w.value(step.counters);
    w.value(step.formula_calls);
    w.value(step.elements);
    w.value(step.outside);
    w.list(step.result);
}

ChainStep step_of(const host::StepRecord& record) {
    ChainStep step;
    step.cost = record.cost;
    step.counters = record.outcome.counters;
    step.formula_calls = record.work.calls;
    step.result = record.result;
    if (!record.error) return step;
    step.elements = record.error->elements;
    step.outside = record.error->outside;
    return step;
}

/// The device's own counters: a program without work reads them.
std::array<uint64_t, spec::kCounters> counters_of(host::Platform& platform) {
    const fw::DriverConfig ring{0, host::kRegionAlignment, host::kRingDescriptors, 0, 0};
    const auto nothing = [](fw::Bus&) {};
    return platform.run_programs({nothing}, {ring}).front().counters;
}

host::Bytes left_behind(host::Platform& platform, const host::ProgramRecord& record) {
    host::Packer p;
    p.value(record.status.code);
    p.value(record.steps.back().outcome.end_cycle);
    p.value(counters_of(platform));
    p.length(record.steps);
    for (const host::StepRecord& one : record.steps) {
        ChainStep step = step_of(one);
        walk(p, step);
    }
    return p.bytes;
}

}  // namespace

ChainRun run_program(const hw::PlatformConfig& config, const host::Program& program) {
    const host::Forked forked = host::run_forked([&] {
        host::Platform platform(config);
        return left_behind(platform, program.run(platform, true));
    });
    ChainRun chain;
    chain.failure = forked.failure;
    if (!chain.failure.empty()) return chain;
    host::Unpacker p(forked.bytes);
    fw::Code code{};
    p.value(code);
    if (code != fw::Code::kOk)
        chain.failure = "firmware ends with code " + std::to_string(static_cast<uint32_t>(code));
    p.value(chain.end_cycle);
    p.value(chain.counters);
    p.length(chain.steps);
    for (ChainStep& step : chain.steps) walk(p, step);
    return chain;
}

hw::PlatformConfig platform_of(const std::string& device) {
    hw::PlatformConfig platform;
    platform.params = device == "odd"
                          ? spec::DeviceParams{48, 24, 3, 2, 16, spec::Profile::kStateful}
                          : host::resolve_config(device, std::nullopt, {}).platform.params;
    return platform;
}

std::string Chain::name() const {
    const auto n = [](uint64_t number) { return std::to_string(number); };
    return n(rows) + "x" + n(inner) + " to " + n(heads) + "/" + n(kv_heads) + " heads of " +
           n(d_k) + ", " + host::info_of(function).name + ", " + n(keys) + " keys, d_v " + n(d_v) +
           ", to " + n(columns) + " columns";
}

double Chain::scale() const { return host::default_scale(d_k); }

Chain random_chain(const std::string& device, std::mt19937_64& random) {
    const auto up_to = [&](uint32_t most) { return static_cast<uint32_t>(1 + random() % most); };
    Chain c;
    c.platform = platform_of(device);
    const spec::DeviceParams& params = c.platform.params;
    const uint32_t block = fw::gemm_inner(params);
    c.rows = up_to(2 * params.m + 3);
    c.inner = up_to(3 * block);
    c.kv_heads = up_to(2);
    c.heads = c.kv_heads * up_to(2);
    c.keys = up_to(3 * params.m);
    c.d_k = up_to(params.d);
    c.d_v = up_to(block);
    c.columns = up_to(2 * params.d + 1);
    c.function = static_cast<fw::ElementFunction>(random() % 6);
    c.factor = 0.25f * static_cast<float>(up_to(7));
    c.x = normal_numbers(size_t{c.rows} * c.inner, 1, random);
    c.w1 = normal_numbers(size_t{c.inner} * c.heads * c.d_k, 1 / std::sqrt(c.inner), random);
    if (c.function == fw::ElementFunction::kAdd)
        c.b = normal_numbers(size_t{c.rows} * c.heads * c.d_k, 1, random);
    c.k = normal_numbers(size_t{c.kv_heads} * c.keys * c.d_k, 1, random);
    c.v = normal_numbers(size_t{c.kv_heads} * c.keys * c.d_v, 1, random);
    c.w2 = normal_numbers(size_t{c.heads} * c.d_v * c.columns, 1, random);
    return c;
}

std::shared_ptr<host::Operation> operation_alone(const Chain& c, size_t step) {
    const auto ones = [&](uint64_t columns) {
        return std::vector<float>(c.rows * c.heads * columns, 1.0f);
    };
    switch (step) {
        case 0: return gemm(c, first_gemm(c), c.x, c.w1);
        case 1: return elementwise(c, ones(c.d_k));
        case 2: return attention(c, ones(c.d_k));
        default: return gemm(c, last_gemm(c), ones(c.d_v), c.w2);
    }
}

host::Program program_of(const Chain& c) {
    host::Program program(c.platform);
    program.add({"1", gemm(c, first_gemm(c), c.x, c.w1), {}, {{"c", "c"}}});
    program.add({"2", elementwise(c, {}), {{"a", "c"}}, {{"y", "y"}}});
    program.add({"3", attention(c, {}), {{"q", "y"}}, {{"o", "o"}}});
    program.add({"4", gemm(c, last_gemm(c), {}, c.w2), {{"a", "o"}}, {{"c", "z"}}});
    program.place();
    return program;
}

ChainRun run_chain(const Chain& chain) { return run_program(chain.platform, program_of(chain)); }

ChainRun run_alone(const Chain& chain, size_t step) {
    host::Program program(chain.platform);
    program.add({"1", operation_alone(chain, step), {}, {}});
    program.place();
    return run_program(chain.platform, program);
}

}  // namespace tessera::test
