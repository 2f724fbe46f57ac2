// SPDX-License-Identifier: MIT
#include "host/problem/sink_logits.h"

#include <fmt/format.h>

#include <cmath>

#include "host/error.h"
#include "host/reference/attention.h"

namespace tessera::host {
namespace {

constexpr double kLog2E = 1.4426950408889634074;
constexpr double kMaxPower = 32767;  ///< of two, that a state's maximum may be

}  // namespace

void check_sink_logit(const std::string& where, uint64_t head, double logit) {
    if (logit == kNoSink || std::fabs(logit * kLog2E) <= kMaxPower) return;
    throw UserError(
        fmt::format("{}: the logit of head {} is {}; allowed: -22712.3 to 22712.3, as the device "
                    "holds exp(logit) as a power of two from -32,767 to 32,767; or -inf: no sink",
                    where, head, logit));
}

void check_sink_tensor(const TensorView& tensor, uint64_t heads) {
    if (tensor.shape != std::vector<uint64_t>{heads})
        throw UserError(fmt::format(
            "{}: tensor {} has shape {}; allowed for `workload.sink_logits`: [{}], one for each "
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

}  // namespace tessera::host
