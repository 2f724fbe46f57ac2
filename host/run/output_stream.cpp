// SPDX-License-Identifier: MIT
#include "host/run/output_stream.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "spec/integers.h"

namespace tessera::host {
namespace {

std::vector<TensorSpec> tensors(const Problem& p) {
    std::vector<TensorSpec> result = {{"o", Dtype::kF32, p.output_shape()}};
    if (p.want_lse) result.push_back({"lse", Dtype::kF32, p.row_shape()});
    return result;
}

}  // namespace

OutputStream::OutputStream(const std::string& path, const RunRecord& record,
                           const Metadata& metadata)
    : problem_(record.problem),
      layout_(record.layout),
      writer_(path, tensors(record.problem), metadata) {
    const fw::AttentionJob& job = layout_.job;
    blocks_ = spec::divide_up(job.nq, kBlockRows);
    missing_.resize(job.query_heads * blocks_);
    for (uint64_t head = 0; head < job.query_heads; ++head)
        for (const Rows& rows : layout_.written_rows(head))
            for (uint64_t row = rows.begin; row < rows.end;) {
                const uint64_t block = row / kBlockRows;
                const uint64_t stop = std::min<uint64_t>(rows.end, (block + 1) * kBlockRows);
                missing_[head * blocks_ + block] += (stop - row) * job.o.pitch;
                row = stop;
            }
}

void OutputStream::attach(MemoryAccess memory, Release release) {
    memory_ = std::move(memory);
    release_ = std::move(release);
    for (size_t i = 0; i < missing_.size(); ++i)  // no job writes a row of it
        if (missing_[i] == 0) write_block(i / blocks_, i % blocks_);
}

void OutputStream::stored(uint64_t address, uint64_t bytes) {
    const fw::AttentionJob& job = layout_.job;
    const uint64_t begin = std::max(address, job.o.address);
    const uint64_t end =
        std::min(address + bytes, job.o.address + uint64_t{job.query_heads} * job.o.head_stride);
    for (uint64_t at = begin; at < end;) {
        const uint64_t head = (at - job.o.address) / job.o.head_stride;
        const uint64_t base = job.o.address + head * job.o.head_stride;
        const uint64_t stop = std::min(end, base + job.o.head_stride);
        stored_in_head(head, at - base, std::min(stop - base, uint64_t{job.nq} * job.o.pitch));
        at = stop;
    }
}

void OutputStream::stored_in_head(uint64_t head, uint64_t begin, uint64_t end) {
    const uint64_t bytes = kBlockRows * layout_.job.o.pitch;
    while (begin < end) {
        const uint64_t block = begin / bytes;
        const uint64_t stop = std::min(end, (block + 1) * bytes);
        uint64_t& missing = missing_[head * blocks_ + block];
        if (stop - begin > missing) throw std::logic_error("a row of o was stored twice");
        missing -= stop - begin;
        if (missing == 0) write_block(head, block);
        begin = stop;
    }
}

void OutputStream::write_block(uint64_t head, uint64_t block) {
    const fw::AttentionJob& job = layout_.job;
    const uint64_t first = block * kBlockRows,
                   count = std::min<uint64_t>(kBlockRows, job.nq - first);
    const std::vector<float> rows = read_output_rows(layout_, memory_, head, first, count);
    if (problem_.head_order == HeadOrder::kHeadsFirst)
        writer_.write("o", problem_.place_of_row(head, first) * job.d_v, rows.data(), rows.size());
    else
        for (uint64_t i = 0; i < count; ++i)
            writer_.write("o", problem_.place_of_row(head, first + i) * job.d_v,
                          rows.data() + i * job.d_v, job.d_v);
    add_nonfinite(rows, job.d_v, static_cast<uint32_t>(head), static_cast<uint32_t>(first),
                  nonfinite_);
    if (release_)
        release_(job.o.address + head * job.o.head_stride + first * job.o.pitch,
                 count * job.o.pitch);
}

void OutputStream::write_lse(const std::vector<double>& lse) {
    std::vector<float> narrow(lse.size());
    for (uint64_t i = 0; i < lse.size(); ++i)
        narrow[problem_.place_of_row(i)] = static_cast<float>(lse[i]);
    writer_.write("lse", 0, narrow.data(), narrow.size());
}

}  // namespace tessera::host
