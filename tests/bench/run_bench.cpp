// SPDX-License-Identifier: MIT
// A whole simulated run, data and timing or timing alone: device cycles and multiply-adds per
// second of host time. Each iteration is a process of its own, since SystemC elaborates once per
// process.
#include <benchmark/benchmark.h>

#include <chrono>
#include <systemc>
#include <utility>

#include "host/config/config.h"
#include "host/operation/attention_operation.h"
#include "host/platform/platform.h"
#include "host/problem/problem.h"
#include "host/run/bytes.h"
#include "host/run/platform_memory.h"
#include "host/run/worker.h"
#ifdef TESSERA_HAS_RTL
#include "rtl/sim/rtl_device.h"
#endif

namespace {

using namespace tessera;

struct Result {
    double seconds = 0;
    uint64_t cycles = 0;
};

/// One head of n tokens at the device's full dimension; operands are zero, which costs the same.
enum class Kind { kData, kTiming, kRtl };

Result simulate(const char* device, uint32_t n, Kind kind) {
    host::ResolvedConfig config = host::resolve_config(device, "ideal", {});
    config.platform.timing_only = kind == Kind::kTiming;
#ifdef TESSERA_HAS_RTL
    if (kind == Kind::kRtl) config.platform.make_device = rtl::make_rtl_device;
#endif
    config.platform.trace_commands = 0;
    host::Problem problem;
    problem.nq = problem.nk = n;
    problem.d_k = problem.d_v = config.platform.params.d;
    problem.scale = host::default_scale(problem.d_k);
    host::AttentionOperation operation(problem, {}, config.platform);
    host::MemoryMap map(config.platform);
    operation.place(map);
    const auto from = std::chrono::steady_clock::now();
    host::Platform platform(config.platform);
    const host::RunOutcome outcome =
        std::move(host::run_on(platform, operation, host::access_to(platform)).front());
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - from;
    return {time.count(), outcome.counters[0]};
}

/// simulate() in a child process.
Result run_child(const char* device, uint32_t n, Kind kind) {
    host::Worker worker([&](const RunHooks&) {
        host::Packer packer;
        packer.value(simulate(device, n, kind));
        return std::move(packer.bytes);
    });
    const host::Bytes bytes = worker.finish();
    Result result;
    host::Unpacker(bytes).value(result);
    return result;
}

void whole_run(benchmark::State& state, const char* device, uint32_t n, Kind kind) {
    uint64_t cycles = 0;
    for (auto _ : state) {
        const Result result = run_child(device, n, kind);
        state.SetIterationTime(result.seconds);
        cycles += result.cycles;
    }
    const uint32_t d = host::resolve_config(device, std::nullopt, {}).platform.params.d;
    state.counters["device_cycles_per_s"] =
        benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
    state.SetItemsProcessed(state.iterations() * 2 * int64_t{n} * n * d);  // multiply-adds
}

BENCHMARK_CAPTURE(whole_run, base_1024, "base", 1024, Kind::kData)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(whole_run, small_4096, "small", 4096, Kind::kData)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(whole_run, small_4096_timing, "small", 4096, Kind::kTiming)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
#ifdef TESSERA_HAS_RTL
BENCHMARK_CAPTURE(whole_run, small_512_rtl, "small", 512, Kind::kRtl)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
#endif
BENCHMARK_CAPTURE(whole_run, base_16384, "base", 16384, Kind::kData)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(whole_run, base_16384_timing, "base", 16384, Kind::kTiming)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

int sc_main(int argc, char* argv[]) {
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
