// SPDX-License-Identifier: MIT
// Random jobs of every mask, shape, alignment, layout and batch through firmware and model, against
// the oracle of tests/support/mask_oracle.h, exactly. All scores are equal, so a row's log-sum-exp
// is the logarithm of the number of keys that its query sees, and its output the share of those
// keys with a mark: values are marks of 0 or 1, another pattern in each column, whose sums are
// exact. TESSERA_MASK_JOBS sets the number of jobs, TESSERA_SEED what is drawn.
#include <cmath>
#include <cstdlib>
#include <memory>

#include "host/operation/layout.h"
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

/// A job, and the problem as a user put it: documents under terms that look back are still there.
struct RandomJob {
    AttentionSetup setup;
    host::Problem asked;
};

/// Packed documents with all other terms in each of them: what the program makes a packed batch.
void choose_documents(std::mt19937_64& random, uint32_t m, host::Problem& p) {
    for (p.mask = {}; !p.mask.local() && p.mask.prefix == 0;) test::random_user_mask(random, m, p);
    p.mask.tiles = {};
    p.mask.documents.clear();
    for (uint32_t at = 0; at < p.nk; at += 1 + below(random, 2 * m)) p.mask.documents.push_back(at);
}

/// The marks as a tensor of a file, heads or tokens first.
host::Operand operand_of_marks(std::mt19937_64& random, const host::Problem& p,
                               host::Inputs& inputs) {
    const uint64_t heads = p.kv_heads / p.batch;
    const bool tokens_first = below(random, 2) == 0;
    struct Storage {
        std::vector<float> values;
        host::TensorView view;
    };
    const auto storage = std::make_shared<Storage>();
    storage->values.resize(size_t{p.kv_heads} * p.nk * p.d_v);
    for (uint64_t entry = 0; entry < p.batch; ++entry)
        for (uint64_t head = 0; head < heads; ++head)
            for (uint64_t token = 0; token < p.nk; ++token)
                for (uint64_t c = 0; c < p.d_v; ++c) {
                    const uint64_t row = tokens_first ? (entry * p.nk + token) * heads + head
                                                      : (entry * heads + head) * p.nk + token;
                    storage->values[row * p.d_v + c] =
                        mark((entry * heads + head) * p.nk + token, c);
                }
    host::TensorView& view = storage->view;
    view.dtype = host::Dtype::kF32;
    view.shape = tokens_first ? std::vector<uint64_t>{p.batch, p.nk, heads, p.d_v}
                              : std::vector<uint64_t>{p.batch, heads, p.nk, p.d_v};
    view.order = tokens_first ? host::HeadOrder::kTokensFirst : host::HeadOrder::kHeadsFirst;
    view.elements = storage->values.size();
    view.data = reinterpret_cast<const uint8_t*>(storage->values.data());
    inputs.storage = storage;
    return host::operand_of(view);
}

RandomJob random_job(std::mt19937_64& random) {
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
    const uint32_t m = s.platform.params.m;
    const bool documents = p.nq == p.nk && !p.ragged() && below(random, 3) == 0;
    if (documents)
        choose_documents(random, m, p);
    else
        test::random_user_mask(random, m, p);
    RandomJob job{{}, p};
    host::divide_documents(p);
    p.stacked = p.stackable() && below(random, 3) == 0;
    p.schedule = static_cast<fw::ScheduleId>(below(random, 3));  // the third: paired
    p.want_lse = true;
    if (below(random, 3) == 0) s.platform.params.profile = spec::Profile::kStats;
    s.inputs.q = test::operand_of([](uint64_t, uint64_t) { return 0.0f; }, 1);
    s.inputs.k = test::operand_of([](uint64_t, uint64_t) { return 1.0f; }, 1);
    s.inputs.v = operand_of_marks(random, p, s.inputs);
    job.setup = std::move(s);
    return job;
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
    uint64_t documents = 0;   // jobs of documents under terms that look back
};

void compare_job(const RandomJob& job, Counts& counts) {
    const AttentionSetup& s = job.setup;
    const host::Problem& p = job.asked;
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
    counts.documents += s.problem.packed() && !p.mask.documents.empty() ? 1 : 0;
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
    CHECK(counts.documents > jobs / 50);
}
