// SPDX-License-Identifier: MIT
// Learned sinks: a key of each query head that has a logit and no value. Its weight is part of
// every row's denominator, as the state {l, m} that the row begins with
// (docs/contract/schedules.md, section 3).
#pragma once
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "host/io/tensor.h"

namespace tessera::host {

/// UserError with `where` ("FILE: tensor NAME") and `head` unless the device can hold exp(logit).
void check_sink_logit(const std::string& where, uint64_t head, double logit);

/// UserError unless a tensor has a number for each of `heads`.
void check_sink_tensor(const TensorView& tensor, uint64_t heads);

/// The logits of such a tensor, each checked.
std::vector<double> sink_logits_of(const TensorView& tensor, uint64_t heads);

/// Logits of random jobs: around the maxima of usual scores, some far off, some -inf.
std::vector<double> random_sink_logits(std::mt19937_64& random, uint32_t heads);

}  // namespace tessera::host
