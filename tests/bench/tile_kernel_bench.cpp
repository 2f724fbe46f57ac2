// SPDX-License-Identifier: MIT
// Speed of the tile kernel: a whole tile (score, value, merge) of M x M x d, Gaussian data.
// items_per_second is multiply-adds per second, counting all M*M pairs even where a causal
// diagonal masks them. /0: nothing masked, /1: causal diagonal, /2: sparse tail mask.
#include <benchmark/benchmark.h>

#include <cstring>
#include <random>
#include <vector>

#include "hw_model/arith/tile_kernel.h"
#include "hw_model/arith/tile_kernel_isa.h"
#include "spec/float.h"

namespace {

using namespace tessera;

std::vector<uint16_t> gaussian(size_t n, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    std::vector<uint16_t> r(n);
    for (uint16_t& x : r) {
        const float value = normal(random);
        uint32_t bits;
        std::memcpy(&bits, &value, sizeof bits);
        x = spec::fp32_to_bf16(bits);
    }
    return r;
}

/// Operands and results of one tile.
struct Tile {
    Tile(uint32_t tokens, uint32_t dimension, uint32_t kind)
        : m(tokens),
          d(dimension),
          q(gaussian(m * d, 1)),
          k(gaussian(m * d, 2)),
          v(gaussian(m * d, 3)) {
        q_position.resize(m);
        k_position.resize(m);
        for (uint32_t i = 0; i < m; ++i) q_position[i] = k_position[i] = i;
        in.q = q.data();
        in.q_stride = d;
        in.rows = m;
        in.q_position = q_position.data();
        in.k_position = k_position.data();
        in.factor = 0x3e38aa3b;  // log2(e) / 8
        if (kind == 1) in.mask.flags = spec::kMaskCausal;
        if (kind == 2) {
            in.mask.flags = spec::kMaskSummary;
            in.mask.block = 8;
            in.mask.summary = 3;
        }
        state_o.resize(uint64_t{m} * d);
        state.resize(m);
    }
    void prepare() {
        hw::prepare_keys(k.data(), d, m, d, keys);
        hw::prepare_values(v.data(), d, m, d, values);
    }
    void merge() { hw::merge_group(rows, false, state_o.data(), d, state.data()); }

    uint32_t m, d;
    std::vector<uint16_t> q, k, v;
    std::vector<uint32_t> q_position, k_position;
    hw::PreparedKeys keys;
    hw::PreparedValues values;
    hw::ScoreInput in;
    hw::LaneGroupScores scores;
    hw::TileRows rows;
    std::vector<float> state_o;
    std::vector<spec::RowState> state;
};

Tile tile_of(const benchmark::State& bench) {
    Tile tile(static_cast<uint32_t>(bench.range(0)), static_cast<uint32_t>(bench.range(1)),
              static_cast<uint32_t>(bench.range(2)));
    tile.prepare();
    return tile;
}

void count_items(benchmark::State& bench, int64_t halves) {
    bench.SetItemsProcessed(bench.iterations() * halves * bench.range(0) * bench.range(0) *
                            bench.range(1));
}

void whole_tile(benchmark::State& bench) {
    Tile tile = tile_of(bench);
    for (auto _ : bench) {
        hw::score_group(tile.in, tile.keys, tile.scores);
        hw::value_group(tile.scores, tile.values, tile.rows);
        tile.merge();
        benchmark::DoNotOptimize(tile.state_o.data());
    }
    count_items(bench, 2);
}

void score(benchmark::State& bench) {
    Tile tile = tile_of(bench);
    for (auto _ : bench) hw::score_group(tile.in, tile.keys, tile.scores);
    count_items(bench, 1);
}

void value(benchmark::State& bench) {
    Tile tile = tile_of(bench);
    hw::score_group(tile.in, tile.keys, tile.scores);
    for (auto _ : bench) hw::value_group(tile.scores, tile.values, tile.rows);
    count_items(bench, 1);
}

/// What loading the banks adds to a tile, as if it were multiply-adds.
void prepare(benchmark::State& bench) {
    Tile tile = tile_of(bench);
    for (auto _ : bench) tile.prepare();
    count_items(bench, 2);
}

/// whole_tile with the loops of a smaller instruction set.
void whole_tile_isa(benchmark::State& bench, hw::detail::Isa isa) {
    if (isa > hw::detail::best_isa()) return bench.SkipWithError("not on this processor");
    hw::detail::select_isa(isa);
    whole_tile(bench);
    hw::detail::select_isa(hw::detail::best_isa());
}

/// Chains that may not be fused: a value so small that some product leaves the normal range.
void whole_tile_unfused(benchmark::State& bench) {
    Tile tile = tile_of(bench);
    tile.q[0] = 0x0080;
    tile.v[0] = 0x0080;
    tile.prepare();
    for (auto _ : bench) {
        hw::score_group(tile.in, tile.keys, tile.scores);
        hw::value_group(tile.scores, tile.values, tile.rows);
        tile.merge();
    }
    count_items(bench, 2);
}

void shapes(benchmark::internal::Benchmark* bench) {
    for (const int64_t kind : {0, 1, 2}) {
        bench->Args({128, 64, kind});
        bench->Args({64, 64, kind});
        bench->Args({256, 128, kind});
    }
}

BENCHMARK(whole_tile)->Apply(shapes);
BENCHMARK(score)->Apply(shapes);
BENCHMARK(value)->Apply(shapes);
BENCHMARK(whole_tile_unfused)->Apply(shapes);
BENCHMARK(prepare)->Args({128, 64, 0})->Args({256, 128, 0});
BENCHMARK_CAPTURE(whole_tile_isa, v3, hw::detail::Isa::kV3)->Args({128, 64, 0});
BENCHMARK_CAPTURE(whole_tile_isa, base, hw::detail::Isa::kBase)->Args({128, 64, 0});

}  // namespace

BENCHMARK_MAIN();
