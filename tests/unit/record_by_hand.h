// SPDX-License-Identifier: MIT
// A run with made-up counters, whose figures can be worked out by hand.
#pragma once
#include "host/operation/layout.h"
#include "host/run/run_record.h"

namespace tessera::test {

inline hw::PlatformConfig small_platform() {
    hw::PlatformConfig config;
    config.params = {16, 16, 2, 4, 16, spec::Profile::kStateful};
    return config;
}

/// One head, 32 x 32 tokens, causal, dimension 16 on the tiny device, with made-up counters.
inline host::RunRecord record_by_hand() {
    host::RunRecord r;
    r.command_line = {"tessera", "run"};
    r.input = "by hand";
    r.problem.nq = r.problem.nk = 32;
    r.problem.d_k = r.problem.d_v = 16;
    r.problem.mask.causal = true;
    r.problem.scale = 0.25;
    r.problem.leading = {1};
    r.config.device_name = "tiny";
    r.config.platform = small_platform();
    r.config.clock_ghz = 2;
    r.layout = host::make_layout(r.problem, r.config.platform);
    using spec::Counter;
    const auto set = [&](Counter counter, uint64_t value) {
        r.outcome.counters[static_cast<size_t>(counter)] = value;
    };
    set(Counter::kCycles, 1000);
    for (const Counter idle :
         {Counter::kLoadIdle, Counter::kScoreIdle, Counter::kValueIdle, Counter::kStoreIdle})
        set(idle, 1000);
    set(Counter::kAttendsRetired, 3);
    set(Counter::kBytesQ, 1024);
    set(Counter::kBytesK, 2048);
    set(Counter::kBytesV, 2048);
    set(Counter::kBytesO, 2048);
    set(Counter::kBytesDescriptor, 1000);
    set(Counter::kSramStateWrite, 64);
    r.not_checked = "by hand";
    return r;
}

}  // namespace tessera::test
