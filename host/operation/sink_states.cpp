// SPDX-License-Identifier: MIT
#include "host/operation/sink_states.h"

#include <cmath>
#include <cstring>

#include "host/float_bits.h"
#include "host/reference/attention.h"

namespace tessera::host {
namespace {

constexpr double kLog2E = 1.4426950408889634074;

}  // namespace

spec::RowState sink_state(double logit) {
    if (logit == kNoSink) return {};
    const double power = logit * kLog2E;
    const double m = std::ceil(power);  // as the device's maximum of scores
    return {static_cast<int16_t>(m), 0, bits_of(static_cast<float>(std::exp2(power - m)))};
}

void write_sink_states(const fw::Tensor& to, const std::vector<double>& logits,
                       const MemoryAccess& memory) {
    for (size_t head = 0; head < logits.size(); ++head) {
        const spec::RowState state = sink_state(logits[head]);
        const uint32_t words[] = {state.l, spec::state_word(state)};
        uint8_t* const rows = memory(to.address + head * to.head_stride, to.head_stride);
        std::memset(rows, 0, to.head_stride);
        for (uint64_t at = 0; at < to.head_stride; at += to.pitch)
            std::memcpy(rows + at, words, sizeof words);
    }
}

}  // namespace tessera::host
