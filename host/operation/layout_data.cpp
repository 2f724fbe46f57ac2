// SPDX-License-Identifier: MIT
// What is in the tensors of a layout: operands go in, o and lse come out.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "host/float_bits.h"
#include "host/operation/layout.h"
#include "host/operation/sentinel_levels.h"
#include "host/operation/sink_states.h"
#include "host/problem/sentinel.h"
#include "host/problem/sink_logits.h"
#include "spec/state.h"

namespace tessera::host {
namespace {

/// Copies [heads][rows][columns] of an operand to padded rows, perhaps once more backwards; behind
/// the columns `more(head)`. One without data is in memory already.
template <typename More>
void write_operand(const Operand& operand, const fw::Tensor& to, uint64_t heads, uint64_t rows,
                   bool backwards, uint32_t columns, const MemoryAccess& memory, More&& more) {
    if (!operand.bf16) return;
    std::vector<uint16_t> behind;
    const uint64_t all = backwards ? 2 * rows : rows;
    write_rows(to, heads, all, memory, [&](uint64_t head, uint64_t row, uint16_t* out) {
        if (row == 0) behind = more(head);
        const uint64_t token = row < rows ? row : all - 1 - row;
        operand.bf16((head * rows + token) * columns, columns, out);
        std::copy(behind.begin(), behind.end(), out + columns);
    });
}

uint32_t word_at(const uint8_t* bytes) {
    uint32_t word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

}  // namespace

void write_operands(const Inputs& inputs, const Layout& layout, const MemoryAccess& memory) {
    using Elements = std::vector<uint16_t>;
    const fw::AttentionJob& job = layout.job;
    if (job.pages.given() && (inputs.k.bf16 || inputs.v.bf16))
        throw std::logic_error("keys and values of the host do not go into pages");
    const fw::Sentinel& sentinel = job.sentinel;
    const Elements levels = sentinel.query_column ? sentinel_levels(inputs, layout) : Elements();
    const bool columns = sentinel.form == fw::SentinelForm::kColumns;
    const bool twice = job.row_causal;
    write_operand(
        inputs.q, job.q, job.query_heads, job.nq, twice, job.d_k, memory,
        [&](uint64_t head) { return levels.empty() ? Elements() : Elements{levels[head]}; });
    write_operand(inputs.k, job.k, job.kv_heads, job.nk, twice, job.d_k, memory,
                  [](uint64_t) { return Elements(); });  // a key's element is 0
    write_operand(inputs.v, job.v, job.kv_heads, job.nk, twice, job.d_v, memory, [&](uint64_t) {
        return columns ? Elements{0, spec::kOneBf16} : Elements();
    });
    if (job.sink_logits) write_sink_states(job.sink_state, inputs.sink_logits, memory);
}

std::vector<float> read_output_rows(const Layout& layout, const MemoryAccess& memory, uint64_t head,
                                    uint64_t first, uint64_t count) {
    const fw::AttentionJob& job = layout.job;
    const fw::Tensor& tensor = layout.o();
    const ElementType type = layout.o_type();
    std::vector<float> o;
    o.reserve(count * job.d_v);
    for (const Rows& rows : layout.written_rows(head)) {
        const uint64_t begin = std::max<uint64_t>(first, rows.begin);
        const uint64_t end = std::min<uint64_t>(first + count, rows.end);
        if (begin >= end) continue;
        o.resize((begin - first) * job.d_v);
        const uint8_t* row =
            memory(tensor.address + head * tensor.head_stride + begin * tensor.pitch,
                   (end - begin) * tensor.pitch);
        for (uint64_t i = begin; i < end; ++i, row += tensor.pitch)
            append_row(row, job.d_v, type, o);
    }
    o.resize(count * job.d_v);
    return o;
}

std::vector<float> read_output(const Layout& layout, const MemoryAccess& memory) {
    const fw::AttentionJob& job = layout.job;
    std::vector<float> o;
    o.reserve(size_t{job.query_heads} * job.nq * job.d_v);
    for (uint64_t head = 0; head < job.query_heads; ++head) {
        const std::vector<float> rows = read_output_rows(layout, memory, head, 0, job.nq);
        o.insert(o.end(), rows.begin(), rows.end());
    }
    return o;
}

std::vector<double> read_lse(const Layout& layout, const MemoryAccess& memory, uint32_t bus_bytes) {
    const fw::AttentionJob& job = layout.job;
    constexpr double kNoKey = -std::numeric_limits<double>::infinity();
    std::vector<double> lse(size_t{job.query_heads} * job.nq, kNoKey);
    const auto lse_at = [&](uint64_t address) {
        const uint8_t* row = memory(address, bus_bytes);
        const spec::RowState state = spec::row_state(word_at(row), word_at(row + 4));
        if (state.m == spec::kEmpty) return kNoKey;
        return (state.m + std::log2(static_cast<double>(float_of(state.l)))) * std::log(2.0);
    };
    for (uint64_t head = 0; head < job.query_heads; ++head)
        for (const Rows& rows : layout.written_rows(head))
            for (uint64_t i = rows.begin; i < rows.end; ++i)
                lse[head * job.nq + i] =
                    lse_at(job.lse.address + head * job.lse.head_stride + i * job.lse.pitch);
    const uint32_t heads = job.query_heads / layout.batch;
    for (const SequencePlace& place : layout.keyless)
        for (uint64_t head = place.query_head; head < place.query_head + heads; ++head)
            for (uint32_t i = 0; i < place.nq; ++i)
                lse[head * job.nq + place.first_query + i] =
                    lse_at(job.sink_state.address + head * job.sink_state.head_stride);
    return lse;
}

}  // namespace tessera::host
