// SPDX-License-Identifier: MIT
// Ragged batches through the firmware on the model: within the bound of the double reference, bit
// for bit what the sequences give one by one, whatever the padding holds.
#include <limits>

#include "host/verify/case.h"
#include "tests/support/attention_run.h"
#include "tests/support/run_json.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;
using test::contains;
using test::run_json;

namespace {

constexpr uint16_t kNan = 0x7fc0;

/// NaN beyond the first lengths[sequence] rows of each head.
host::Operand spoilt(const host::Operand& from, const std::vector<uint32_t>& lengths,
                     uint64_t heads, uint64_t rows, uint64_t columns) {
    host::Operand o = from;
    if (lengths.empty()) return o;
    o.bf16 = [=, inner = from.bf16](uint64_t first, uint64_t count, uint16_t* out) {
        inner(first, count, out);
        for (uint64_t i = 0; i < count; ++i) {
            const uint64_t row = (first + i) / columns;
            if (row % rows >= lengths[row / rows / heads]) out[i] = kNan;
        }
    };
    return o;
}

/// The first `length` rows of each head of one sequence.
host::Operand sliced(const host::Operand& from, uint64_t sequence, uint64_t heads, uint64_t rows,
                     uint64_t length, uint64_t columns) {
    host::Operand o = from;
    o.bf16 = [=, inner = from.bf16](uint64_t first, uint64_t count, uint16_t* out) {
        for (uint64_t i = first; i < first + count; ++i) {
            const uint64_t row = i / columns;
            const uint64_t head = sequence * heads + row / length;
            inner((head * rows + row % length) * columns + i % columns, 1, out++);
        }
    };
    return o;
}

class Random {
  public:
    uint32_t below(uint32_t n) { return static_cast<uint32_t>(bits_() % n); }
    std::vector<uint32_t> lengths(uint32_t count, uint32_t most) {
        std::vector<uint32_t> list(count);
        for (uint32_t& length : list) length = 1 + below(most);
        return list;
    }
    uint64_t seed() { return bits_(); }

  private:
    std::mt19937_64 bits_ = test::test_random();
};

void random_mask(Random& random, host::Problem& p) {
    p.mask.causal = random.below(3) != 0;
    p.mask.align = random.below(2) == 0 ? host::Align::kEnd : host::Align::kStart;
    switch (random.below(6)) {
        case 1: p.mask.window = 1 + random.below(40); break;
        case 2: p.mask.sinks = 1 + random.below(p.nk); break;
        case 3:
            p.mask.window = 1 + random.below(40);
            p.mask.sinks = 1 + random.below(p.nk);
            break;
        case 4: p.mask.block = 1u << random.below(6); break;
        case 5:
            p.mask.causal = true;
            p.mask.block = 1u << random.below(6);
            p.mask.summary = 1 + random.below(p.mask.block);
            break;
        default: break;
    }
}

AttentionSetup random_batch(Random& random, const std::string& preset) {
    const uint32_t batch = 1 + random.below(4), kv_heads = 1 + random.below(2);
    const uint32_t heads = kv_heads * (1 + random.below(3));
    const uint32_t nq = random.below(2) == 0 ? 1 : 1 + random.below(70);
    const uint32_t nk = 1 + random.below(150);
    AttentionSetup s = test::random_attention(preset, batch * heads, batch * kv_heads, nq, nk, 16,
                                              1 + random.below(16), random.seed());
    host::Problem& p = s.problem;
    p.batch = batch;
    p.key_lengths = random.lengths(batch, nk);
    if (random.below(2) == 0) p.query_lengths = random.lengths(batch, nq);
    random_mask(random, p);
    p.stacked = p.stackable() && random.below(2) == 0;
    p.bf16_output = random.below(3) == 0;
    p.want_lse = random.below(2) == 0;
    s.inputs.q = spoilt(s.inputs.q, p.query_lengths, heads, nq, p.d_k);
    s.inputs.k = spoilt(s.inputs.k, p.key_lengths, kv_heads, nk, p.d_k);
    s.inputs.v = spoilt(s.inputs.v, p.key_lengths, kv_heads, nk, p.d_v);
    if (random.below(2) == 0) s.platform.memory.stall = hw::StallConfig{random.seed(), 200, 20};
    return s;
}

/// One sequence by itself.
AttentionSetup sequence_of(const AttentionSetup& batch, uint32_t s) {
    const host::Problem& p = batch.problem;
    AttentionSetup one = batch;
    one.problem = p.sequences()[s];
    const uint32_t heads = p.query_heads / p.batch, kv_heads = p.kv_heads / p.batch;
    one.inputs.q = sliced(batch.inputs.q, s, heads, p.nq, p.queries_of(s), p.d_k);
    one.inputs.k = sliced(batch.inputs.k, s, kv_heads, p.nk, p.keys_of(s), p.d_k);
    one.inputs.v = sliced(batch.inputs.v, s, kv_heads, p.nk, p.keys_of(s), p.d_v);
    return one;
}

/// Every row of the batch is that of its sequence, and rows that are none's are zeros.
void compare_sequences(Compared& bits, const AttentionSetup& setup, const test::AttentionRun& run) {
    const host::Problem& p = setup.problem;
    const uint32_t heads = p.query_heads / p.batch;
    uint64_t calls = 0;
    for (uint32_t s = 0; s < p.batch; ++s) {
        const test::AttentionRun one = test::run_attention(sequence_of(setup, s));
        calls += one.outcome.calls;
        const uint64_t nq = p.queries_of(s);
        for (uint64_t row = 0; row < uint64_t{heads} * p.nq; ++row) {
            const uint64_t head = row / p.nq, i = row % p.nq, at = s * heads * p.nq + row;
            for (uint64_t c = 0; c < p.d_v; ++c)
                bits.equal(test::bits_of(run.o[at * p.d_v + c]),
                           i < nq ? test::bits_of(one.o[(head * nq + i) * p.d_v + c]) : 0u,
                           [&] { return setup.name(); });
            if (!p.want_lse) continue;
            constexpr double kNone = -std::numeric_limits<double>::infinity();
            bits.equal(run.lse[at], i < nq ? one.lse[head * nq + i] : kNone);
        }
    }
    bits.equal(run.outcome.calls, calls, [&] { return "calls of " + setup.name(); });
}

uint64_t cycles_of(const nlohmann::json& report) {
    return report["derived"]["cycles"]["value"].get<uint64_t>();
}

}  // namespace

TEST_CASE("a batch is its sequences one by one, NaN in the padding, in both orders and profiles") {
    Random random;
    Compared bound("elements and rows within the bound"), bits("elements, rows and calls"),
        identities("counter identities");
    for (int n = 0; n < 50; ++n) {
        AttentionSetup s = random_batch(random, n % 5 == 4 ? "odd" : "tiny");
        for (const auto order : {fw::LoopOrder::kQueryResident, fw::LoopOrder::kKeyValueResident}) {
            s.problem.order = order;
            s.platform.params.profile =
                random.below(2) == 0 ? spec::Profile::kStateful : spec::Profile::kStats;
            INFO(s.name());
            const test::AttentionRun run = test::run_attention(s);
            test::check_bound(bound, s, run);
            test::check_identities(identities, run.outcome);
            compare_sequences(bits, s, run);
        }
    }
}

TEST_CASE("random jobs of `tessera verify`, batches among them, on every profile") {
    const uint64_t seed = test::test_random()() % 1000000;
    verify::Comparison comparison;
    uint64_t batches = 0;
    for (const auto profile :
         {spec::Profile::kStateful, spec::Profile::kStats, spec::Profile::kBlackbox}) {
        spec::DeviceParams params = test::device_params("tiny");
        params.profile = profile;
        for (uint64_t n = 0; n < 100; ++n) {
            const verify::Case c = verify::attention_case(seed + n, params, 120);
            const verify::Outcome outcome = verify::run_machine(c.platform, c.body, c.memory_bytes);
            batches += contains(c.name, "batch of") ? 1 : 0;
            INFO(c.name);
            REQUIRE(outcome.failure == "");
            c.reference(outcome, comparison);
            REQUIRE(comparison.differences == 0);
        }
    }
    CHECK(batches > 0);
    Compared compared("elements of jobs, batches among them");
    compared.add(comparison.elements, comparison.differences, [] { return ""; });
}

TEST_CASE("sequences of one length cost exactly what they do as heads of one job") {
    Compared figures("cycles and bytes");
    for (const std::string job :
         {"--random 8,1,64 --kv-heads 1 --stack-heads", "--random 2,150,64"})
        for (const std::string profile : {"stateful", "stats"})
            for (const uint32_t keys : {128u, 300u, 512u}) {
                std::string lengths = std::to_string(keys);
                for (int i = 1; i < 7; ++i) lengths += "," + std::to_string(keys);
                const std::string machine =
                    job + " --timing-only --memory ideal --set device.profile=" + profile;
                const auto batch = run_json(machine + " --key-lengths " + lengths);
                const auto heads = run_json(machine + " --batch 7 --keys " + std::to_string(keys));
                for (const char* figure : {"calls", "cycles", "bytes", "firmware_cycles"})
                    figures.equal(batch["derived"][figure]["value"],
                                  heads["derived"][figure]["value"],
                                  [&] { return machine + " " + lengths + ": " + figure; });
            }
}

TEST_CASE("reports of batches: figures are sums over the sequences, devices share all of it") {
    Compared figures("figures");
    const std::string job = "--device tiny --random 4,3,16 --kv-heads 2 --lse --mask causal ";
    const std::string lengths[][2] = {{"3", "100"}, {"1", "7"}, {"2", "333"}};
    for (const std::string more :
         {"", " --stack-heads", " --schedule kv-resident", " --set device.profile=stats"}) {
        const auto batch =
            run_json(job + "--query-lengths 3,1,2 --key-lengths 100,7,333 --slots 2x3" + more);
        std::map<std::string, uint64_t> sums;
        const char* kSums[] = {"calls",        "calls_formula", "calls_at_least",
                               "pairs_issued", "pairs_allowed", "bytes_compulsory"};
        uint64_t cycles = 0;
        for (const auto& [nq, nk] : lengths) {
            const auto one = run_json("--device tiny --random 4," + nq + ",16 --keys " + nk +
                                      " --kv-heads 2 --lse --mask causal" + more);
            for (const char* key : kSums) sums[key] += one["derived"][key]["value"].get<uint64_t>();
            cycles += cycles_of(one);
        }
        for (const char* key : kSums)
            figures.equal(batch["derived"][key]["value"].get<uint64_t>(), sums[key],
                          [&] { return key + more; });
        figures.holds(cycles_of(batch) < cycles, [&] { return "overlap" + more; });
        figures.equal(batch["problem"]["key_lengths"].size(), 3u);
        figures.equal(batch["derived"]["packed_calls"]["value"].get<uint64_t>(),
                      (sums["calls"] + 5) / 6);
        if (contains(more, "kv-resident")) continue;
        for (const int devices : {2, 3, 5}) {
            const auto shared =
                run_json(job + "--query-lengths 3,1,2 --key-lengths 100,7,333 --num-devices " +
                         std::to_string(devices) + more);
            figures.equal(shared["derived"]["calls"]["value"], batch["derived"]["calls"]["value"]);
            figures.equal(shared["error"]["within_bound"].get<bool>(), true);
            figures.holds(shared["derived"]["speed_up"]["value"].get<double>() > 1,
                          [&] { return "speed-up" + more; });
        }
    }
}
