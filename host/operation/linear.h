// SPDX-License-Identifier: MIT
// Linear attention on the device: features, their place in device memory, the result.
#pragma once
#include <cstdint>
#include <vector>

#include "firmware/driver/driver_config.h"
#include "firmware/linear/linear_job.h"
#include "host/operation/device_memory.h"
#include "host/operation/memory_map.h"
#include "host/problem/inputs.h"
#include "host/problem/problem.h"
#include "host/problem/shape_fields.h"
#include "hw_model/config.h"

namespace tessera::host {

/// phi(x) = elu(x) + 1: what takes the place of a softmax's exponential, an element at a time.
double feature(double x);

struct LinearLayout {
    fw::LinearJob job;  ///< its d_v has the column of the denominator
    fw::DriverConfig driver;
};

/// Places features, values, states and sums, ring and record. Of the problem's mask only `causal`
/// counts. UserError if they do not fit the memory or the device. Values take a column more than
/// d_v. `fields` are for messages. A causal mask needs fewer features than M. Several chunks in one
/// state need a device that accumulates.
LinearLayout make_linear_layout(const Problem& problem, const spec::DeviceParams& params,
                                MemoryMap& map, const ShapeFields& fields = {});

/// Calls: updates of states and outputs, of all heads.
uint64_t linear_calls(const LinearLayout& layout, const spec::DeviceParams& params);

/// Elements that the host works on one by one, and the device does not: features of q and k, the
/// largest of them and of v, which choose their scales, and the divisions by the denominator.
uint64_t linear_elements(const LinearLayout& layout);

/// Powers of two that features are multiplied by before they are rounded to bf16. They divide out;
/// without them products of small features would be flushed to zero.
struct FeatureScales {
    std::vector<int> query;  ///< exponents, [query_heads][nq]
    std::vector<int> key;    ///< [kv_heads]
};

/// A query's largest feature becomes 1 to 2. A head's keys become as large as they can be: no sum
/// over all of them reaches 2^126, whatever the queries. NaN and Inf are not looked at.
FeatureScales feature_scales(const Inputs& inputs, const LinearLayout& layout);

/// Writes phi(q) and phi(k), scaled, and [v, 1] as bf16, and the identity.
void write_linear(const Inputs& inputs, const LinearLayout& layout, const FeatureScales& scales,
                  const MemoryAccess& memory);

/// o, [query_heads][nq][d_v]: sums over their denominators.
std::vector<float> read_linear(const LinearLayout& layout, const MemoryAccess& memory);

}  // namespace tessera::host
