// SPDX-License-Identifier: MIT
#include "host/operation/approximate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "firmware/driver/driver.h"
#include "firmware/merge/row_merger.h"
#include "firmware/plan/row_list.h"
#include "host/approximation/audit.h"
#include "host/float_bits.h"
#include "host/operation/device_memory.h"
#include "spec/float.h"
#include "spec/state.h"

namespace tessera::host {
namespace {

uint64_t flags_of_head(const Selection& s) { return uint64_t{s.query_tiles} * s.key_tiles; }

bool any_sampled(const Selection& s, uint32_t head, uint32_t query_tile) {
    const auto row = s.sampled.begin() + static_cast<ptrdiff_t>(s.at(head, query_tile, 0));
    return std::find(row, row + s.key_tiles, 1) != row + s.key_tiles;
}

/// The first query tile with a tile that stands for others. From there on all have some, in every
/// head, so that the remainder is a job without empty rows.
uint32_t first_remainder_tile(const Selection& s) {
    uint32_t first = 0;
    while (!any_sampled(s, 0, first)) ++first;
    for (uint32_t head = 0; head < s.heads; ++head)
        for (uint32_t tile = 0; tile < s.query_tiles; ++tile)
            if (any_sampled(s, head, tile) != (tile >= first))
                throw std::logic_error("sampled tiles are not those of the last query tiles");
    return first;
}

/// The rows of `job` from `row` on, with results behind those of `heads` heads.
fw::AttentionJob rows_from(fw::AttentionJob job, uint32_t row, uint32_t heads) {
    job.nq -= row;
    job.q_position += row;
    job.q.address += uint64_t{row} * job.q.pitch;
    for (fw::Tensor* t : {&job.o, &job.lse})
        t->address += heads * t->head_stride + uint64_t{row} * t->pitch;
    return job;
}

/// A row's sum of weights is l * 2^m.
struct WeightedRow {
    spec::RowState state;
    std::vector<float> o;
};

template <typename T>
T value_at(const uint8_t* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

WeightedRow read_row(const fw::AttentionJob& job, uint32_t head, uint32_t row,
                     const MemoryAccess& memory) {
    WeightedRow r;
    const uint8_t* lse = memory(fw::row_address(job.lse, head, row), 8);
    r.state = spec::row_state(value_at<uint32_t>(lse), value_at<uint32_t>(lse + 4));
    const uint8_t* o = memory(fw::row_address(job.o, head, row), uint64_t{4} * job.d_v);
    for (uint32_t c = 0; c < job.d_v; ++c) r.o.push_back(value_at<float>(o + 4 * size_t{c}));
    return r;
}

/// Its sum of weights over 2^m.
double weight_over(const WeightedRow& row, int m) {
    if (row.state.m == spec::kEmpty) return 0;
    return std::ldexp(static_cast<double>(float_of(row.state.l)), row.state.m - m);
}

/// A row of the remainder, merged with what the tiles that stand for themselves give.
std::vector<float> merged_row(const Layout& layout, uint32_t head, uint32_t row,
                              const MemoryAccess& memory) {
    const fw::AttentionJob& remainder = layout.remainder.value();
    const uint32_t first = layout.job.nq - remainder.nq;
    WeightedRow own = read_row(layout.job, head, row, memory);
    const WeightedRow rest = read_row(remainder, head, row - first, memory);
    const int peak = std::max(own.state.m, rest.state.m);
    const double a = weight_over(own, peak);
    const double b = weight_over(rest, peak) * layout.approximate->weight(head, row);
    if (b == 0) return std::move(own.o);
    for (uint32_t c = 0; c < own.o.size(); ++c)
        own.o[c] = static_cast<float>((a * own.o[c] + b * rest.o[c]) / (a + b));
    return std::move(own.o);
}

void write_result(const Layout& layout, uint32_t head, uint32_t row, const std::vector<float>& o,
                  const MemoryAccess& memory) {
    const bool bf16 = layout.o_type() == ElementType::kBf16;
    const uint64_t bytes = o.size() * element_bytes(layout.o_type());
    uint8_t* const to = memory(fw::row_address(layout.o(), head, row), bytes);
    for (size_t c = 0; c < o.size(); ++c) {
        const uint32_t bits = bits_of(o[c]);
        const uint16_t rounded = spec::fp32_to_bf16(bits);
        if (bf16)
            std::memcpy(to + 2 * c, &rounded, sizeof rounded);
        else
            std::memcpy(to + 4 * c, &bits, sizeof bits);
    }
}

/// Two results in fp32 in place of one in bf16, which they become when they are merged.
void place_two_results(const Problem& p, uint32_t bus_bytes, Layout& layout, MemoryMap& map) {
    fw::AttentionJob& job = layout.job;
    layout.merged_o = job.o;
    const uint32_t results = 2 * p.query_heads;
    job.bf16_output = false;
    job.o =
        map.tensor("two results", TensorLayout::heads(ElementType::kFp32, results, p.nq, p.d_v));
    job.lse = map.rows("lse", results, p.nq, bus_bytes);
}

}  // namespace

ApproximationShape approximation_shape(const Problem& p, uint32_t m) {
    return {p.query_heads, p.kv_heads, p.nq, p.nk, p.d_k, m, p.mask.causal};
}

void select_tiles_of(Problem& p, const Inputs& inputs, uint32_t m) {
    TileSummaries queries, keys;
    if (needs_summaries(p.approximation.value().rule)) {
        const ReferenceProblem r = reference_problem(p, inputs, m, false);
        queries = summarise_tiles(r.q, p.query_heads, p.nq, p.d_k, m);
        if (p.scale < 0)  // the sign of a score is its own, its size is the same for all tiles
            for (double& mean : queries.mean) mean = -mean;
        keys = summarise_tiles(r.k, p.kv_heads, p.nk, p.d_k, m);
    }
    select_tiles_by(queries, keys, p, m);
}

void select_tiles_by(const TileSummaries& queries, const TileSummaries& keys, Problem& p,
                     uint32_t m) {
    const Approximation& a = p.approximation.value();
    auto s = std::make_shared<Selection>(select_tiles(a, approximation_shape(p, m), queries, keys));
    TileFlags& tiles = p.mask.tiles;
    tiles = {fmt::format("`schedule.approximation.rule={}`", rule_name(a.rule)), s->heads,
             s->query_tiles, s->key_tiles, s->exact};
    for (size_t i = 0; i < tiles.flags.size(); ++i) tiles.flags[i] |= s->sampled[i];
    p.selection = std::move(s);
}

Problem exact_problem(const Problem& problem) {
    Problem exact = problem;
    exact.approximation.reset();
    exact.selection.reset();
    exact.mask.tiles = TileFlags();
    return exact;
}

uint32_t result_tensors(const Problem& p) {
    return p.selection && p.selection->has_exact() && p.selection->has_sampled() ? 2 : 1;
}

void place_approximation(const Problem& p, const spec::DeviceParams& params, Layout& layout,
                         MemoryMap& map) {
    if (p.bf16_output && result_tensors(p) == 2)
        place_two_results(p, params.bus_bytes, layout, map);
    auto arrays = std::make_shared<ApproximateArrays>();
    arrays->selection = p.selection;
    arrays->m = params.m;
    arrays->audit_rows = audit_rows(p.nq, params.m, p.approximation->seed);
    const Selection& s = *p.selection;
    fw::AttentionJob& job = layout.job;
    const auto list = [&](const char* name, const std::vector<uint32_t>& rows, uint32_t limit) {
        const auto count = static_cast<uint32_t>(rows.size());
        return fw::RowList{rows.data(), limit,
                           map.place(name, fw::list_bytes(count, params.m, params))};
    };

    layout.audit = job;
    fw::AttentionJob& audit = *layout.audit;
    audit.nq = static_cast<uint32_t>(arrays->audit_rows.size());
    audit.query_list = list("audited rows", arrays->audit_rows, p.nq);
    audit.o = map.tensor("audit",
                         TensorLayout::heads(ElementType::kFp32, p.query_heads, audit.nq, p.d_v));
    audit.bf16_output = false;
    audit.want_lse = false;
    audit.tile_flags = nullptr;

    job.tile_flags_stride = flags_of_head(s);
    if (!s.key_list.empty()) job.key_list = list("keys", s.key_list, p.nk);
    job.tile_flags = s.has_exact() ? s.exact.data() : s.sampled.data();
    if (result_tensors(p) == 2) {
        job.want_lse = true;
        const uint32_t tile = first_remainder_tile(s);
        layout.remainder = rows_from(job, tile * params.m, p.query_heads);
        layout.remainder->tile_flags = s.sampled.data() + size_t{tile} * s.key_tiles;
    }
    layout.approximate = std::move(arrays);
}

void merge_remainder(const Layout& layout, const MemoryAccess& memory) {
    const fw::AttentionJob& job = layout.job;
    const uint32_t first = job.nq - layout.remainder.value().nq;
    for (uint32_t head = 0; head < job.query_heads; ++head)
        for (uint32_t row = layout.merged_o ? 0 : first; row < job.nq; ++row)
            write_result(layout, head, row,
                         row < first ? read_row(job, head, row, memory).o
                                     : merged_row(layout, head, row, memory),
                         memory);
}

fw::MergeWork remainder_work(const Layout& layout) {
    const fw::AttentionJob& job = layout.remainder.value();
    const uint64_t rows = uint64_t{job.query_heads} * job.nq;
    fw::MergeWork work;
    work.elements = fw::merged_elements(rows, job.d_v, false);
    work.bytes_read = rows * 2 * (8 + uint64_t{4} * job.d_v);
    work.bytes_written = rows * layout.o().pitch;
    if (!layout.merged_o) return work;
    const uint64_t before = uint64_t{job.query_heads} * layout.job.nq - rows;
    work.elements += before * job.d_v;
    work.bytes_read += before * 4 * job.d_v;
    work.bytes_written += before * layout.o().pitch;
    return work;
}

Platform::Program program_with_remainder(const Layout& layout, const MemoryAccess& memory,
                                         FirmwareOutcome& firmware) {
    const Platform::Program jobs = Platform::firmware(layout.jobs(), layout.driver, firmware);
    return [memory, &layout, &firmware, jobs](ProcessorBus& bus) {
        jobs(bus);
        if (!firmware.status.ok()) return;
        merge_remainder(layout, memory);
        bus.accounting().merged(remainder_work(layout));
        fw::DriverConfig config = layout.driver;
        config.csr_base = kCsrBase;
        fw::Driver driver(bus);  // one more FENCE, so that the counters cover the merging
        firmware.status = driver.init(config);
        if (firmware.status.ok()) firmware.status = driver.fence();
    };
}

ReferenceProblem approximate_reference(const Problem& p, const Inputs& inputs, uint32_t m,
                                       bool original) {
    ReferenceProblem r = reference_problem(p, inputs, m, original);
    const std::shared_ptr<const Selection> s = p.selection;
    const bool weighted = result_tensors(p) == 2, causal = p.mask.causal;
    const uint32_t nk = p.nk;
    r.visible = [=](uint32_t head, uint32_t row, std::vector<KeyRange>& ranges) {
        ranges.clear();
        const uint32_t tile = row / m, end = causal ? row + 1 : nk;
        for (uint32_t t = 0; t < s->key_tiles && t * m < end; ++t) {
            const size_t at = s->at(head, tile, t);
            const bool own = s->exact[at] != 0;
            if (!own && s->sampled[at] == 0) continue;
            const double weight = own || !weighted ? 1 : s->weight[s->row(head, tile)];
            ranges.push_back({t * m, std::min(t * m + m, end), weight});
        }
    };
    if (s->key_list.empty()) return r;
    const auto listed = [&](const ElementReader& rows, uint32_t columns) -> ElementReader {
        return [rows, s, columns, nk](size_t first, size_t count, double* out) {
            for (size_t i = first; i < first + count; ++i) {
                const size_t row = i / columns, key = s->key_list[row % nk];
                rows((row / nk * nk + key) * columns + i % columns, 1, out++);
            }
        };
    };
    r.k = listed(r.k, p.d_k);
    r.v = listed(r.v, p.d_v);
    return r;
}

ReferenceProblem audit_reference(const Problem& p, const Inputs& inputs, uint32_t m,
                                 const std::vector<uint32_t>& rows) {
    ReferenceProblem r = reference_problem(exact_problem(p), inputs, m, false);
    const uint32_t nq = p.nq, d_k = p.d_k;
    r.nq = static_cast<uint32_t>(rows.size());
    r.visible = [&rows, visible = r.visible](uint32_t head, uint32_t row,
                                             std::vector<KeyRange>& ranges) {
        visible(head, rows[row], ranges);
    };
    r.q = [&rows, all = r.q, nq, d_k](size_t first, size_t count, double* out) {
        for (size_t i = first; i < first + count; ++i) {
            const size_t row = i / d_k, head = row / rows.size();
            all((head * nq + rows[row % rows.size()]) * d_k + i % d_k, 1, out++);
        }
    };
    return r;
}

uint64_t selection_cycles(const SelectionCost& cost, const hw::FirmwareCosts& firmware) {
    return static_cast<uint64_t>(
        std::ceil(static_cast<double>(cost.element_steps + cost.multiply_adds) *
                  firmware.merge_cycles_per_element));
}

uint32_t most_tiles_seen(const Selection& s) {
    uint32_t most = 0;
    for (uint32_t head = 0; head < s.heads; ++head)
        for (uint32_t tile = 0; tile < s.query_tiles; ++tile) {
            uint32_t seen = 0;
            for (uint32_t t = 0; t < s.key_tiles; ++t)
                seen += s.exact[s.at(head, tile, t)] + s.sampled[s.at(head, tile, t)];
            most = std::max(most, seen);
        }
    return most + 2;
}

}  // namespace tessera::host
