// SPDX-License-Identifier: MIT
// Ragged batches: formulas, layouts and shares against brute force over single tokens and against
// firmware's planner.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "firmware/job_check.h"
#include "firmware/planner.h"
#include "firmware/summary_list.h"
#include "host/error.h"
#include "host/report/command_names.h"
#include "host/report/formulas.h"
#include "host/workload/layout.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/mask_oracle.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;

namespace {

uint32_t between(std::mt19937_64& random, uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
}

std::vector<uint32_t> random_lengths(std::mt19937_64& random, uint32_t count, uint32_t most) {
    std::vector<uint32_t> lengths(count);
    for (uint32_t& length : lengths) length = between(random, 1, most);
    return lengths;
}

/// Any mask but those that a batch cannot have.
void random_mask(std::mt19937_64& random, Problem& p) {
    AttentionMask& mask = p.mask;
    mask.causal = between(random, 0, 2) != 0;
    mask.align = between(random, 0, 1) == 0 ? Align::kEnd : Align::kStart;
    const uint32_t kind = between(random, 0, 5);
    if (kind == 2 || kind == 3) mask.window = between(random, 1, 40);
    if (kind == 3 || kind == 4) mask.sinks = between(random, 1, p.nk);
    if (mask.causal && between(random, 0, 3) == 0) mask.prefix = between(random, 1, p.nk);
    if (kind != 5) return;
    mask.block = 1u << between(random, 0, 5);
    if (mask.causal && mask.prefix == 0 && between(random, 0, 1) == 0)
        mask.summary = between(random, 1, mask.block);
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
    if (between(random, 0, 3) != 0) p.key_lengths = random_lengths(random, p.batch, p.nk);
    if (p.key_lengths.empty() || between(random, 0, 1) == 0)
        p.query_lengths = random_lengths(random, p.batch, p.nq);
    p.order = between(random, 0, 1) == 0 ? fw::LoopOrder::kQueryResident
                                         : fw::LoopOrder::kKeyValueResident;
    p.want_lse = between(random, 0, 1) == 0;
    p.scale = 0.25;
    random_mask(random, p);
    p.stacked = p.stackable() && between(random, 0, 2) == 0;
    return p;
}

hw::PlatformConfig small_platform() {
    hw::PlatformConfig config;
    config.params = {16, 16, 2, 4, 16, spec::Profile::kStateful};
    return config;
}

std::string text_of(const Problem& p) {
    std::string text = p.mask.text() + (p.stacked ? ", stacked" : "");
    for (uint32_t s = 0; s < p.batch; ++s)
        text += " " + std::to_string(p.queries_of(s)) + "x" + std::to_string(p.keys_of(s));
    return text;
}

/// May query i of a sequence see its key j?
bool allowed(const Problem& p, uint32_t s, uint32_t i, uint32_t j) {
    return test::user_sees(p.mask, 1, p.queries_of(s), p.keys_of(s), 0, i, j);
}

/// Token by token. Calls only without summaries, which are gathered.
WorkFormula brute_force(const Problem& p, uint32_t m) {
    WorkFormula f;
    const uint32_t stack = p.stacked ? p.group() : 1, stacks = p.query_heads / p.batch / stack;
    for (uint32_t s = 0; s < p.batch; ++s) {
        const uint32_t nq = p.queries_of(s), nk = p.keys_of(s), rows = stack * nq;
        uint64_t pairs = 0;  // of a head
        for (uint32_t i = 0; i < nq; ++i)
            for (uint32_t j = 0; j < nk; ++j) pairs += allowed(p, s, i, j) ? 1 : 0;
        f.pairs_allowed += pairs * (p.query_heads / p.batch);
        f.calls_at_least +=
            p.kv_heads / p.batch * ((pairs * p.group() + uint64_t{m} * m - 1) / (uint64_t{m} * m));
        for (uint32_t row = 0; row < rows; row += m) {
            const uint32_t end = std::min(row + m, rows);
            uint64_t calls = 0, keys = 0;
            for (uint32_t tile = 0; tile < nk; tile += m) {
                bool seen = false;
                for (uint32_t a = row; a < end; ++a)
                    for (uint32_t j = tile; j < std::min(tile + m, nk); ++j)
                        seen = seen || allowed(p, s, a % nq, j);
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
    for (uint32_t s = 0; s < p.batch; ++s) {
        uint64_t keys = 0;
        for (uint32_t j = 0; j < p.keys_of(s); ++j) {
            bool seen = false;
            for (uint32_t i = 0; i < p.queries_of(s); ++i) seen = seen || allowed(p, s, i, j);
            keys += seen ? 1 : 0;
        }
        const uint64_t rows = uint64_t{p.query_heads / p.batch} * p.queries_of(s);
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
        batches.equal(compulsory_bytes(p, m), compulsory_by_hand(p), where);
        if (p.mask.summary == 0) {
            batches.equal(f.calls, b.calls, where);
            batches.equal(f.pairs_issued, b.pairs_issued, where);
            batches.equal(f.rows_issued, b.rows_issued, where);
        }
        const Count whole = planned(make_layout(p, config).jobs(), m);
        batches.equal(f.calls, whole.calls, where);
        batches.equal(f.pairs_issued, whole.pairs, where);
        if (p.order != fw::LoopOrder::kQueryResident) continue;
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

TEST_CASE("jobs of a batch are legal, inside their regions and apart") {
    auto random = test::test_random();
    Compared jobs("tensors of jobs");
    for (int n = 0; n < 400; ++n) {
        hw::PlatformConfig config = small_platform();
        if (between(random, 0, 1) == 0) config.params.profile = spec::Profile::kStats;
        const Problem p = random_batch(random);
        const Layout layout = make_layout(p, config);
        const auto region = [&](const char* name) {
            for (const Region& r : layout.regions)
                if (r.name == name) return r;
            return Region{};
        };
        std::map<std::string, uint64_t> end;
        for (const fw::AttentionJob& job : layout.jobs()) {
            jobs.holds(fw::check_job(job, config.params) == fw::JobRule::kNone,
                       [&] { return text_of(p); });
            const auto inside = [&](const char* name, uint64_t begin, uint64_t bytes) {
                const Region r = region(name);
                jobs.holds(
                    begin >= std::max(r.address, end[name]) && begin + bytes <= r.address + r.bytes,
                    [&] { return std::string(name) + " of " + text_of(p); });
                end[name] = begin + bytes;
            };
            const auto tensor = [&](const char* name, const fw::Tensor& t, uint32_t heads,
                                    uint32_t rows) {
                inside(name, t.address, (heads - 1) * t.head_stride + uint64_t{rows} * t.pitch);
            };
            tensor("q", job.q, job.query_heads, job.nq);
            tensor("k", job.k, job.kv_heads, job.nk);
            tensor("v", job.v, job.kv_heads, job.nk);
            tensor("o", job.o, job.query_heads, job.nq);
            if (p.want_lse) tensor("lse", job.lse, job.query_heads, job.nq);
            const uint64_t list = fw::summary_list_bytes(job, config.params);
            if (list != 0) inside("summaries", job.summary_list, list);
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
        const RandomShape shape{p.query_heads, p.nq, p.d_k, p.kv_heads, p.nk, p.d_v, 0};
        Problem shaped = p;
        Inputs inputs = random_inputs(shape, random(), false, shaped);
        const ReferenceResult clean =
            reference_attention(reference_problem(p, inputs, 16, false), {true, 1, nullptr});
        for (Operand* operand : {&inputs.k, &inputs.v}) {
            const uint64_t columns = operand == &inputs.k ? p.d_k : p.d_v;
            operand->bf16 = [&p, columns, inner = operand->bf16](uint64_t first, uint64_t count,
                                                                 uint16_t* out) {
                inner(first, count, out);
                for (uint64_t i = 0; i < count; ++i) {
                    const uint64_t row = (first + i) / columns, head = row / p.nk;
                    const auto sequence = static_cast<uint32_t>(head / (p.kv_heads / p.batch));
                    if (row % p.nk >= p.keys_of(sequence)) out[i] = 0x7f00;  // 2^127
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
        same(spoilt.score_reach, clean.score_reach);
    }
}

TEST_CASE("commands of a batch have the names of heads and summaries of their sequence") {
    Compared names("loads of summaries");
    Problem p;
    p.batch = 3;
    p.query_heads = p.kv_heads = 6;
    p.nq = p.nk = 64;
    p.d_k = p.d_v = 16;
    p.scale = 1;
    p.mask.causal = true;
    p.mask.block = 4;
    p.mask.summary = 2;
    p.key_lengths = p.query_lengths = {64, 10, 50};
    const hw::PlatformConfig config = small_platform();
    const Layout layout = make_layout(p, config);
    CommandNames commands(layout, config.params);
    std::set<std::string> seen;
    for (uint64_t i = 0; i < 400; ++i) {
        commands.go_to(i);
        if (commands.command().opcode == spec::Opcode::kLoadK) seen.insert(commands.name());
    }
    // Every block but a query tile's own leaves two summaries, sixteen a tile.
    for (const uint32_t head : {0u, 1u, 4u, 5u})
        for (const uint32_t part : {0u, 1u})
            names.equal(seen.count("LOAD_K head " + std::to_string(head) + " summaries " +
                                   std::to_string(part)),
                        1u);
    for (const std::string& name : seen)
        names.holds(name.find("summaries 2") == std::string::npos &&
                        (name.find("summaries") == std::string::npos ||
                         name.find("head 2") == std::string::npos),
                    [&] { return name; });
}

TEST_CASE("what a batch cannot have is refused in words") {
    Compared messages("messages");
    const auto message_of = [](const Problem& p) {
        try {
            check_problem(p, small_platform(), "tiny");
        } catch (const UserError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    const auto expect = [&](const Problem& p, const char* words) {
        const std::string message = message_of(p);
        messages.holds(message.find(words) != std::string::npos, [&] { return message; });
    };
    Problem p;
    p.query_heads = p.kv_heads = p.batch = 2;
    p.nq = p.nk = p.d_k = p.d_v = 16;
    p.scale = 1;
    p.key_lengths = {16, 3};
    messages.equal(message_of(p), std::string());
    p.mask.documents = {0, 4};
    expect(p, "--key-lengths is given with --segments");
    p.mask.documents.clear();
    p.mask.tiles = {"flags", 1, 1, 1, {1}};
    expect(p, "--key-lengths is given with --tile-mask");
    p.query_lengths.swap(p.key_lengths);
    expect(p, "--query-lengths is given with --tile-mask");
    p.mask.tiles = {};
    p.query_lengths = {17, 1};
    expect(p, "--query-lengths is 17 at place 1; allowed: 1 to 16");
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
