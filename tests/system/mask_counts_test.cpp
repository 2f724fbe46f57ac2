// SPDX-License-Identifier: MIT
// Random jobs of every mask, shape, alignment and batch through firmware and model, against the
// oracle of tests/support/mask_oracle.h, exactly. All scores are equal, so a row's log-sum-exp is
// the logarithm of the number of keys that its query sees, and its output the share of those keys
// with a mark: values are marks of 0 or 1, another pattern in each column, whose sums are exact.
// TESSERA_MASK_JOBS sets the number of jobs, TESSERA_SEED what is drawn.
#include <cmath>
#include <cstdlib>

#include "host/workload/layout.h"
#include "tests/support/attention_run.h"
#include "tests/support/mask_oracle.h"
#include "tests/support/ragged.h"
#include "tests/support/random_mask.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;

namespace {

uint32_t below(std::mt19937_64& random, uint64_t n) { return static_cast<uint32_t>(random() % n); }

uint32_t number_of_jobs() {
    const char* text = std::getenv("TESSERA_MASK_JOBS");
    return text == nullptr ? 1000 : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

/// A bit of a hash, so that another set of keys has other sums.
float mark(uint64_t row, uint64_t column) { return test::noise(row, column) > 0 ? 1.0f : 0.0f; }

AttentionSetup random_job(std::mt19937_64& random) {
    const uint32_t batch = below(random, 3) == 0 ? 1 + below(random, 3) : 1;
    const uint32_t kv_heads = batch * (1 + below(random, 2));
    const uint32_t heads = kv_heads * (1 + below(random, 2));
    const uint32_t nk = 1 + below(random, below(random, 4) == 0 ? 90 : 40);
    const uint32_t shape = below(random, 5);
    const uint32_t nq = shape == 0 ? nk : shape == 1 ? 1 : 1 + below(random, 60);
    AttentionSetup s = test::random_attention("tiny", heads, kv_heads, nq, nk, 1, 12, 1);
    host::Problem& p = s.problem;
    p.batch = batch;
    if (batch > 1 || below(random, 6) == 0) test::make_ragged(random, p);
    test::random_user_mask(random, s.platform.params.m, p);
    p.stacked = p.stackable() && below(random, 3) == 0;
    p.order = static_cast<fw::LoopOrder>(below(random, 2));
    p.want_lse = true;
    if (below(random, 3) == 0) s.platform.params.profile = spec::Profile::kStats;
    s.inputs.q = test::operand_of([](uint64_t, uint64_t) { return 0.0f; }, 1);
    s.inputs.k = test::operand_of([](uint64_t, uint64_t) { return 1.0f; }, 1);
    s.inputs.v = test::operand_of(mark, p.d_v);
    return s;
}

/// What the oracle says of one row: keys that it sees, and those of them with a mark.
struct Row {
    uint32_t keys = 0;
    std::vector<uint32_t> marked;
};

Row expected_row(const host::Problem& p, uint32_t m, uint32_t head, uint32_t i) {
    const std::vector<test::OwnRows> sequences = test::own_rows(p);
    const int sequence = test::owner(sequences, head / (p.query_heads / p.batch), i, false);
    Row row;
    row.marked.resize(p.d_v);
    if (sequence < 0) return row;  // padding
    const test::OwnRows& own = sequences[static_cast<size_t>(sequence)];
    const uint64_t first = uint64_t{head / p.group()} * p.nk + own.first_key;
    for (int64_t j = 0; j < own.keys; ++j) {
        if (!test::user_sees(p.mask, m, own.queries, own.keys, head, i - own.first_query, j))
            continue;
        ++row.keys;
        for (uint32_t c = 0; c < p.d_v; ++c)
            row.marked[c] += mark(first + static_cast<uint64_t>(j), c) != 0 ? 1 : 0;
    }
    return row;
}

struct Counts {
    Compared keys{"numbers of keys that queries see"};
    Compared shares{"shares of marked keys"};
    uint64_t shapes[3] = {};  // fewer, as many, more queries than keys
    uint64_t blind = 0;       // rows that see no key
};

void compare_job(const AttentionSetup& s, Counts& counts) {
    const host::Problem& p = s.problem;
    const test::AttentionRun run = test::run_attention(s);
    const auto where = [&] { return s.name(); };
    for (uint32_t head = 0; head < p.query_heads; ++head)
        for (uint32_t i = 0; i < p.nq; ++i) {
            const Row row = expected_row(p, s.platform.params.m, head, i);
            const size_t at = size_t{head} * p.nq + i;
            const double seen = std::exp(run.lse.at(at));
            counts.keys.equal(std::lround(seen), long{row.keys}, where);
            counts.blind += row.keys == 0 ? 1 : 0;
            for (uint32_t c = 0; c < p.d_v; ++c) {
                const float share = row.keys == 0 ? 0.0f
                                                  : static_cast<float>(row.marked[c]) /
                                                        static_cast<float>(row.keys);
                counts.shares.equal(run.o.at(at * p.d_v + c), share, where);
            }
        }
    ++counts.shapes[p.nq < p.nk ? 0 : p.nq == p.nk ? 1 : 2];
}

}  // namespace

TEST_CASE("random jobs of every mask: the keys that each query sees, counted and summed exactly") {
    auto random = test::test_random();
    const uint32_t jobs = number_of_jobs();
    Counts counts;
    for (uint32_t n = 0; n < jobs; ++n) compare_job(random_job(random), counts);
    for (const uint64_t shape : counts.shapes) CHECK(shape > jobs / 10);
    CHECK(counts.blind > 0);
}
