// SPDX-License-Identifier: MIT
// Programs: gemm, elementwise work, attention and gemm on one machine, against double precision
// from end to end, within the bound that docs/contract/accuracy.md composes; what each step takes,
// and that it adds up.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/error.h"
#include "host/platform/counters.h"
#include "host/reference/error.h"
#include "tests/support/compared.h"
#include "tests/support/program_chain.h"

using namespace tessera;
using test::Chain;
using test::Compared;

namespace {

/// Exact numbers, and how far the device's may be from them.
struct Bounded {
    std::vector<double> value, bound;
    explicit Bounded(size_t count = 0) : value(count), bound(count) {}
    /// Takes the rounding to bf16 of a result that may be `reach` large.
    static double rounded(double reach, double bound) { return bound + (reach + bound) / 256; }
};

/// x w with x known to `x.bound`; `actual` is what the device had for x.
Bounded exact_gemm(const Bounded& x, const std::vector<float>& actual, const std::vector<float>& w,
                   size_t rows, size_t inner, size_t columns, size_t tile, bool bf16) {
    Bounded c(rows * columns);
    const double n = std::min<double>(static_cast<double>(inner), static_cast<double>(tile));
    const double tiles = std::ceil(static_cast<double>(inner) / n);
    for (size_t i = 0; i < rows; ++i)
        for (size_t j = 0; j < columns; ++j) {
            double sum = 0, propagated = 0, magnitude = 0, own = 0;
            for (size_t a = 0; a < inner; ++a) {
                const double weight = w[a * columns + j];
                sum += x.value[i * inner + a] * weight;
                propagated += x.bound[i * inner + a] * std::fabs(weight);
                magnitude += std::fabs(double{actual[i * inner + a]} * weight);
                own += double{actual[i * inner + a]} * weight;
            }
            double step = (n + tiles) * 0x1p-23 * magnitude +
                          (2 * static_cast<double>(inner) + tiles) * 0x1p-126;
            if (bf16) step = Bounded::rounded(std::fabs(own), step);
            c.value[i * columns + j] = sum;
            c.bound[i * columns + j] = propagated + step;
        }
    return c;
}

double exact_function(const Chain& chain, double a, double b) {
    const double w = std::sqrt(8 / std::acos(-1.0)) * (a + 0.044715 * a * a * a);
    switch (chain.function) {
        case fw::ElementFunction::kAdd: return a + b;
        case fw::ElementFunction::kScale: return a * double{chain.factor};
        case fw::ElementFunction::kRelu: return a > 0 ? a : 0;
        case fw::ElementFunction::kSigmoid: return 1 / (1 + std::exp(-a));
        case fw::ElementFunction::kSilu: return a / (1 + std::exp(-a));
        default: return a / (1 + std::exp(-w));
    }
}

/// Steepest slope.
double slope_of(const Chain& chain) {
    switch (chain.function) {
        case fw::ElementFunction::kScale: return double{chain.factor};
        case fw::ElementFunction::kSigmoid: return 0.25;
        case fw::ElementFunction::kSilu: return 1.1;
        case fw::ElementFunction::kGelu: return 1.13;
        default: return 1;
    }
}

Bounded exact_elements(const Chain& chain, const Bounded& c, const std::vector<float>& actual) {
    Bounded y(c.value.size());
    for (size_t i = 0; i < c.value.size(); ++i) {
        const double b = chain.b.empty() ? 0 : double{chain.b[i]};
        const double a = actual[i], own = exact_function(chain, a, b);
        const double w = std::fabs(a) * (1.6 + 0.072 * a * a);  // at least any argument of exp
        const double step = 0x1p-21 * (1 + w) * std::fabs(own) + 0x1p-120;
        y.value[i] = exact_function(chain, c.value[i], b);
        y.bound[i] = slope_of(chain) * c.bound[i] + Bounded::rounded(std::fabs(own), step);
    }
    return y;
}

/// Rows of heads lie beside each other in a matrix: [rows][heads * columns].
size_t matrix_place(const Chain& chain, size_t head, size_t row, size_t column, size_t columns) {
    return (row * chain.heads + head) * columns + column;
}

/// A query's weights, and the mean of the values under them.
struct ExactRow {
    std::vector<double> o, spread, magnitude;
    ExactRow(const Chain& chain, size_t head, const std::vector<double>& q)
        : o(chain.d_v), spread(chain.d_v), magnitude(chain.d_v) {
        const size_t kv = head / (chain.heads / chain.kv_heads);
        std::vector<double> p(chain.keys);
        for (size_t j = 0; j < chain.keys; ++j) {
            double score = 0;
            for (size_t d = 0; d < chain.d_k; ++d)
                score += q[d] * double{chain.k[(kv * chain.keys + j) * chain.d_k + d]};
            p[j] = score * chain.scale();
        }
        const double most = *std::max_element(p.begin(), p.end());
        for (double& x : p) x = std::exp(x - most);
        const double sum = std::accumulate(p.begin(), p.end(), 0.0);
        for (size_t c = 0; c < chain.d_v; ++c) {
            const auto v = [&](size_t j) {
                return double{chain.v[(kv * chain.keys + j) * chain.d_v + c]};
            };
            for (size_t j = 0; j < chain.keys; ++j) o[c] += p[j] / sum * v(j);
            for (size_t j = 0; j < chain.keys; ++j) {
                spread[c] += p[j] / sum * std::fabs(v(j) - o[c]);
                magnitude[c] += p[j] / sum * std::fabs(v(j));
            }
        }
    }
};

/// Largest change of a score, if the query is off by `bound`; and the largest length of a key.
struct Keys {
    double reach = 0, length = 0;
    Keys(const Chain& chain, size_t head, const std::vector<double>& bound) {
        const size_t kv = head / (chain.heads / chain.kv_heads);
        for (size_t j = 0; j < chain.keys; ++j) {
            double change = 0, square = 0;
            for (size_t d = 0; d < chain.d_k; ++d) {
                const double k = chain.k[(kv * chain.keys + j) * chain.d_k + d];
                change += bound[d] * std::fabs(k);
                square += k * k;
            }
            reach = std::max(reach, chain.scale() * change);
            length = std::max(length, std::sqrt(square));
        }
    }
};

/// docs/contract/accuracy.md, section 1, for a dense mask.
double attention_bound(const Chain& chain, const ExactRow& row, size_t c, double query_length,
                       double key_length) {
    const double m = chain.platform.params.m, tiles = std::ceil(chain.keys / m);
    const double delta = (chain.d_k + 2) * 0x1p-24 * chain.scale() * query_length * key_length +
                         0x1p-17 * std::log(2.0);
    double peak = 0;
    for (const float v : chain.v) peak = std::max(peak, std::fabs(double{v}));
    const double bound = (4.1e-3 + std::expm1(2 * delta)) * row.spread[c] +
                         (m + tiles) * 0x1p-23 * row.magnitude[c] +
                         4 * (chain.keys + tiles) * 0x1p-126 * (1 + peak);
    return Bounded::rounded(std::fabs(row.o[c]), bound);
}

Bounded exact_attention(const Chain& chain, const Bounded& y, const std::vector<float>& actual) {
    Bounded o(size_t{chain.rows} * chain.heads * chain.d_v);
    std::vector<double> q(chain.d_k), bound(chain.d_k), own(chain.d_k);
    for (size_t head = 0; head < chain.heads; ++head)
        for (size_t i = 0; i < chain.rows; ++i) {
            double square = 0;
            for (size_t d = 0; d < chain.d_k; ++d) {
                const size_t at = matrix_place(chain, head, i, d, chain.d_k);
                q[d] = y.value[at];
                bound[d] = y.bound[at];
                own[d] = actual[at];
                square += own[d] * own[d];
            }
            const ExactRow exact(chain, head, q), step(chain, head, own);
            const Keys keys(chain, head, bound);
            for (size_t c = 0; c < chain.d_v; ++c) {
                const size_t at = matrix_place(chain, head, i, c, chain.d_v);
                o.value[at] = exact.o[c];
                o.bound[at] = std::expm1(2 * keys.reach) * exact.spread[c] +
                              attention_bound(chain, step, c, std::sqrt(square), keys.length);
            }
        }
    return o;
}

/// The o of a run, [heads][rows][d_v], as a matrix.
std::vector<float> as_matrix(const Chain& chain, const std::vector<float>& o) {
    std::vector<float> matrix(o.size());
    size_t at = 0;
    for (size_t head = 0; head < chain.heads; ++head)
        for (size_t row = 0; row < chain.rows; ++row)
            for (size_t c = 0; c < chain.d_v; ++c)
                matrix[matrix_place(chain, head, row, c, chain.d_v)] = o[at++];
    return matrix;
}

/// Every intermediate result and the last against the exact chain.
void check_chain(const Chain& chain, const test::ChainRun& run, Compared& elements) {
    const spec::DeviceParams& params = chain.platform.params;
    const size_t width = size_t{chain.heads} * chain.d_k;
    const auto check = [&](const Bounded& exact, const std::vector<float>& actual,
                           const char* what) {
        REQUIRE(actual.size() == exact.value.size());
        for (size_t i = 0; i < actual.size(); ++i)
            elements.holds(std::fabs(double{actual[i]} - exact.value[i]) <= exact.bound[i], [&] {
                return chain.name() + ": " + what + " " + std::to_string(i) + " is " +
                       std::to_string(actual[i]) + ", exact " + std::to_string(exact.value[i]) +
                       " within " + std::to_string(exact.bound[i]);
            });
    };
    Bounded x;
    x.value.assign(chain.x.begin(), chain.x.end());
    x.bound.resize(x.value.size());
    const Bounded c = exact_gemm(x, chain.x, chain.w1, chain.rows, chain.inner, width,
                                 std::min(params.d, params.m), true);
    check(c, run.steps[0].result, "c");
    const Bounded y = exact_elements(chain, c, run.steps[0].result);
    check(y, run.steps[1].result, "y");
    const Bounded o = exact_attention(chain, y, run.steps[1].result);
    const std::vector<float> attended = as_matrix(chain, run.steps[2].result);
    check(o, attended, "o");
    check(exact_gemm(o, attended, chain.w2, chain.rows, size_t{chain.heads} * chain.d_v,
                     chain.columns, chain.d_v, false),
          run.steps[3].result, "z");
}

/// Steps add up to what the device counted, and each moves what it moves alone.
void check_costs(const Chain& chain, const test::ChainRun& run, Compared& costs) {
    const auto where = [&] { return chain.name(); };
    host::StepCost sum;
    std::array<uint64_t, spec::kCounters> counters{};
    for (size_t i = 0; i < run.steps.size(); ++i) {
        const test::ChainStep& step = run.steps[i];
        sum += step.cost;
        for (size_t c = 0; c < counters.size(); ++c) counters[c] += step.counters[c];
        costs.equal(step.cost.calls, step.formula_calls, where);
        costs.holds(step.elements != 0 && step.outside == 0, where);
        const test::ChainRun alone = test::run_alone(chain, i);
        REQUIRE(alone.failure == "");
        const host::StepCost& own = alone.steps[0].cost;
        costs.equal(step.cost.calls, own.calls, where);
        // How many lines of descriptors are fetched depends on where the ring stands.
        const auto rows = [](const test::ChainStep& one) {
            return one.cost.bytes -
                   one.counters[static_cast<size_t>(spec::Counter::kBytesDescriptor)];
        };
        costs.equal(rows(step), rows(alone.steps[0]), where);
        costs.equal(step.cost.processor_bytes, own.processor_bytes, where);
        costs.equal(step.cost.elementwise_cycles, own.elementwise_cycles, where);
    }
    costs.equal(sum.cycles, run.end_cycle, where);
    costs.equal(sum.calls, run.counters[static_cast<size_t>(spec::Counter::kAttendsRetired)],
                where);
    costs.equal(sum.bytes, host::total_bytes(run.counters), where);
    for (size_t c = 0; c < counters.size(); ++c) costs.equal(counters[c], run.counters[c], where);
    const uint64_t elements = uint64_t{chain.rows} * chain.heads * chain.d_k;
    const bool function = chain.function >= fw::ElementFunction::kSigmoid;
    costs.equal(sum.elementwise_cycles, elements * (function ? 4 : 1), where);
    costs.equal(sum.cycles > sum.elementwise_cycles, true, where);
}

}  // namespace

TEST_CASE("gemm, elementwise work, attention and gemm on one machine: the exact result, and sums") {
    auto random = test::test_random();
    Compared elements("elements against the exact chain"), costs("costs of steps");
    for (const char* device : {"tiny", "tiny", "tiny", "small", "odd", "odd"})
        for (int i = 0; i < 2; ++i) {
            const Chain chain = test::random_chain(device, random);
            INFO(chain.name());
            const test::ChainRun run = test::run_chain(chain);
            REQUIRE(run.failure == "");
            REQUIRE(run.steps.size() == 4);
            check_chain(chain, run, elements);
            check_costs(chain, run, costs);
        }
}

TEST_CASE("the report of a program has the figures of every step, and their sums") {
    Compared figures("figures");
    host::ProgramRecord record;
    record.steps.resize(3);
    for (uint64_t i = 0; i < 3; ++i) {
        record.steps[i].name = std::to_string(i + 1);
        record.steps[i].cost = {10 + i, 20 + i, 30 + i, 40 + i, 50 + i, 60 + i, 70 + i};
    }
    record.steps[1].more = {{"own", host::value_of(4711)}};
    const std::vector<host::Figure> all = record.figures();
    const auto count = [&](const std::string& key) {
        for (const host::Figure& figure : all)
            if (figure.key == key) return std::get<uint64_t>(figure.value);
        FAIL(key);
        return uint64_t{0};
    };
    const std::vector<std::string> keys = {"cycles",
                                           "calls",
                                           "bytes",
                                           "processor_bytes",
                                           "firmware_cycles",
                                           "merge_cycles",
                                           "processor_elementwise_cycles"};
    for (size_t k = 0; k < keys.size(); ++k) {
        for (uint64_t i = 0; i < 3; ++i)
            figures.equal(count(std::to_string(i + 1) + "." + keys[k]), 10 * (k + 1) + i);
        figures.equal(count("sum." + keys[k]), 30 * (k + 1) + 3);
    }
    figures.equal(count("2.own"), 4711u);
    figures.equal(all.size(), 4 * keys.size() + 1);
}

TEST_CASE("a program whose buffers do not fit together is refused") {
    auto random = test::test_random();
    Compared messages("messages");
    Chain chain = test::random_chain("tiny", random);
    const auto refusal = [&](const char* reads, uint32_t rows) {
        try {
            host::Program program(chain.platform);
            program.add({"1", test::operation_alone(chain, 0), {}, {{"c", "c"}}});
            Chain other = chain;
            other.rows = rows;
            program.add({"2", test::operation_alone(other, 1), {{"a", reads}}, {}});
            program.place();
        } catch (const host::UserError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    messages.equal(refusal("c", chain.rows), std::string());
    messages.equal(refusal("d", chain.rows),
                   std::string("2.a: buffer d is written by no earlier step"));
    const std::string other = refusal("c", chain.rows + 1);
    messages.holds(other.find("2.a: buffer c has ") == 0, [&] { return other; });
}
