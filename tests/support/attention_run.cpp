// SPDX-License-Identifier: MIT
#include "tests/support/attention_run.h"

#include <cmath>
#include <deque>

#include "host/operation/attention_operation.h"
#include "host/operation/cover_layout.h"
#include "host/run/platform_memory.h"
#include "spec/float.h"

namespace tessera::test {
namespace {

/// The same layout somewhere else, for one device.
host::Layout moved(host::Layout layout, uint64_t by) {
    layout.devices = 1;
    fw::AttentionJob& job = layout.job;
    for (fw::Tensor* t :
         {&job.q, &job.k, &job.v, &job.o, &job.state, &job.lse, &job.partial, &job.sentinel.rows,
          &job.sentinel.indicators, &job.sentinel.retry, &job.sink_state})
        t->address += by;
    job.summary_list += by;
    layout.cover_list += by;
    layout.driver.ring_address += by;
    layout.driver.record_address += by;
    return layout;
}

template <typename T>
void append(Bytes& bytes, const std::vector<T>& values) {
    const size_t at = bytes.size();
    bytes.resize(at + values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(&bytes[at], values.data(), values.size() * sizeof(T));
}

template <typename T>
void extract(const Bytes& bytes, size_t& at, size_t count, std::vector<T>& values) {
    values.resize(count);
    if (count != 0) std::memcpy(values.data(), bytes.data() + at, count * sizeof(T));
    at += count * sizeof(T);
}

/// What nobody writes shall not look like a result.
void spoil_results(const host::Layout& layout, const host::MemoryAccess& memory) {
    for (const fw::Tensor& t : {layout.job.o, layout.job.lse}) {
        const uint64_t bytes = layout.job.query_heads * t.head_stride;
        if (bytes != 0) std::memset(memory(t.address, bytes), 0x55, bytes);
    }
}

/// All devices at once. The outcome of device `which`; its `memory` is o and lse.
Outcome run_devices(const AttentionSetup& setup, uint32_t which) {
    return run_machine(setup.platform, [&](Machine& machine, Outcome& out) {
        host::Platform& platform = machine.platform();
        const host::MemoryAccess memory = host::access_to(platform);
        const host::Layout base = host::make_layout(setup.problem, setup.platform);
        const uint64_t stride = (base.end + 4095) / 4096 * 4096;
        std::deque<host::AttentionOperation> operations;
        std::vector<host::Platform::Program> programs;
        std::vector<fw::DriverConfig> rings;
        std::vector<host::FirmwareOutcome> firmware(setup.platform.devices);
        for (uint32_t i = 0; i < setup.platform.devices; ++i) {
            const host::AttentionOperation& operation = operations.emplace_back(
                setup.problem, setup.inputs, setup.platform, moved(base, i * stride));
            if (!setup.platform.timing_only) {
                spoil_results(operation.layout(), memory);
                operation.write(memory);
            }
            programs.push_back(operation.program(0, memory, firmware[i]));
            rings.push_back(operation.driver(0));
        }
        host::RunOutcome r = std::move(platform.run_programs(programs, rings).at(which));
        out.status = firmware[which].status;
        out.calls = firmware[which].calls;
        out.counters = r.counters;
        out.commands = std::move(r.commands);
        out.groups = std::move(r.groups);
        if (setup.platform.timing_only) return;
        append(out.memory, operations[which].read(memory));
        append(out.memory, operations[which].read_lse(memory));
    });
}

}  // namespace

std::string AttentionSetup::name() const {
    const auto n = [](uint64_t x) { return std::to_string(x); };
    const auto lengths = [&](const char* what, const std::vector<uint32_t>& list) {
        std::string text;
        for (const uint32_t length : list) text += (text.empty() ? what : ",") + n(length);
        return text;
    };
    return n(problem.query_heads) + "/" + n(problem.kv_heads) + " heads " + n(problem.nq) + "x" +
           n(problem.nk) + " d " + n(problem.d_k) + "/" + n(problem.d_v) + " " +
           problem.mask.text() + " " + host::schedule_name(problem.schedule) + " align " +
           host::align_name(problem.mask.align) + (problem.bf16_output ? " bf16" : "") +
           lengths(" queries ", problem.query_lengths) + lengths(" keys ", problem.key_lengths) +
           lengths(" query offsets ", problem.query_offsets) +
           lengths(" key offsets ", problem.key_offsets) +
           (problem.padding == host::Padding::kLeft ? " left" : "");
}

AttentionSetup random_attention(const std::string& preset, uint32_t heads, uint32_t kv_heads,
                                uint32_t nq, uint32_t nk, uint32_t d_k, uint32_t d_v,
                                uint64_t seed) {
    AttentionSetup s;
    s.platform.params = device_params(preset);
    s.platform.memory.size_bytes = uint64_t{1} << 28;
    host::RandomShape shape;
    shape.heads = heads;
    shape.tokens = nq;
    shape.dim = d_k;
    shape.kv_heads = kv_heads;
    shape.keys = nk;
    shape.dim_v = d_v;
    s.inputs = host::random_inputs(shape, seed, false, s.problem);
    s.problem.scale = host::default_scale(d_k);
    return s;
}

host::Operand operand_of(std::function<float(uint64_t row, uint64_t column)> element,
                         uint32_t columns) {
    host::Operand o;
    o.dtype = "BF16";
    o.bf16 = [element = std::move(element), columns](uint64_t first, uint64_t count,
                                                     uint16_t* out) {
        for (uint64_t i = 0; i < count; ++i)
            out[i] =
                spec::fp32_to_bf16(bits_of(element((first + i) / columns, (first + i) % columns)));
    };
    return o;
}

float noise(uint64_t row, uint64_t column) {
    uint64_t x = (row * 64 + column + 1) * 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    return static_cast<float>(static_cast<double>(x >> 40) * 0x1p-23 - 1);
}

std::vector<AttentionRun> run_attention_on_all(const AttentionSetup& setup) {
    const host::Problem& p = setup.problem;
    std::vector<AttentionRun> runs(setup.platform.devices);
    for (uint32_t i = 0; i < setup.platform.devices; ++i) {
        AttentionRun& run = runs[i];
        run.outcome = run_devices(setup, i);
        INFO(setup.name());
        REQUIRE(run.outcome.failure == "");
        REQUIRE(run.outcome.status.ok());
        if (setup.platform.timing_only) continue;
        const size_t rows = size_t{p.query_heads} * p.nq;
        size_t at = 0;
        extract(run.outcome.memory, at, rows * p.d_v, run.o);
        if (p.want_lse) extract(run.outcome.memory, at, rows, run.lse);
        REQUIRE(at == run.outcome.memory.size());
    }
    return runs;
}

AttentionRun run_attention(const AttentionSetup& setup) {
    return std::move(run_attention_on_all(setup).at(0));
}

namespace {

/// In its place.
host::AttentionOperation operation_of(const AttentionSetup& setup) {
    return {setup.problem, setup.inputs, setup.platform,
            host::make_layout(setup.problem, setup.platform)};
}

/// Equal, or at most `limit` apart: -inf is.
bool near(double actual, double exact, double limit) {
    return actual == exact || std::fabs(actual - exact) <= limit;
}

}  // namespace

host::ErrorSummary compare_exact(const AttentionSetup& setup, const AttentionRun& run) {
    const host::AttentionOperation operation = operation_of(setup);
    return operation.compare(operation.exact(false, {}), run.o, run.lse);
}

host::ErrorSummary check_bound(Compared& compared, const AttentionSetup& setup,
                               const AttentionRun& run) {
    const host::AttentionOperation operation = operation_of(setup);
    const host::ReferenceResult exact = operation.exact(false, {});
    const host::Problem& p = setup.problem;
    const uint32_t m = setup.platform.params.m;
    const host::ReferenceProblem problem = host::reference_problem(p, setup.inputs, m, false);
    const host::BoundParams params{m, p.bf16_output, p.sentinel.form,
                                   host::most_calls(operation.layout())};
    for (uint32_t row = 0; row < p.query_heads * p.nq; ++row) {
        const uint32_t head = row / p.nq, query = row % p.nq;
        const auto where = [&] {
            return setup.name() + ": head " + std::to_string(head) + " row " +
                   std::to_string(query);
        };
        const bool empty = host::key_count(visible_keys(problem, head, query)) == 0;
        const host::RowBound bound = host::row_bound(problem, exact, params, head, query);
        for (size_t i = size_t{row} * p.d_v; i < size_t{row + 1} * p.d_v; ++i) {
            const double limit = empty ? 0 : host::element_bound(exact, params, bound, i);
            compared.holds(near(static_cast<double>(run.o[i]), exact.o[i], limit), where);
        }
        const double empty_lse = p.sink_logits ? host::kSinkWeightError : 0;  // a sink's alone
        if (p.want_lse)
            compared.holds(
                near(run.lse[row], exact.lse[row], empty ? empty_lse : host::lse_bound(bound)),
                where);
    }
    // The program's own check, one item.
    const host::ErrorSummary error = operation.compare(exact, run.o, run.lse);
    compared.holds(error.elements == run.o.size() && error.within_bound(),
                   [&] { return setup.name() + ": the program's own check"; });
    return error;
}

void check_identities(Compared& compared, const Outcome& outcome) {
    using spec::Counter;
    const auto sum = [&](std::initializer_list<Counter> list) {
        uint64_t n = 0;
        for (const Counter c : list) n += outcome.counter(c);
        return n;
    };
    const uint64_t cycles = outcome.counter(Counter::kCycles);
    compared.holds(cycles > 0, [] { return "cycles"; });
    compared.equal(sum({Counter::kLoadBusy, Counter::kLoadStall, Counter::kLoadIdle}), cycles,
                   [] { return "load"; });
    compared.equal(sum({Counter::kScoreBusy, Counter::kScoreStallQ, Counter::kScoreStallK,
                        Counter::kScoreStallBuffer, Counter::kScoreIdle}),
                   cycles, [] { return "score"; });
    compared.equal(sum({Counter::kValueBusy, Counter::kValueStallV, Counter::kValueStallState,
                        Counter::kValueStallScore, Counter::kValueIdle}),
                   cycles, [] { return "value"; });
    compared.equal(sum({Counter::kStoreBusy, Counter::kStoreStall, Counter::kStoreIdle}), cycles,
                   [] { return "store"; });
}

}  // namespace tessera::test
