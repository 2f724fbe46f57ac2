// SPDX-License-Identifier: MIT
// The exponential on every fraction with every power that matters, the mask unit and the range of
// keys on every set of mask terms, against spec/.
#include <deque>

#include "Vrtl_softmax_top.h"
#include "spec/key_range.h"
#include "spec/latency.h"
#include "spec/softmax.h"
#include "tests/support/compared.h"
#include "tests/support/random_terms.h"

namespace {

using namespace tessera;
using test::Compared;

void tick(Vrtl_softmax_top& dut) {
    dut.clk_i = 0;
    dut.eval();
    dut.clk_i = 1;
    dut.eval();
}

void set_mask(Vrtl_softmax_top& dut, const spec::Mask& mask) {
    dut.flags_i = mask.flags;
    dut.window_i = mask.window;
    dut.sinks_i = mask.sinks;
    dut.block_i = mask.block;
    dut.summary_i = mask.summary;
    dut.free_from_i = mask.free_from;
    dut.diag_group_i = mask.diag_group;
    dut.prefix_i = mask.prefix;
}

/// Feeds scores at full rate and compares what leaves kExpCycles later.
class Exponential {
  public:
    void feed(int32_t t, int32_t m, bool nan = false, bool identity = false) {
        dut_.exp_valid_i = 1;
        dut_.t_i = static_cast<uint32_t>(t);
        dut_.m_i = static_cast<uint16_t>(m);
        dut_.nan_i = nan;
        dut_.identity_i = identity;
        expected_.push_back(identity ? static_cast<uint16_t>(t)
                            : nan    ? spec::kNanBf16
                                     : spec::exp2_weight(t, static_cast<int16_t>(m)));
        tick(dut_);
        if (expected_.size() < spec::kExpCycles) return;
        compared_.equal(uint16_t{dut_.weight_o}, expected_.front(), [&] {
            return "before t " + std::to_string(t) + " m " + std::to_string(m);
        });
        expected_.pop_front();
    }

  private:
    Vrtl_softmax_top dut_;
    std::deque<uint16_t> expected_;
    Compared compared_{"weights"};
};

TEST_CASE("exp2: all fractions, all powers") {
    Exponential exponential;
    const auto all_fractions = [&](int32_t n, int32_t m) {
        // x = T - m*65536 = -n*65536 + f, so n = -(x >> 16) for every f.
        for (int32_t f = 0; f < 65536; ++f) {
            const int64_t t = int64_t{m} * 65536 - int64_t{n} * 65536 + f;
            if (t < -spec::kScoreLimit || t > spec::kScoreLimit || t > int64_t{m} * 65536) continue;
            exponential.feed(static_cast<int32_t>(t), m);
        }
    };
    for (int32_t n = 0; n <= 130; ++n) all_fractions(n, 0);
    for (const int32_t n : {1, 2, 126, 127, 128, 255, 256, 32766, 65533, 65534})
        for (const int32_t m : {-32766, -1, 1, 300, 32766, 32767}) all_fractions(n, m);
}

TEST_CASE("exp2: extremes, NaN, identity, random") {
    Exponential exponential;
    for (const int32_t m : {-32767, -32766, -1, 0, 1, 32766, 32767})
        for (const int32_t t : {-spec::kScoreLimit, -spec::kScoreLimit + 1, -1, 0, 1,
                                spec::kScoreLimit - 1, spec::kScoreLimit})
            if (spec::score_ceiling(t) <= m) exponential.feed(t, m);
    exponential.feed(-spec::kScoreLimit, 5, true);
    auto random = test::test_random();
    for (int i = 0; i < 1'000'000; ++i) {
        const int32_t t = static_cast<int32_t>(
            static_cast<int64_t>(random() % (2ull * spec::kScoreLimit + 1)) - spec::kScoreLimit);
        const int32_t top = spec::score_ceiling(t);
        const int32_t m = std::min<int32_t>(32767, top + static_cast<int32_t>(random() % 140));
        exponential.feed(t, m, random() % 8 == 0, random() % 8 == 0);
    }
}

TEST_CASE("mask unit: every set of terms") {
    constexpr uint32_t kM = 24;
    auto random = test::test_random();
    Vrtl_softmax_top dut;
    Compared compared("mask decisions");
    uint64_t allowed = 0;
    const auto any = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    for (uint32_t round = 0; round < 60; ++round)
        for (uint32_t flags = 0; flags <= spec::kMaskAll; ++flags) {
            const uint32_t far = round % 4 == 3 ? 1u << 31 : 2 * kM;
            const spec::Mask mask = test::random_terms(random, flags, kM, far);
            REQUIRE(spec::mask_legal(mask, kM));
            const uint32_t rows = 1 + any(kM), row = any(kM);
            uint32_t q[4];
            for (uint32_t& x : q) x = any(far);
            set_mask(dut, mask);
            dut.rows_i = rows & 0x7ff;
            dut.row_i = row & 0x3ff;
            for (int l = 0; l < 4; ++l) dut.q_position_i[l] = q[l];
            std::deque<uint32_t> expected;
            for (uint32_t j = 0; j <= kM; ++j) {
                const uint32_t k = any(3) == 0 ? q[any(4)] : any(far);
                dut.mask_valid_i = j < kM;
                dut.key_i = j & 0x3ff;
                dut.k_position_i = k;
                uint32_t bits = 0;
                for (uint32_t l = 0; l < 4; ++l)
                    if (row + l < rows && spec::mask_allows(mask, row + l, j, q[l], k))
                        bits |= 1u << l;
                expected.push_back(bits);
                tick(dut);
                if (j == 0) continue;
                compared.equal(uint32_t{dut.allowed_o}, expected.front(), [&] {
                    return "flags " + std::to_string(flags) + " key " + std::to_string(j - 1);
                });
                allowed += expected.front() != 0;
                expected.pop_front();
            }
        }
    // Neither all nor nothing.
    CHECK(allowed * 10 > compared.count());
    CHECK(allowed * 10 < compared.count() * 9);
}

TEST_CASE("ranges of keys: every set of terms") {
    constexpr uint32_t kM = 1024;
    auto random = test::test_random();
    Vrtl_softmax_top dut;
    Compared compared("ranges of keys");
    const auto any = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    for (uint32_t round = 0; round < 200; ++round)
        for (uint32_t flags = 0; flags <= spec::kMaskAll; ++flags) {
            const uint32_t m = round % 2 == 0 ? kM : 24;
            const uint32_t far = round % 4 == 3 ? (1u << 31) - m : 4 * m;
            const spec::Mask mask = test::random_terms(random, flags, m, far);
            const uint32_t q = any(far), k = any(2) == 0 ? any(far) : q - std::min(q, any(m));
            const spec::TilePositions tile{any(16) != 0, q, k};
            const uint32_t first = any(m), rows = 1 + any(m - first), keys = 1 + any(m);
            set_mask(dut, mask);
            dut.known_i = tile.known;
            dut.q_first_i = q + first;
            dut.k_first_i = k;
            dut.rows_i = rows & 0x7ff;
            dut.keys_i = keys & 0x7ff;
            dut.eval();
            const spec::KeyRange range = spec::key_range(mask, tile, first, rows, keys);
            const auto which = [&] { return "flags " + std::to_string(flags); };
            compared.equal(uint32_t{dut.range_first_o}, range.first, which);
            compared.equal(uint32_t{dut.range_keys_o}, range.count, which);
        }
}

}  // namespace
