// SPDX-License-Identifier: MIT
// The tile kernel against the golden ATTEND, bit for bit, with the loops of every instruction set
// this processor runs: random shapes, masks, positions and numbers of every kind.
#include <algorithm>
#include <cstring>
#include <vector>

#include "host/verify/tile_reference.h"
#include "hw_model/arith/tile_kernel.h"
#include "hw_model/arith/tile_kernel_isa.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;

namespace {

using Random = std::mt19937_64;

uint32_t below(Random& random, uint32_t n) { return static_cast<uint32_t>(random() % n); }

/// What the numbers of an operand are like.
/// kRoot: products around the smallest normal number; kTiny: weights times them are.
enum class Kind { kPlain, kWide, kSmall, kHuge, kAnyBits, kRareSpecials, kRoot, kTiny, kKinds };
constexpr uint32_t kKinds = static_cast<uint32_t>(Kind::kKinds);

uint16_t number(Random& random, Kind kind) {
    const uint32_t bits = static_cast<uint32_t>(random());
    const auto with_exponent = [&](uint32_t low, uint32_t count) {
        return static_cast<uint16_t>((bits & 0x807f) | (low + (bits >> 16) % count) << 7);
    };
    switch (kind) {
        case Kind::kWide: return with_exponent(97, 60);
        case Kind::kSmall: return with_exponent(0, 70);
        case Kind::kRoot: return with_exponent(59, 10);
        case Kind::kTiny: return with_exponent(1, 12);
        case Kind::kHuge: return with_exponent(180, 76);
        case Kind::kAnyBits: return static_cast<uint16_t>(bits);
        case Kind::kRareSpecials:
            if (bits >> 26 == 0) {
                constexpr uint16_t kSpecials[8] = {0x7f80, 0xff80, 0x7fc0, 0xffc1,
                                                   0x0001, 0x8000, 0x007f, 0x0080};
                return kSpecials[bits & 7];
            }
            return with_exponent(122, 8);
        default: return with_exponent(122, 7);
    }
}

std::vector<uint16_t> numbers(Random& random, uint64_t n, Kind kind) {
    std::vector<uint16_t> r(n);
    for (uint16_t& x : r) x = number(random, kind);
    return r;
}

std::vector<uint32_t> positions(Random& random, uint32_t n, uint32_t base) {
    std::vector<uint32_t> r(n);
    const uint32_t kind = below(random, 8);
    for (uint32_t i = 0; i < n; ++i)
        r[i] = kind == 0   ? below(random, spec::kPositionLimit)
               : kind <= 3 ? below(random, 3 * n)
                           : base + i;
    return r;
}

spec::Mask any_mask(Random& random, uint32_t m) {
    spec::Mask mask;
    mask.flags = below(random, 4) == 0 ? below(random, 2) : below(random, spec::kMaskAll + 1);
    const auto given = [&](uint32_t flags) { return (mask.flags & flags) != 0; };
    if (given(spec::kMaskWindow)) {
        mask.window = 1 + below(random, 2 * m);
        if (below(random, 8) == 0) mask.window = spec::kPositionLimit - below(random, 2);
    }
    if (given(spec::kMaskSink)) mask.sinks = below(random, m);
    if (given(spec::kMaskBlock | spec::kMaskSummary)) mask.block = 1u << below(random, 8);
    if (given(spec::kMaskSummary)) mask.summary = 1 + below(random, mask.block);
    if (given(spec::kMaskFree)) mask.free_from = below(random, m + 1);
    if (given(spec::kMaskDiagOff))
        mask.diag_group = 1 + below(random, below(random, 2) ? std::min(m, 4u) : m);
    if (given(spec::kMaskPrefix)) mask.prefix = below(random, m);
    REQUIRE(spec::mask_legal(mask, m));
    return mask;
}

/// One tile with all it needs, and how it is cut into lane groups.
struct Case {
    std::vector<uint16_t> q, k, v;
    std::vector<uint32_t> q_position, k_position;
    verify::AttendInput in;
    uint32_t group = 0;
};

struct Shape {
    uint32_t rows, keys, d_k, d_v;
};

void fill(Random& random, Kind kind, const Shape& s, Case& c) {
    verify::AttendInput& in = c.in;
    in.rows = s.rows;
    in.keys = s.keys;
    in.d_k = s.d_k;
    in.d_v = s.d_v;
    in.q_stride = s.d_k + below(random, 3);
    in.k_stride = s.d_k + below(random, 3);
    in.v_stride = s.d_v + below(random, 3);
    c.q = numbers(random, uint64_t{s.rows} * in.q_stride, kind);
    c.k = numbers(random, uint64_t{s.keys} * in.k_stride, kind);
    const Kind v_kind = below(random, 2) ? kind : static_cast<Kind>(below(random, kKinds));
    c.v = numbers(random, uint64_t{s.keys} * in.v_stride, v_kind);
    c.q_position = positions(random, s.rows, s.keys * below(random, 3) / 2);
    c.k_position = positions(random, s.keys, below(random, 8));
    in.q = c.q.data();
    in.k = c.k.data();
    in.v = c.v.data();
    in.q_position = c.q_position.data();
    in.k_position = c.k_position.data();
    constexpr uint32_t kFactors[] = {0x3e38aa3b, 0x3fb8aa3b, 0x3f800000, 0x4138aa3b, 0x46000000,
                                     0x2f000000, 0x80000000, 0xc0400000, 0x7f800000, 0x00000001};
    in.factor = kFactors[below(random, below(random, 2) ? 4 : 10)];
    if (kind == Kind::kAnyBits && below(random, 2)) in.factor = static_cast<uint32_t>(random());
    in.identity = below(random, 4) == 0;
    in.mask = any_mask(random, std::max(s.rows, s.keys));
    c.group = below(random, 2) ? s.rows : 1 + below(random, s.rows);
}

struct Counts {
    Compared scores{"scores"}, rows{"row states"}, elements{"elements of O"},
        merged{"merged elements"}, stored{"stored elements"};
};

uint32_t bits(float x) {
    uint32_t r;
    std::memcpy(&r, &x, 4);
    return r;
}

/// The same row states and elements, by their bits?
void compare_row(const spec::RowState& row, const float* o, const verify::ReferenceRow& expected,
                 Compared& rows, Compared& elements, uint32_t i) {
    const auto where = [&] { return "row " + std::to_string(i); };
    rows.equal(spec::state_word(row), spec::state_word(expected.state), where);
    rows.equal(row.l, expected.state.l, where);
    for (size_t c = 0; c < expected.o.size(); ++c)
        elements.equal(bits(o[c]), expected.o[c],
                       [&] { return where() + ":" + std::to_string(c); });
}

void compare_scores(const hw::LaneGroupScores& scores, uint32_t first,
                    const verify::AttendInput& in, Counts& counts) {
    for (uint32_t i = 0; i < scores.rows; ++i) {
        const auto expected = verify::reference_scores(in, first + i);
        const spec::RowState row = verify::reference_maximum(expected, in.identity);
        counts.rows.equal(scores.m[i], row.m);
        counts.rows.equal(scores.flags[i], row.flags);
        for (uint32_t j = 0; j < in.keys; ++j) {
            const auto where = [&] {
                return "row " + std::to_string(first + i) + " key " + std::to_string(j);
            };
            const uint64_t at = uint64_t{i} * scores.padded + j;
            const verify::ReferenceScore& e = expected[j];
            const uint32_t state = !e.allowed ? 1 : spec::is_nan(e.scaled) ? 2 : 0;
            counts.scores.holds(scores.state[at] == state && (state == 0 || !scores.plain), where);
            if (!e.allowed) continue;
            const int32_t t = in.identity ? static_cast<int32_t>(e.scaled) : e.score.t;
            counts.scores.equal(scores.t[at], t, where);
        }
    }
}

void compare_stores(const spec::RowState& row, const float* o, const verify::ReferenceRow& expected,
                    Counts& counts) {
    std::vector<uint32_t> out(expected.o.size());
    for (uint32_t options = 0; options < 4; ++options) {
        const bool normalise = (options & 1) != 0;
        const bool bf16 = (options & 2) != 0;
        hw::store_row(row, o, static_cast<uint32_t>(out.size()), normalise, bf16, out.data());
        const std::vector<uint32_t> e = verify::reference_store(expected, normalise, bf16);
        for (size_t c = 0; c < e.size(); ++c) counts.stored.equal(out[c], e[c]);
    }
}

/// What the state bank holds, in both worlds.
struct State {
    std::vector<float> o;
    std::vector<spec::RowState> row;
    std::vector<verify::ReferenceRow> expected;
    uint32_t stride = 0;
};

/// A state of any bits at all, as LOAD_STATE could bring it.
State any_state(Random& random, uint32_t rows, uint32_t d_v) {
    State s;
    s.stride = d_v + below(random, 5);
    s.o.resize(uint64_t{rows} * s.stride);
    for (uint32_t i = 0; i < rows; ++i) {
        verify::ReferenceRow row;
        row.state = spec::row_state(static_cast<uint32_t>(random()), below(random, 4) << 16);
        row.state.m = static_cast<int16_t>(below(random, 300)) - 150;
        if (below(random, 4) == 0) row.state.m = static_cast<int16_t>(random());
        if (below(random, 4) == 0) row.state.m = spec::kEmpty;
        for (uint32_t c = 0; c < d_v; ++c) {
            row.o.push_back(static_cast<uint32_t>(random()));
            std::memcpy(&s.o[uint64_t{i} * s.stride + c], &row.o[c], 4);
        }
        s.row.push_back(row.state);
        s.expected.push_back(row);
    }
    return s;
}

/// One ATTEND into `s`, group by group, and its stores.
void attend(const Case& c, bool replace, bool check_scores, State& s, Counts& counts) {
    const verify::AttendInput& in = c.in;
    hw::PreparedKeys keys;
    hw::PreparedValues values;
    hw::prepare_keys(in.k, in.k_stride, in.keys, in.d_k, keys);
    hw::prepare_values(in.v, in.v_stride, in.keys, in.d_v, values);
    hw::LaneGroupScores scores;
    hw::TileRows tile;
    for (uint32_t first = 0; first < in.rows; first += c.group) {
        hw::ScoreInput group;
        group.q = in.q + uint64_t{first} * in.q_stride;
        group.q_stride = in.q_stride;
        group.first_row = first;
        group.rows = std::min(c.group, in.rows - first);
        group.q_position = in.q_position + first;
        group.k_position = in.k_position;
        group.factor = in.factor;
        group.identity = in.identity;
        group.mask = in.mask;
        hw::score_group(group, keys, scores);
        if (check_scores) compare_scores(scores, first, in, counts);
        hw::value_group(scores, values, tile);
        float* o = s.o.data() + uint64_t{first} * s.stride;
        hw::merge_group(tile, replace, o, s.stride, s.row.data() + first);
        for (uint32_t i = 0; i < group.rows; ++i) {
            const verify::ReferenceRow expected = verify::reference_row(in, first + i);
            compare_row(tile.row[i], tile.o.data() + uint64_t{i} * tile.padded, expected,
                        counts.rows, counts.elements, first + i);
            verify::reference_merge(expected, replace, s.expected[first + i]);
            const float* merged = o + uint64_t{i} * s.stride;
            compare_row(s.row[first + i], merged, s.expected[first + i], counts.rows, counts.merged,
                        first + i);
            compare_stores(s.row[first + i], merged, s.expected[first + i], counts);
        }
    }
}

/// `cases` random ATTENDs of shapes below `limit`, for each instruction set.
void random_cases(const Shape& limit, uint32_t cases) {
    Random random = test::test_random();
    Counts counts;
    for (uint32_t i = 0; i < cases; ++i) {
        const hw::detail::Isa best = hw::detail::best_isa();
        const uint32_t isa = i % (static_cast<uint32_t>(best) + 1);
        hw::detail::select_isa(static_cast<hw::detail::Isa>(isa));
        const Shape shape{1 + below(random, limit.rows), 1 + below(random, limit.keys),
                          1 + below(random, limit.d_k), 1 + below(random, limit.d_v)};
        State state = any_state(random, shape.rows, shape.d_v);
        for (uint32_t tile = 0; tile < 2; ++tile) {
            Case c;
            fill(random, static_cast<Kind>(below(random, kKinds)), shape, c);
            attend(c, below(random, 2) == 0, true, state, counts);
        }
        hw::detail::select_isa(best);
    }
}

}  // namespace

TEST_CASE("random tiles of many shapes") { random_cases({40, 150, 24, 90}, 250); }

TEST_CASE("wide score tiles") { random_cases({130, 300, 3, 4}, 40); }

TEST_CASE("deep tiles") { random_cases({9, 70, 300, 300}, 30); }

TEST_CASE("tiles of latent attention") { random_cases({5, 40, 576, 576}, 60); }

TEST_CASE("every combination of mask terms") {
    Random random = test::test_random();
    Counts counts;
    for (uint32_t flags = 0; flags <= spec::kMaskAll; ++flags)
        for (uint32_t again = 0; again < 4; ++again) {
            const Shape shape{1 + below(random, 20), 1 + below(random, 90), 2, 5};
            Case c;
            fill(random, Kind::kRareSpecials, shape, c);
            do c.in.mask = any_mask(random, 90);
            while (c.in.mask.flags != flags);
            State state = any_state(random, shape.rows, shape.d_v);
            attend(c, true, true, state, counts);
        }
}

TEST_CASE("NaN and Inf behind a mask stay there") {
    Random random = test::test_random();
    Counts counts;
    Compared clean{"elements without NaN"};
    for (uint32_t i = 0; i < 40; ++i) {
        const Shape shape{16 + below(random, 60), 16 + below(random, 60), 8, 20};
        Case c;
        fill(random, Kind::kPlain, shape, c);
        c.in.mask = spec::Mask{};
        c.in.mask.flags = spec::kMaskDiagOff;
        c.in.mask.diag_group = std::max(shape.rows, shape.keys) - 1;  // rows meet the last key only
        c.in.factor = 0x3f800000;
        const uint32_t bad = i % 2 ? 0x7f80 : 0x7fc0;
        for (uint32_t j = 0; j + 1 < shape.keys && j < c.in.mask.diag_group; ++j) {
            c.k[uint64_t{j} * c.in.k_stride] = static_cast<uint16_t>(bad);
            c.v[uint64_t{j} * c.in.v_stride] = static_cast<uint16_t>(bad);
        }
        for (uint32_t x = 0; x < c.in.d_v; ++x)
            c.v[uint64_t{shape.keys - 1} * c.in.v_stride + x] = 0x3f80;
        State state = any_state(random, shape.rows, shape.d_v);
        attend(c, true, true, state, counts);
        for (uint32_t row = 0; row < std::min(shape.rows, c.in.mask.diag_group); ++row)
            for (uint32_t x = 0; x < c.in.d_v; ++x)
                clean.holds(!spec::is_nan(bits(state.o[uint64_t{row} * state.stride + x])),
                            [&] { return "row " + std::to_string(row); });
    }
}

TEST_CASE("the caller's floating-point mode is left alone") {
    Compared modes{"control registers"};
    Random random = test::test_random();
    Counts counts;
    for (const unsigned mode : {0x1f80u, 0x9fc0u, 0x7f80u}) {
        Case c;
        fill(random, Kind::kSmall, {5, 20, 7, 6}, c);
        State state = any_state(random, 5, 6);
        __builtin_ia32_ldmxcsr(mode);  // rounding towards zero in the last
        attend(c, false, true, state, counts);
        modes.equal(__builtin_ia32_stmxcsr(), mode);
        __builtin_ia32_ldmxcsr(0x1f80);
    }
}

TEST_CASE("weights one by one: V is the unit matrix") {
    Random random = test::test_random();
    Counts counts;
    for (uint32_t i = 0; i < 60; ++i) {
        const uint32_t n = 100 + below(random, 120);
        Case c;
        fill(random, Kind::kPlain, {4, n, 1, n}, c);
        c.in.mask = spec::Mask{};
        c.in.identity = false;
        c.in.factor = i % 2 ? 0x3f800000 : 0x3f7ff000 + below(random, 0x2000);
        c.v.assign(c.v.size(), 0);
        for (uint32_t j = 0; j < n; ++j) c.v[uint64_t{j} * c.in.v_stride + j] = 0x3f80;
        for (uint32_t row = 0; row < 4; ++row) c.q[uint64_t{row} * c.in.q_stride] = 0x3f80;
        // Scores from 0 down past 2^-127, whole numbers or nearly.
        for (uint32_t j = 0; j < n; ++j) {
            const float score = -static_cast<float>(below(random, 132));
            c.k[uint64_t{j} * c.in.k_stride] = static_cast<uint16_t>(bits(score) >> 16);
        }
        c.k[0] = 0;
        State state = any_state(random, 4, n);
        attend(c, true, true, state, counts);
    }
}

TEST_CASE("masks at the edge of allowing everything") {
    Random random = test::test_random();
    Counts counts;
    for (uint32_t i = 0; i < 2000; ++i) {
        const Shape shape{1 + below(random, 9), 1 + below(random, 9), 1, 1};
        Case c;
        fill(random, Kind::kPlain, shape, c);
        const uint32_t q = 100 + below(random, 24);
        const uint32_t k = 100 + below(random, 24);
        for (uint32_t j = 0; j < shape.rows; ++j) c.q_position[j] = q + j;
        for (uint32_t j = 0; j < shape.keys; ++j) c.k_position[j] = k + j;
        const int32_t back = static_cast<int32_t>(q + shape.rows) - static_cast<int32_t>(k);
        const int32_t ahead = static_cast<int32_t>(k + shape.keys) - static_cast<int32_t>(q);
        const int32_t edge =
            std::max(i % 2 ? back : ahead, 1) + static_cast<int32_t>(i / 2 % 3) - 1;
        c.in.mask = spec::Mask{};
        c.in.mask.flags = spec::kMaskWindow | below(random, 2);
        c.in.mask.window = static_cast<uint32_t>(std::max(edge, 1));
        State state = any_state(random, shape.rows, shape.d_v);
        attend(c, true, true, state, counts);
    }
}
