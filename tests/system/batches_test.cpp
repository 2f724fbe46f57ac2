// SPDX-License-Identifier: MIT
// Ragged batches through the firmware on the model: within the bound of the double reference, bit
// for bit what the sequences give one by one, whatever the padding holds.
#include <limits>
#include <map>
#include <set>

#include "host/verify/case.h"
#include "tests/support/attention_run.h"
#include "tests/support/ragged.h"
#include "tests/support/run_json.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;
using test::contains;
using test::run_json;

namespace {

constexpr uint16_t kNan = 0x7fc0;

/// NaN in the rows, of `rows` a head, that no sequence has; an entry of the batch has `heads`.
host::Operand spoilt(const host::Operand& from, const host::Problem& p, uint32_t heads,
                     uint32_t rows, uint32_t columns, bool keys) {
    host::Operand o = from;
    o.bf16 = [=, all = test::own_rows(p), inner = from.bf16](uint64_t first, uint64_t count,
                                                             uint16_t* out) {
        inner(first, count, out);
        for (uint64_t i = 0; i < count; ++i) {
            const auto row = static_cast<uint32_t>((first + i) / columns);
            if (test::owner(all, row / rows / heads, row % rows, keys) < 0) out[i] = kNan;
        }
    };
    return o;
}

/// `length` rows from `begin` on of each head from `first_head` on.
host::Operand sliced(const host::Operand& from, uint64_t first_head, uint64_t rows, uint64_t begin,
                     uint64_t length, uint64_t columns) {
    host::Operand o = from;
    o.bf16 = [=, inner = from.bf16](uint64_t first, uint64_t count, uint16_t* out) {
        for (uint64_t i = first; i < first + count; ++i) {
            const uint64_t row = i / columns;
            const uint64_t head = first_head + row / length;
            inner((head * rows + begin + row % length) * columns + i % columns, 1, out++);
        }
    };
    return o;
}

class Random {
  public:
    uint32_t below(uint32_t n) { return static_cast<uint32_t>(bits_() % n); }
    uint64_t seed() { return bits_(); }
    void make_ragged(host::Problem& p) { test::make_ragged(bits_, p); }

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
    random.make_ragged(p);
    random_mask(random, p);
    p.stacked = p.stackable() && random.below(2) == 0;
    p.bf16_output = random.below(3) == 0;
    p.want_lse = random.below(2) == 0;
    s.inputs.q = spoilt(s.inputs.q, p, heads, nq, p.d_k, false);
    s.inputs.k = spoilt(s.inputs.k, p, kv_heads, nk, p.d_k, true);
    s.inputs.v = spoilt(s.inputs.v, p, kv_heads, nk, p.d_v, true);
    if (random.below(2) == 0) s.platform.memory.stall = hw::StallConfig{random.seed(), 200, 20};
    return s;
}

/// One sequence by itself.
AttentionSetup sequence_of(const AttentionSetup& batch, const test::OwnRows& own) {
    const host::Problem& p = batch.problem;
    AttentionSetup one = batch;
    host::Problem& alone = one.problem;
    const uint32_t heads = p.query_heads / p.batch, kv_heads = p.kv_heads / p.batch;
    alone.batch = 1;
    alone.query_heads = heads;
    alone.kv_heads = kv_heads;
    for (auto* list :
         {&alone.query_lengths, &alone.key_lengths, &alone.query_offsets, &alone.key_offsets})
        list->clear();
    alone.nq = own.queries;
    alone.nk = own.keys;
    const uint64_t head = uint64_t{own.entry} * heads, kv_head = uint64_t{own.entry} * kv_heads;
    one.inputs.q = sliced(batch.inputs.q, head, p.nq, own.first_query, own.queries, p.d_k);
    one.inputs.k = sliced(batch.inputs.k, kv_head, p.nk, own.first_key, own.keys, p.d_k);
    one.inputs.v = sliced(batch.inputs.v, kv_head, p.nk, own.first_key, own.keys, p.d_v);
    return one;
}

/// Every row of the batch is that of its sequence, and rows that no key belongs to are zeros.
void compare_sequences(Compared& bits, const AttentionSetup& setup, const test::AttentionRun& run) {
    const host::Problem& p = setup.problem;
    const uint32_t heads = p.query_heads / p.batch;
    std::vector<uint32_t> o(run.o.size());
    std::vector<double> lse(run.lse.size(), -std::numeric_limits<double>::infinity());
    uint64_t calls = 0;
    for (const test::OwnRows& own : test::own_rows(p)) {
        if (!own.has_work()) continue;
        const test::AttentionRun one = test::run_attention(sequence_of(setup, own));
        calls += one.outcome.calls;
        for (size_t row = 0; row < size_t{heads} * own.queries; ++row) {
            const size_t head = own.entry * heads + row / own.queries;
            const size_t at = head * p.nq + own.first_query + row % own.queries;
            for (size_t c = 0; c < p.d_v; ++c)
                o[at * p.d_v + c] = test::bits_of(one.o[row * p.d_v + c]);
            if (p.want_lse) lse[at] = one.lse[row];
        }
    }
    for (size_t i = 0; i < o.size(); ++i)
        bits.equal(test::bits_of(run.o[i]), o[i], [&] { return setup.name(); });
    for (size_t i = 0; i < lse.size(); ++i)
        bits.equal(run.lse[i], lse[i], [&] { return setup.name(); });
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
        for (const auto order :
             {fw::ScheduleId::kQueryResident, fw::ScheduleId::kKeyValueResident}) {
            s.problem.schedule = order;
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

namespace {

/// A batch of three sequences with work: 3 queries and 100 keys, 1 and 7, 2 and 333.
struct ThreeSequences {
    const char* options;
    uint64_t batch;  ///< with the empty ones
};
constexpr ThreeSequences kThree[] = {
    {"--random 4,3,16 --query-lengths 3,1,2 --key-lengths 100,7,333 ", 3},
    {"--random 4,3,16 --query-lengths 3,1,2 --key-lengths 100,7,333 --padding left ", 3},
    {"--random 4,3,16 --query-lengths 3,0,1,2,2 --key-lengths 100,50,7,333,0 ", 5},
    {"--random 4,7,16 --cu-seqlens-q 0,3,4,4,6 --cu-seqlens-k 0,100,107,109,442 ", 4}};

const char* const kSums[] = {"calls",        "calls_formula", "calls_at_least",
                             "pairs_issued", "pairs_allowed", "bytes_compulsory"};

/// The figures of the sequences by themselves, added up, and their cycles.
std::map<std::string, uint64_t> sums_of_three(const std::string& more) {
    const std::string sequences[] = {"3,16 --keys 100", "1,16 --keys 7", "2,16 --keys 333"};
    std::map<std::string, uint64_t> sums;
    for (const std::string& sequence : sequences) {
        const auto one = run_json("--device tiny --random 4," + sequence + more);
        for (const char* key : kSums) sums[key] += one["derived"][key]["value"].get<uint64_t>();
        sums["cycles"] += cycles_of(one);
    }
    return sums;
}

}  // namespace

TEST_CASE("reports of batches: figures are sums over the sequences, devices share all of it") {
    Compared figures("figures");
    for (const std::string part :
         {"", " --stack-heads", " --schedule kv-resident", " --set device.profile=stats"}) {
        // Behind an ideal memory it does not matter where in memory a sequence lies.
        const std::string more = part + " --kv-heads 2 --lse --mask causal --memory ideal";
        std::map<std::string, uint64_t> sums = sums_of_three(more);
        std::set<uint64_t> cycles;
        for (const ThreeSequences& three : kThree) {
            const std::string job = "--device tiny " + std::string(three.options) + more;
            const auto where = [&] { return job; };
            const auto batch = run_json(job + " --slots 2x3");
            for (const char* key : kSums)
                figures.equal(batch["derived"][key]["value"].get<uint64_t>(), sums[key],
                              [&] { return key + (" of " + job); });
            figures.equal(batch["error"]["within_bound"].get<bool>(), true, where);
            cycles.insert(cycles_of(batch));
            figures.holds(cycles_of(batch) < sums["cycles"], where);
            figures.equal(batch["problem"]["batch"].get<uint64_t>(), three.batch, where);
            figures.equal(batch["derived"]["packed_calls"]["value"].get<uint64_t>(),
                          (sums["calls"] + 5) / 6, where);
            if (contains(more, "kv-resident")) continue;
            for (const int devices : {2, 3, 5}) {
                const auto shared = run_json(job + " --num-devices " + std::to_string(devices));
                figures.equal(shared["derived"]["calls"]["value"],
                              batch["derived"]["calls"]["value"], where);
                figures.equal(shared["error"]["within_bound"].get<bool>(), true, where);
                figures.holds(shared["derived"]["speed_up"]["value"].get<double>() > 1, where);
            }
        }
        figures.equal(cycles.size(), 1u, [&] { return "cycles of all" + more; });
    }
}

TEST_CASE("batches in every profile, format and schedule: within the bound, timing only the same") {
    Compared runs("runs");
    for (const ThreeSequences& three : kThree)
        for (const std::string more :
             {"--mask causal --output-format bf16 --lse --schedule auto",
              "--window 9 --sinks 2 --set device.profile=stats --schedule paired",
              "--mask causal --block 16 --summary 2 --set device.profile=stats --num-devices 2",
              "--window 20 --lse --set device.profile=blackbox --set device.D=32",
              "--mask causal --align start --stack-heads --kv-heads 1 --num-devices 3"}) {
            const std::string job = "--device tiny " + std::string(three.options) + more;
            const auto report = run_json(job), timing = run_json(job + " --timing-only");
            runs.equal(report["error"]["within_bound"].get<bool>(), true, [&] { return job; });
            const auto& derived = report["derived"];  // without data no row is retried
            const bool again =
                derived.contains("calls_retried") && derived["calls_retried"]["value"] != 0;
            if (!again) runs.equal(cycles_of(report), cycles_of(timing), [&] { return job; });
        }
}
