// SPDX-License-Identifier: MIT
#include "host/workload/sink_logits.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "host/error.h"
#include "host/float_bits.h"
#include "host/reference/attention.h"

namespace tessera::host {
namespace {

constexpr double kLog2E = 1.4426950408889634074;
constexpr double kMostPower = 32767;  ///< of two, that a state's maximum may be

}  // namespace

spec::RowState sink_state(double logit) {
    if (logit == kNoSink) return {};
    const double power = logit * kLog2E;
    const double m = std::ceil(power);  // as the device's maximum of scores
    return {static_cast<int16_t>(m), 0, bits_of(static_cast<float>(std::exp2(power - m)))};
}

void check_sink_logit(const std::string& where, uint64_t head, double logit) {
    if (logit == kNoSink || std::fabs(logit * kLog2E) <= kMostPower) return;
    throw UserError(
        fmt::format("{}: the logit of head {} is {}; allowed: -22712.3 to 22712.3, as the device "
                    "holds exp(logit) as a power of two from -32,767 to 32,767; or -inf: no sink",
                    where, head, logit));
}

void check_sink_tensor(const TensorView& tensor, uint64_t heads) {
    if (tensor.shape != std::vector<uint64_t>{heads})
        throw UserError(
            fmt::format("{}: tensor {} has shape {}; allowed for --sink-logits: [{}], one for each "
                        "head of q",
                        tensor.file, printable(tensor.name), shape_text(tensor.shape), heads));
    tensor.require_use(TensorUse::kNumbers);
}

std::vector<double> sink_logits_of(const TensorView& tensor, uint64_t heads) {
    check_sink_tensor(tensor, heads);
    const std::string where = fmt::format("{}: tensor {}", tensor.file, printable(tensor.name));
    std::vector<double> logits(heads);
    tensor.to_double(0, heads, logits.data());
    for (uint64_t head = 0; head < heads; ++head) check_sink_logit(where, head, logits[head]);
    return logits;
}

std::vector<double> random_sink_logits(std::mt19937_64& random, uint32_t heads) {
    std::vector<double> logits(heads);
    for (double& logit : logits) {
        const double x = static_cast<double>(random() >> 11) * 0x1p-53 * 2 - 1;
        switch (random() % 8) {
            case 0: logit = kNoSink; break;
            case 1: logit = x * 22712; break;  // anything that a device can hold
            default: logit = x * 12;
        }
    }
    return logits;
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
