// SPDX-License-Identifier: MIT
#include "host/problem/shape_fields.h"

#include <fmt/format.h>

#include "host/error.h"
#include "host/problem/problem.h"
#include "spec/params.h"

namespace tessera::host {
namespace {

struct Device {
    uint32_t most;
    const std::string& name;
};

void check_dimension(const std::string& field, const char* name, const char* tensors,
                     uint32_t value, const Device& device) {
    if (value <= device.most) return;
    throw UserError(fmt::format("`{}`: {}: {} is {}; device {} allows at most D = {}", field,
                                tensors, name, value, device.name, device.most));
}

}  // namespace

void check_shapes(const Problem& p, const ShapeFields& fields, uint32_t most,
                  const std::string& device) {
    if (p.query_heads % p.kv_heads != 0)
        throw UserError(
            fmt::format("`{}`: q has {} heads and k has {}; q's heads must be a multiple of k's",
                        fields.key_heads, p.query_heads, p.kv_heads));
    check_dimension(fields.dimension, "d_k", "q, k", p.d_k, {most, device});
    check_dimension(fields.value_dimension, "d_v", "v", p.d_v, {most, device});
    if (uint64_t{p.nq} + p.nk > spec::kPositionLimit)
        throw UserError(fmt::format(
            "`{}`: q has {} and k has {} tokens; together at most {} are allowed",
            p.nk > p.nq ? fields.key_tokens : fields.tokens, p.nq, p.nk, spec::kPositionLimit));
}

}  // namespace tessera::host
