// SPDX-License-Identifier: MIT
#include "host/operation/linear.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "host/error.h"
#include "host/float_bits.h"

namespace tessera::host {
namespace {

/// Writes phi of an operand, times 2^exponent(head, row).
template <typename Exponent>
void write_features(const Operand& operand, const fw::Tensor& to, uint64_t heads, uint64_t rows,
                    uint32_t columns, Exponent&& exponent, const MemoryAccess& memory) {
    const ElementReader read = reader_of(operand);
    std::vector<double> row(columns);
    write_rows(to, heads, rows, memory, [&](uint64_t head, uint64_t i, uint16_t* out) {
        read((head * rows + i) * columns, columns, row.data());
        const int power = exponent(head, i);
        for (uint32_t c = 0; c < columns; ++c) out[c] = bf16_of(std::ldexp(feature(row[c]), power));
    });
}

/// The largest finite size(x) of a row; 0 if there is none.
template <typename Size>
double largest(const std::vector<double>& row, Size&& size) {
    double most = 0;
    for (const double x : row)
        if (std::isfinite(x)) most = std::max(most, size(x));
    return most;
}

/// The exponents of each row of an operand: 2^exponent is above its largest feature, and at most
/// twice that. Visit(head, row, exponent); rows of zeros are left out.
template <typename Visit>
void each_exponent(const Operand& operand, uint64_t heads, uint64_t rows, uint32_t columns,
                   Visit&& visit) {
    const ElementReader read = reader_of(operand);
    std::vector<double> row(columns);
    for (uint64_t head = 0; head < heads; ++head)
        for (uint64_t i = 0; i < rows; ++i) {
            read((head * rows + i) * columns, columns, row.data());
            const double most = largest(row, feature);
            if (most != 0) visit(head, i, std::ilogb(most) + 1);
        }
}

/// Exponent of a power of two that is not below x.
int power_above(double x) { return static_cast<int>(std::ceil(std::log2(x))); }

/// What a user can have asked for and the device cannot do.
void check_by_user(const fw::LinearJob& job, const ShapeFields& fields,
                   const spec::DeviceParams& p) {
    const auto refuse = [](const std::string& field, const char* key, uint64_t value,
                           const std::string& allowed) {
        throw bad_value("`" + field + "`", key, std::to_string(value), allowed);
    };
    if (job.query_heads % job.kv_heads != 0)
        refuse(fields.key_heads, "heads of k", job.kv_heads,
               fmt::format("a number that divides q's heads, {}", job.query_heads));
    if (job.d_v > p.d)
        refuse(fields.value_dimension, "dimension of v", job.d_v - 1,
               fmt::format("at most {}: values and their denominators take d_v + 1 of the device's "
                           "D = {} columns",
                           p.d - 1, p.d));
    const uint32_t most = std::min(p.d, job.causal ? p.m - 1 : p.m);
    if (job.d_k > most)
        refuse(fields.dimension, "dimension of q", job.d_k,
               fmt::format("at most {} on this device (M {}, D {}){}", most, p.m, p.d,
                           job.causal ? ", with room for keys beside the state" : ""));
    if (job.causal && job.nq != job.nk)
        refuse(fields.key_tokens, "tokens of k", job.nk,
               fmt::format("as many as q has, {}, with `workload.mask.kind=causal`", job.nq));
    const uint32_t longest = spec::kPositionLimit - p.m;
    if (std::max(job.nq, job.nk) > longest)
        refuse(job.nk > job.nq ? fields.key_tokens : fields.tokens, "tokens",
               std::max(job.nq, job.nk),
               fmt::format("at most {} on this device: 2^31 positions less a tile of {}", longest,
                           p.m));
    if (fw::linear_updates(job, p) > 1 && p.profile != spec::Profile::kStateful)
        refuse(fields.key_tokens, "tokens", job.nk,
               fmt::format("at most {} on this device, whose profile does not accumulate; any on "
                           "profile stateful",
                           fw::linear_chunk(job, p) * (job.causal ? 2 : 1)));
}

}  // namespace

double feature(double x) { return x > 0 ? x + 1 : std::exp(x); }

LinearLayout make_linear_layout(const Problem& p, const spec::DeviceParams& params, MemoryMap& map,
                                const ShapeFields& fields) {
    LinearLayout layout;
    fw::LinearJob& job = layout.job;
    job.query_heads = p.query_heads;
    job.kv_heads = p.kv_heads;
    job.nq = p.nq;
    job.nk = p.nk;
    job.d_k = p.d_k;
    job.d_v = p.d_v + 1;
    job.causal = p.mask.causal;
    check_by_user(job, fields, params);
    layout.driver = map.driver();
    const auto bf16 = [&](const char* role, uint64_t heads, uint64_t rows, uint64_t columns) {
        return map.tensor(role, TensorLayout::heads(ElementType::kBf16, heads, rows, columns));
    };
    job.q = bf16("q", job.query_heads, job.nq, job.d_k);
    job.k = bf16("k", job.kv_heads, job.nk, job.d_k);
    job.v = bf16("v", job.kv_heads, job.nk, job.d_v);
    job.identity = bf16("identity", 1, job.d_k, job.d_k);
    job.states =
        bf16("states", uint64_t{fw::linear_states(job, params)} * job.kv_heads, job.d_k, job.d_v);
    job.o =
        map.tensor("o", TensorLayout::heads(ElementType::kFp32, job.query_heads, job.nq, job.d_v));
    map.check_size();
    if (const fw::JobRule rule = fw::check_linear_job(job, params); rule != fw::JobRule::kNone)
        throw std::logic_error(
            fmt::format("firmware refuses the job, rule {}", static_cast<uint32_t>(rule)));
    return layout;
}

uint64_t linear_calls(const LinearLayout& layout, const spec::DeviceParams& params) {
    const fw::LinearJob& job = layout.job;
    const uint32_t chunk = fw::linear_chunk(job, params);
    return uint64_t{job.kv_heads} * fw::linear_updates(job, params) +
           uint64_t{job.query_heads} * fw::tiles_of(job.nq, chunk);
}

uint64_t linear_elements(const LinearLayout& layout) {
    const fw::LinearJob& job = layout.job;
    const uint64_t queries = uint64_t{job.query_heads} * job.nq;
    const uint64_t keys = uint64_t{job.kv_heads} * job.nk;
    return 2 * (queries + keys) * job.d_k + (queries + keys) * (job.d_v - 1);
}

FeatureScales feature_scales(const Inputs& inputs, const LinearLayout& layout) {
    // Of sums over all keys and features of phi(q) phi(k) |v|, with room for phi(q) up to 2, for
    // the rounding of features and weights, and for the 1 beside v.
    constexpr int kMax = 126, kRoom = 3;
    const fw::LinearJob& job = layout.job;
    const uint32_t d_v = job.d_v - 1;
    FeatureScales scales;
    scales.query.resize(size_t{job.query_heads} * job.nq);
    each_exponent(inputs.q, job.query_heads, job.nq, job.d_k,
                  [&](uint64_t head, uint64_t i, int exponent) {
                      scales.query[head * job.nq + i] = 1 - exponent;
                  });
    std::vector<std::optional<int>> keys(job.kv_heads);
    each_exponent(inputs.k, job.kv_heads, job.nk, job.d_k,
                  [&](uint64_t head, uint64_t, int exponent) {
                      keys[head] = std::max(keys[head].value_or(exponent), exponent);
                  });
    const ElementReader read = reader_of(inputs.v);
    std::vector<double> row(d_v);
    for (uint64_t head = 0; head < job.kv_heads; ++head) {
        double peak = 1;
        for (uint64_t j = 0; j < job.nk; ++j) {
            read((head * job.nk + j) * d_v, d_v, row.data());
            peak = std::max(peak, largest(row, [](double x) { return std::fabs(x); }));
        }
        const int sums = power_above(job.nk) + power_above(job.d_k) + power_above(peak + 1) + kRoom;
        scales.key.push_back(keys[head] ? kMax - sums - *keys[head] : 0);
    }
    return scales;
}

void write_linear(const Inputs& inputs, const LinearLayout& layout, const FeatureScales& scales,
                  const MemoryAccess& memory) {
    const fw::LinearJob& job = layout.job;
    const uint32_t d_v = job.d_v - 1;
    write_features(
        inputs.q, job.q, job.query_heads, job.nq, job.d_k,
        [&](uint64_t head, uint64_t i) { return scales.query[head * job.nq + i]; }, memory);
    write_features(
        inputs.k, job.k, job.kv_heads, job.nk, job.d_k,
        [&](uint64_t head, uint64_t) { return scales.key[head]; }, memory);
    write_rows(job.v, job.kv_heads, job.nk, memory, [&](uint64_t head, uint64_t i, uint16_t* out) {
        inputs.v.bf16((head * job.nk + i) * d_v, d_v, out);
        out[d_v] = spec::kOneBf16;
    });
    write_identity(job.identity, job.d_k, memory);
}

std::vector<float> read_linear(const LinearLayout& layout, const MemoryAccess& memory) {
    const fw::LinearJob& job = layout.job;
    std::vector<float> o, row;
    for (uint32_t head = 0; head < job.query_heads; ++head)
        for (uint32_t i = 0; i < job.nq; ++i) {
            row.clear();
            append_row(memory(fw::row_address(job.o, head, i), job.o.pitch), job.d_v,
                       ElementType::kFp32, row);
            for (uint32_t c = 0; c + 1 < job.d_v; ++c) o.push_back(row[c] / row.back());
        }
    return o;
}

}  // namespace tessera::host
