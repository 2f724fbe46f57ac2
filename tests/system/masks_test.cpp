// SPDX-License-Identifier: MIT
// Every mask through the firmware on the model, against the double reference, in both schedules
// and with profile `stats`, on random data and on rows that are hard: scores from -80 to 80, all
// equal, one key that dominates, one key alone, no key at all, NaN where nobody may look.
#include <cmath>
#include <limits>

#include "spec/integers.h"
#include "tests/support/attention_run.h"
#include "tests/support/mask_oracle.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;

namespace {

struct NamedMask {
    const char* name;
    host::AttentionMask mask;
    bool stacked = false;
};

/// Of n tokens on a device with tiles of m.
std::vector<NamedMask> masks(uint32_t n, uint32_t m) {
    const uint32_t tiles = spec::divide_up(n, m);
    host::AttentionMask dense, causal, window, both, two_sided, sinks, own, sparse, documents,
        flags;
    causal.causal = window.causal = both.causal = sinks.causal = sparse.causal = true;
    host::AttentionMask prefix = causal, prefix_window = causal;
    prefix.prefix = m + 2;
    prefix_window.prefix = 3;
    prefix_window.window = m / 2;
    window.window = m + 3;
    both.window = 1;  // a single live key, beside the sinks
    both.sinks = 5;
    two_sided.window = m / 2;
    sinks.sinks = m + 1;
    own.block = 32;
    sparse.block = 8;
    sparse.summary = 3;
    for (uint32_t at = 0; at < n; at += 1 + at / 3) documents.documents.push_back(at);
    host::AttentionMask causal_documents = documents;
    causal_documents.causal = true;
    flags.tiles = {"test", 1, tiles, tiles, {}};
    for (uint32_t i = 0; i < tiles * tiles; ++i)  // the last query tile sees nothing
        flags.tiles.flags.push_back(i / tiles + 1 < tiles && i * 7 % 3 == 0);
    return {{"dense", dense},
            {"causal", causal},
            {"causal, stacked", causal, true},
            {"window", window},
            {"window, stacked", window, true},
            {"window and sinks", both},
            {"two-sided window", two_sided},
            {"sinks", sinks},
            {"block", own},
            {"sparse", sparse},
            {"prefix", prefix},
            {"prefix and window, stacked", prefix_window, true},
            {"documents", documents},
            {"documents, causal", causal_documents},
            {"documents, stacked", causal_documents, true},
            {"tile flags", flags}};
}

struct Rows {
    const char* name;
    std::function<float(uint64_t row)> score;  ///< of a key; null: random tensors
};

const Rows kRows[] = {
    {"random", nullptr},
    {"scores from -80 to 80", [](uint64_t row) { return 80 * test::noise(row, 7); }},
    {"equal scores", [](uint64_t) { return 3.0f; }},
    {"one key dominates", [](uint64_t row) { return row % 29 == 11 ? 60.0f : 0.0f; }},
};

AttentionSetup setup_of(const std::string& preset, const NamedMask& mask, const Rows& rows,
                        uint32_t nq, uint32_t nk, uint64_t seed) {
    const uint32_t d = 16;
    AttentionSetup s = test::random_attention(preset, 4, 2, nq, nk, d, d, seed);
    s.problem.mask = mask.mask;
    s.problem.stacked = mask.stacked;
    s.problem.want_lse = true;
    if (!rows.score) return s;
    s.problem.scale = 1;
    s.inputs.q =
        test::operand_of([](uint64_t, uint64_t column) { return column == 0 ? 1.0f : 0.0f; }, d);
    s.inputs.k = test::operand_of(
        [&rows](uint64_t row, uint64_t column) { return column == 0 ? rows.score(row) : 0.5f; }, d);
    s.inputs.v = test::operand_of(test::noise, d);
    return s;
}

}  // namespace

TEST_CASE("every mask, both schedules, merged by device or firmware, random and hard rows") {
    const uint64_t seed = test::test_random()();
    Compared bound("elements and rows within the bound");
    Compared same("elements and rows equal in both orders and profiles");
    Compared identities("counter identities");
    for (const auto& [preset, n] : {std::pair<const char*, uint32_t>{"tiny", 75}, {"odd", 150}})
        for (const NamedMask& mask : masks(n, test::device_params(preset).m))
            for (const Rows& rows : kRows) {
                AttentionSetup s = setup_of(preset, mask, rows, n, n, seed);
                INFO(mask.name << ", " << rows.name << ", " << preset);
                const test::AttentionRun a = test::run_attention(s);
                test::check_bound(bound, s, a);
                test::check_identities(identities, a.outcome);
                for (const auto order :
                     {fw::ScheduleId::kQueryResident, fw::ScheduleId::kKeyValueResident})
                    for (const auto profile : {spec::Profile::kStateful, spec::Profile::kStats}) {
                        s.problem.schedule = order;
                        s.platform.params.profile = profile;
                        const test::AttentionRun b = test::run_attention(s);
                        test::check_identities(identities, b.outcome);
                        for (size_t i = 0; i < a.o.size(); ++i)
                            same.equal(test::bits_of(a.o[i]), test::bits_of(b.o[i]));
                        for (size_t i = 0; i < a.lse.size(); ++i) same.equal(a.lse[i], b.lse[i]);
                    }
            }
}

TEST_CASE("other numbers of queries than keys: decoding, chunks of a prefill") {
    const uint64_t seed = test::test_random()();
    Compared bound("elements and rows within the bound");
    const std::pair<uint32_t, uint32_t> kShapes[] = {{1, 75}, {20, 75}, {75, 20}, {7, 9}};
    for (const auto& [nq, nk] : kShapes)
        for (const NamedMask& mask : masks(std::min(nq, nk), 16)) {
            if (!mask.mask.documents.empty() || mask.mask.tiles.given()) continue;
            if (std::max(mask.mask.sinks, mask.mask.prefix) > nk) continue;
            for (const bool stacked : {false, true})
                for (const auto align : {host::Align::kEnd, host::Align::kStart}) {
                    if (stacked && mask.mask.summary != 0 && nq != 1) continue;
                    AttentionSetup s = setup_of("tiny", mask, kRows[0], nq, nk, seed);
                    s.problem.stacked = stacked;
                    s.problem.mask.align = align;
                    INFO(mask.name << ", " << nq << " x " << nk);
                    test::check_bound(bound, s, test::run_attention(s));
                }
        }
}

TEST_CASE("Sparse Transformer at its paper's sizes: sqrt(N) - 1 ATTENDs at M = 2 sqrt(N)") {
    const uint64_t seed = test::test_random()();
    Compared bound("elements and rows within the bound");
    Compared calls("numbers of ATTENDs");
    for (const auto& [preset, root] : {std::pair<const char*, uint32_t>{"tiny", 8}, {"small", 32}})
        for (const Rows& rows : kRows) {
            NamedMask sparse{"sparse", {}};
            sparse.mask.causal = true;
            sparse.mask.summary = 1;
            sparse.mask.block = host::sparse_block(root * root);
            const AttentionSetup s = setup_of(preset, sparse, rows, root * root, root * root, seed);
            INFO(preset << ", " << rows.name);
            const test::AttentionRun run = test::run_attention(s);
            test::check_bound(bound, s, run);
            const auto attends = static_cast<size_t>(spec::Counter::kAttendsRetired);
            calls.equal(run.outcome.counters[attends], s.problem.query_heads * (root - 1));
        }
}

TEST_CASE("NaN and Inf in keys that a query may not see do not reach it") {
    Compared rows("rows that are within the bound, or see what is not finite");
    const uint32_t n = 75, d = 16;
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
        for (const NamedMask& mask : masks(n, 16)) {
            AttentionSetup s = setup_of("tiny", mask, kRows[1], n, n, 1);
            s.inputs.k = test::operand_of(
                [bad](uint64_t row, uint64_t column) {
                    if (row % 75 == 40) return bad;
                    return column == 0 ? 80 * test::noise(row, 7) : 0.5f;
                },
                d);
            s.inputs.v = test::operand_of(
                [bad](uint64_t row, uint64_t column) {
                    return row % 75 == 40 ? bad : test::noise(row, column);
                },
                d);
            const test::AttentionRun run = test::run_attention(s);
            const host::ErrorSummary error = test::compare_exact(s, run);
            uint64_t spoilt = 0;
            for (uint32_t head = 0; head < 4; ++head)
                for (uint32_t i = 0; i < n; ++i)
                    spoilt += test::user_sees(s.problem, 16, head, i, 40) ? 1 : 0;
            INFO(mask.name);
            rows.equal(error.rows_nonfinite, spoilt);
            rows.equal(error.all(), uint64_t{4} * n * d);
            // A NaN has to be met by a NaN; of an Inf a weight of zero makes one.
            rows.holds(error.not_compared() <= (std::isnan(bad) ? 0 : spoilt * d),
                       [&] { return std::to_string(error.not_compared()); });
            rows.equal(error.outside + error.lse_outside, 0u);
        }
}
