// SPDX-License-Identifier: MIT
// Ragged batches: formulas, layouts and shares against brute force over single tokens and against
// firmware's planner.
#include <algorithm>
#include <cmath>

#include "firmware/plan/planner.h"
#include "firmware/plan/summary_list.h"
#include "firmware/runner/job_check.h"
#include "host/operation/layout.h"
#include "host/predict/formulas.h"
#include "spec/integers.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/mask_oracle.h"
#include "tests/support/ragged.h"
#include "tests/support/random_mask.h"
#include "tests/support/small_platform.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;
using test::OwnRows;
using test::small_platform;

namespace {

uint32_t between(std::mt19937_64& random, uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
}

std::vector<uint32_t> random_lengths(std::mt19937_64& random, uint32_t count, uint32_t most) {
    std::vector<uint32_t> lengths(count);
    for (uint32_t& length : lengths) length = between(random, 1, most);
    return lengths;
}

Problem random_batch(std::mt19937_64& random) {
    Problem p;
    p.batch = between(random, 1, 5);
    p.kv_heads = p.batch * between(random, 1, 2);
    p.query_heads = p.kv_heads * between(random, 1, 3);
    p.nq = between(random, 0, 2) == 0 ? 1 : between(random, 1, 60);
    p.nk = between(random, 1, 90);
    p.d_k = between(random, 1, 16);
    p.d_v = between(random, 1, 16);
    test::make_ragged(random, p);
    p.schedule = between(random, 0, 1) == 0 ? fw::ScheduleId::kQueryResident
                                            : fw::ScheduleId::kKeyValueResident;
    p.want_lse = between(random, 0, 1) == 0;
    p.scale = 0.25;
    test::random_user_mask(random, small_platform().params.m, p);
    p.stacked = p.stackable() && between(random, 0, 2) == 0;
    return p;
}

std::string text_of(const Problem& p) {
    std::string text = p.mask.text() + (p.stacked ? ", stacked" : "");
    text += p.packed() ? ", packed" : p.padding == Padding::kLeft ? ", left" : "";
    for (const OwnRows& own : test::own_rows(p))
        text += " " + std::to_string(own.queries) + "x" + std::to_string(own.keys);
    return text;
}

/// May query i of a sequence see its key j?
bool allowed(const Problem& p, const OwnRows& own, uint32_t i, uint32_t j) {
    return test::user_sees(p.mask, 1, own.queries, own.keys, 0, i, j);
}

/// Token by token. Calls only without summaries, which are gathered.
WorkFormula brute_force(const Problem& p, uint32_t m) {
    WorkFormula f;
    const uint32_t stack = p.stacked ? p.group() : 1, stacks = p.query_heads / p.batch / stack;
    for (const OwnRows& own : test::own_rows(p)) {
        if (!own.has_work()) continue;
        const uint32_t nq = own.queries, nk = own.keys, rows = stack * nq;
        uint64_t pairs = 0;  // of a head
        for (uint32_t i = 0; i < nq; ++i)
            for (uint32_t j = 0; j < nk; ++j) pairs += allowed(p, own, i, j) ? 1 : 0;
        f.pairs_allowed += pairs * (p.query_heads / p.batch);
        f.calls_at_least +=
            p.kv_heads / p.batch * spec::divide_up(pairs * p.group(), uint64_t{m} * m);
        for (uint32_t row = 0; row < rows; row += m) {
            const uint32_t end = std::min(row + m, rows);
            uint64_t calls = 0, keys = 0;
            for (uint32_t tile = 0; tile < nk; tile += m) {
                bool seen = false;
                for (uint32_t a = row; a < end; ++a)
                    for (uint32_t j = tile; j < std::min(tile + m, nk); ++j)
                        seen = seen || allowed(p, own, a % nq, j);
                if (!seen) continue;
                ++calls;
                keys += std::min(m, nk - tile);
            }
            if (calls == 0) {
                calls = 1;
                keys = std::min(m, nk);
            }
            f.calls += calls * stacks;
            f.pairs_issued += uint64_t{end - row} * keys * stacks;
            f.rows_issued += uint64_t{end - row} * calls * stacks;
        }
    }
    return f;
}

uint64_t compulsory_by_hand(const Problem& p) {
    uint64_t bytes = 0;
    for (const OwnRows& own : test::own_rows(p)) {
        if (!own.has_work()) continue;
        uint64_t keys = 0;
        for (uint32_t j = 0; j < own.keys; ++j) {
            bool seen = false;
            for (uint32_t i = 0; i < own.queries; ++i) seen = seen || allowed(p, own, i, j);
            keys += seen ? 1 : 0;
        }
        const uint64_t rows = uint64_t{p.query_heads / p.batch} * own.queries;
        bytes += 2 * rows * p.d_k + 4 * rows * p.d_v +
                 2 * keys * (p.kv_heads / p.batch) * (p.d_k + p.d_v);
    }
    return bytes;
}

struct Count {
    uint64_t calls = 0, pairs = 0;
};

Count planned(const std::vector<fw::AttentionJob>& jobs, uint32_t m) {
    fw::Planner planner(jobs.data(), static_cast<uint32_t>(jobs.size()), m);
    Count count;
    for (fw::Step step; planner.next(step);) {
        ++count.calls;
        count.pairs += uint64_t{step.q_rows} * step.keys;
    }
    return count;
}

}  // namespace

TEST_CASE("work of a batch: formula, brute force over tokens, planner, shares of devices") {
    auto random = test::test_random();
    Compared batches("figures of batches");
    for (int n = 0; n < 1500; ++n) {
        hw::PlatformConfig config = small_platform();
        const uint32_t m = config.params.m;
        const Problem p = random_batch(random);
        const auto where = [&] { return text_of(p); };
        check_problem(p, config, "tiny");
        const WorkFormula f = work_formula(p, m), b = brute_force(p, m);
        batches.equal(f.pairs_allowed, b.pairs_allowed, where);
        batches.equal(f.calls_at_least, b.calls_at_least, where);
        batches.equal(compulsory_bytes(p, m).all(), compulsory_by_hand(p), where);
        if (p.mask.summary == 0) {
            batches.equal(f.calls, b.calls, where);
            batches.equal(f.pairs_issued, b.pairs_issued, where);
            batches.equal(f.rows_issued, b.rows_issued, where);
        }
        const Count whole = planned(make_layout(p, config).jobs(), m);
        batches.equal(f.calls, whole.calls, where);
        batches.equal(f.pairs_issued, whole.pairs, where);
        if (p.schedule != fw::ScheduleId::kQueryResident) continue;
        config.devices = between(random, 2, 5);
        const Layout layout = make_layout(p, config);
        Count shares;
        for (uint32_t i = 0; i < config.devices; ++i) {
            const Count one = planned(layout.of_device(i).jobs(), m);
            shares.calls += one.calls;
            shares.pairs += one.pairs;
        }
        batches.equal(shares.calls, f.calls, where);
        batches.equal(shares.pairs, f.pairs_issued, where);
    }
}

namespace {

/// The rows of a tensor [heads][rows] that jobs have: which job has each, -1 for none, -2 for two.
class RowOwners {
  public:
    RowOwners(uint64_t address, uint32_t heads, uint32_t rows)
        : address_(address), rows_(rows), owner_(size_t{heads} * rows, -1) {}

    void add(int job, const fw::Tensor& t, uint32_t heads, uint32_t rows) {
        for (uint32_t head = 0; head < heads; ++head)
            for (uint32_t row = 0; row < rows; ++row) {
                const uint64_t at = fw::row_address(t, head, row) - address_;
                int& owner = owner_.at(at / t.head_stride * rows_ + at % t.head_stride / t.pitch);
                owner = owner == -1 ? job : -2;
            }
    }
    int of(uint32_t head, uint32_t row) const { return owner_[size_t{head} * rows_ + row]; }

  private:
    uint64_t address_;
    uint32_t rows_;
    std::vector<int> owner_;
};

/// Compares `owners` with the sequences that have work, in their order.
void compare_owners(Compared& compared, const Problem& p, const RowOwners& owners, bool keys) {
    const std::vector<OwnRows> all = test::own_rows(p);
    std::vector<int> job(all.size(), -1);
    int jobs = 0;
    for (size_t s = 0; s < all.size(); ++s)
        if (all[s].has_work()) job[s] = jobs++;
    const uint32_t heads = keys ? p.kv_heads : p.query_heads, rows = keys ? p.nk : p.nq;
    for (uint32_t head = 0; head < heads; ++head)
        for (uint32_t row = 0; row < rows; ++row) {
            const int s = test::owner(all, head / (heads / p.batch), row, keys);
            compared.equal(owners.of(head, row), s < 0 ? -1 : job[static_cast<size_t>(s)],
                           [&] { return text_of(p); });
        }
}

}  // namespace

TEST_CASE("jobs of a batch are legal, and each has the rows of its sequence and no others") {
    auto random = test::test_random();
    Compared rows("rows of q, k, v, o and lse"), jobs("jobs and lists");
    for (int n = 0; n < 300; ++n) {
        hw::PlatformConfig config = small_platform();
        if (between(random, 0, 1) == 0) config.params.profile = spec::Profile::kStats;
        const Problem p = random_batch(random);
        const Layout layout = make_layout(p, config);
        const fw::AttentionJob& whole = layout.job;
        RowOwners q(whole.q.address, p.query_heads, p.nq), k(whole.k.address, p.kv_heads, p.nk),
            v(whole.v.address, p.kv_heads, p.nk), o(whole.o.address, p.query_heads, p.nq),
            lse(whole.lse.address, p.query_heads, p.nq);
        uint64_t list_end = whole.summary_list;
        int number = 0;
        for (const fw::AttentionJob& job : layout.jobs()) {
            jobs.holds(fw::check_job(job, config.params) == fw::JobRule::kNone,
                       [&] { return text_of(p); });
            q.add(number, job.q, job.query_heads, job.nq);
            k.add(number, job.k, job.kv_heads, job.nk);
            v.add(number, job.v, job.kv_heads, job.nk);
            o.add(number, job.o, job.query_heads, job.nq);
            if (p.want_lse) lse.add(number, job.lse, job.query_heads, job.nq);
            ++number;
            const uint64_t bytes = fw::summary_list_bytes(job, config.params);
            if (bytes == 0) continue;
            jobs.holds(job.summary_list >= list_end && job.summary_list + bytes <= layout.end,
                       [&] { return "list of " + text_of(p); });
            list_end = job.summary_list + bytes;
        }
        compare_owners(rows, p, q, false);
        compare_owners(rows, p, k, true);
        compare_owners(rows, p, v, true);
        compare_owners(rows, p, o, false);
        if (p.want_lse) compare_owners(rows, p, lse, false);
    }
}

TEST_CASE("the reference sees the keys of each row's sequence, as the options mean them") {
    auto random = test::test_random();
    Compared keys("queries and keys");
    for (int n = 0; n < 150; ++n) {
        Problem p = random_batch(random);
        Problem shaped = p;
        const RandomShape shape{p.query_heads, p.nq, p.d_k, p.kv_heads, p.nk, p.d_v, 0};
        const Inputs inputs = random_inputs(shape, 1, true, shaped);
        const ReferenceProblem reference = reference_problem(p, inputs, 16, false);
        const std::vector<OwnRows> all = test::own_rows(p);
        for (uint32_t head = 0; head < p.query_heads; ++head)
            for (uint32_t row = 0; row < p.nq; ++row) {
                const uint32_t entry = head / (p.query_heads / p.batch);
                const int s = test::owner(all, entry, row, false);
                std::vector<bool> seen(p.nk);
                for (const KeyRange& range : visible_keys(reference, head, row))
                    std::fill(seen.begin() + range.begin, seen.begin() + range.end, true);
                for (uint32_t key = 0; key < p.nk; ++key) {
                    bool expected = s >= 0 && s == test::owner(all, entry, key, true);
                    if (expected) {
                        const OwnRows& own = all[static_cast<size_t>(s)];
                        expected = allowed(p, own, row - own.first_query, key - own.first_key);
                    }
                    keys.equal(seen[key], expected, [&] { return text_of(p); });
                }
            }
    }
}

TEST_CASE("devices that share a decoding batch have about as much to do") {
    auto random = test::test_random();
    Compared shares("batches");
    for (int n = 0; n < 300; ++n) {
        hw::PlatformConfig config = small_platform();
        config.devices = between(random, 2, 8);
        Problem p;
        p.batch = between(random, 1, 24);
        p.kv_heads = p.batch;
        p.query_heads = p.kv_heads * between(random, 1, 8);
        p.stacked = true;  // a query tile for each sequence
        p.nq = 1;
        p.nk = 600;
        p.d_k = p.d_v = 16;
        p.key_lengths = random_lengths(random, p.batch, p.nk);
        const Layout layout = make_layout(p, config);
        uint64_t most = 0, all = 0, longest = 0;
        for (const uint32_t keys : p.key_lengths) longest = std::max<uint64_t>(longest, keys);
        for (uint32_t i = 0; i < config.devices; ++i) {
            uint64_t keys = 0;
            const std::vector<fw::AttentionJob> jobs = layout.of_device(i).jobs();
            fw::Planner planner(jobs.data(), static_cast<uint32_t>(jobs.size()), config.params.m);
            for (fw::Step step; planner.next(step);) keys += step.keys;
            most = std::max(most, keys);
            all += keys;
        }
        shares.holds(most <= all / config.devices + longest, [&] {
            return text_of(p) + ": " + std::to_string(most) + " of " + std::to_string(all) +
                   " keys on one of " + std::to_string(config.devices);
        });
    }
}

TEST_CASE("the reference reads no padding: nothing there loosens a bound") {
    auto random = test::test_random();
    Compared values("values of references");
    for (int n = 0; n < 60; ++n) {
        Problem p = random_batch(random);
        const std::vector<OwnRows> all = test::own_rows(p);
        const RandomShape shape{p.query_heads, p.nq, p.d_k, p.kv_heads, p.nk, p.d_v, 0};
        Problem shaped = p;
        Inputs inputs = random_inputs(shape, random(), false, shaped);
        const ReferenceResult clean =
            reference_attention(reference_problem(p, inputs, 16, false), {true, 1, nullptr});
        for (Operand* operand : {&inputs.k, &inputs.v}) {
            const uint64_t columns = operand == &inputs.k ? p.d_k : p.d_v;
            operand->bf16 = [&p, &all, columns, inner = operand->bf16](
                                uint64_t first, uint64_t count, uint16_t* out) {
                inner(first, count, out);
                for (uint64_t i = 0; i < count; ++i) {
                    const uint64_t row = (first + i) / columns, head = row / p.nk;
                    const auto entry = static_cast<uint32_t>(head / (p.kv_heads / p.batch));
                    const auto key = static_cast<uint32_t>(row % p.nk);
                    if (test::owner(all, entry, key, true) < 0) out[i] = 0x7f00;  // 2^127
                }
            };
        }
        const ReferenceResult spoilt =
            reference_attention(reference_problem(p, inputs, 16, false), {true, 1, nullptr});
        const auto same = [&](const auto& a, const auto& b) {
            values.holds(a == b, [&] { return text_of(p); });
        };
        same(spoilt.o, clean.o);
        same(spoilt.lse, clean.lse);
        same(spoilt.value_peak, clean.value_peak);
        same(spoilt.score_error, clean.score_error);
    }
}

TEST_CASE("the I/O order of a batch is the sum of its sequences'") {
    Compared values("values");
    Problem p;
    p.batch = 3;
    p.query_heads = p.kv_heads = 6;
    p.nq = p.nk = 50;
    p.d_k = p.d_v = 16;
    p.query_lengths = p.key_lengths = {50, 20, 7};
    const double squares = 50 * 50 + 20 * 20 + 7 * 7;
    values.holds(std::abs(*io_bound_elements(p, 1024) - 2 * squares * 256 / 1024) < 1e-6,
                 [] { return "sum of squares"; });
    p.key_lengths[1] = 21;
    values.equal(io_bound_elements(p, 1024).has_value(), false);
}
