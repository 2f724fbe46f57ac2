// SPDX-License-Identifier: MIT
// Learned sinks through firmware and device: against a sum in long double that shares no code with
// the host's reference, the same bits on every schedule and on devices that do and do not merge.
#include <cmath>

#include "host/operation/layout.h"
#include "host/problem/sink_logits.h"
#include "tests/support/attention_run.h"
#include "tests/support/mask_oracle.h"
#include "tests/support/ragged.h"
#include "tests/support/random_mask.h"
#include "tests/support/run_json.h"
#include "tests/support/tensor_file.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;
using test::contains;
using test::run_json;
using test::run_tessera;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const std::vector<fw::ScheduleId> kOrders = {fw::ScheduleId::kQueryResident,
                                             fw::ScheduleId::kKeyValueResident,
                                             static_cast<fw::ScheduleId>(2)};  // paired

std::vector<double> elements(const host::Operand& operand, uint64_t count) {
    std::vector<uint16_t> raw(count);
    operand.bf16(0, count, raw.data());
    std::vector<double> values(count);
    for (size_t i = 0; i < count; ++i) {
        const uint32_t bits = uint32_t{raw[i]} << 16;
        float x = 0;
        std::memcpy(&x, &bits, 4);
        values[i] = static_cast<double>(x);
    }
    return values;
}

/// docs/contract/device.md, section 5, with the sink as one more tile, and
/// docs/contract/accuracy.md's terms for scores and for what is flushed to zero.
class SinkOracle {
  public:
    explicit SinkOracle(const AttentionSetup& s)
        : s_(s),
          p_(s.problem),
          q_(elements(s.inputs.q, uint64_t{p_.query_heads} * p_.nq * p_.d_k)),
          k_(elements(s.inputs.k, uint64_t{p_.kv_heads} * p_.nk * p_.d_k)),
          v_(elements(s.inputs.v, uint64_t{p_.kv_heads} * p_.nk * p_.d_v)) {}

    void check(Compared& compared, const test::AttentionRun& run) {
        for (uint32_t head = 0; head < p_.query_heads; ++head)
            for (uint32_t i = 0; i < p_.nq; ++i) check_row(compared, run, head, i);
    }

  private:
    void check_row(Compared& compared, const test::AttentionRun& run, uint32_t head, uint32_t i) {
        const std::vector<test::OwnRows> sequences = test::own_rows(p_);
        const int sequence = test::owner(sequences, head / (p_.query_heads / p_.batch), i, false);
        const bool padding = sequence < 0;
        const test::OwnRows own = padding ? test::OwnRows() : sequences[size_t(sequence)];
        const uint32_t end = own.first_key + own.keys;
        const uint32_t kv = head / (p_.query_heads / p_.kv_heads);
        const long double logit = padding ? -kInfinity : s_.inputs.sink_logits[head];
        std::vector<long double> weight(p_.nk, 0);
        long double sum = std::exp(logit), reach = 0, query = 0;
        for (uint32_t c = 0; c < p_.d_k; ++c) query += square(q(head, i, c));
        for (uint32_t j = own.first_key; j < end; ++j) {
            if (!test::user_sees(p_.mask, s_.platform.params.m, own.queries, own.keys, head,
                                 i - own.first_query, j - own.first_key))
                continue;
            long double score = 0, key = 0;
            for (uint32_t c = 0; c < p_.d_k; ++c) {
                score += q(head, i, c) * k(kv, j, c);
                key += square(k(kv, j, c));
            }
            sum += weight[j] = std::exp(score * static_cast<long double>(p_.scale));
            reach = std::max(reach, std::sqrt(key * query));
        }
        const auto where = [&] {
            return s_.name() + " head " + std::to_string(head) + " row " + std::to_string(i);
        };
        const long double tiles = std::ceil(static_cast<long double>(p_.nk) / tile_keys()) + 1;
        const long double sums = (s_.platform.params.m + tiles + sentinel_roundings()) * 0x1p-23L;
        const long double delta =
            (p_.d_k + 2) * 0x1p-24L * static_cast<long double>(p_.scale) * reach + 0x1p-17L;
        const long double ratio = 4.1e-3L + two_calls() + std::expm1(2 * delta);
        // Normal numbers are below 10. A black box flushes relative to its sentinel: not tested
        // here.
        const long double flushed = 4 * (p_.nk + tiles) * 0x1p-126L * 11;
        for (uint32_t c = 0; c < p_.d_v; ++c) {
            long double o = 0, spread = 0, magnitude = 0;
            for (uint32_t j = own.first_key; j < end; ++j)
                if (weight[j] != 0) o += weight[j] / sum * v(kv, j, c);
            for (uint32_t j = own.first_key; j < end; ++j) {
                if (weight[j] == 0) continue;
                spread += weight[j] / sum * std::fabs(v(kv, j, c) - o);
                magnitude += weight[j] / sum * std::fabs(v(kv, j, c));
            }
            long double bound = ratio * spread + sums * magnitude + flushed;
            if (p_.bf16_output) bound += (std::fabs(o) + bound) / 256;
            const auto actual =
                static_cast<long double>(run.o[(uint64_t{head} * p_.nq + i) * p_.d_v + c]);
            compared.holds(std::fabs(actual - o) <= bound, where);
        }
        if (run.lse.empty()) return;
        const double lse = run.lse[uint64_t{head} * p_.nq + i];
        const auto exact = static_cast<double>(std::log(sum));
        compared.holds(lse == exact || std::fabs(lse - exact) <= static_cast<double>(ratio + sums),
                       where);
    }

    static long double square(long double x) { return x * x; }
    long double q(uint64_t head, uint64_t i, uint64_t c) const {
        return static_cast<long double>(q_[(head * p_.nq + i) * p_.d_k + c]);
    }
    long double k(uint64_t head, uint64_t j, uint64_t c) const {
        return static_cast<long double>(k_[(head * p_.nk + j) * p_.d_k + c]);
    }
    long double v(uint64_t head, uint64_t j, uint64_t c) const {
        return static_cast<long double>(v_[(head * p_.nk + j) * p_.d_v + c]);
    }
    uint32_t tile_keys() const { return s_.platform.params.m - (p_.sentinel.given() ? 1 : 0); }
    long double sentinel_roundings() const { return p_.sentinel.given() ? 8 : 0; }
    long double two_calls() const {
        return p_.sentinel.form == fw::SentinelForm::kTwoCalls ? 0x1p-12L : 0;
    }

    const AttentionSetup& s_;
    const host::Problem& p_;
    const std::vector<double> q_, k_, v_;
};

AttentionSetup with_sinks(const std::string& preset, uint32_t heads, uint32_t kv_heads, uint32_t nq,
                          uint32_t nk, uint32_t d_k, uint32_t d_v, std::mt19937_64& random) {
    AttentionSetup s = test::random_attention(preset, heads, kv_heads, nq, nk, d_k, d_v, random());
    s.problem.sink_logits = true;
    s.problem.want_lse = true;
    for (uint32_t head = 0; head < heads; ++head) {
        const double x = static_cast<double>(random() >> 11) * 0x1p-53;
        s.inputs.sink_logits.push_back(random() % 6 == 0 ? -kInfinity : x * 10 - 4);
    }
    return s;
}

/// On a black box, the sentinel that the command line would choose, or this form of it.
void use_profile(AttentionSetup& s, spec::Profile profile,
                 std::optional<fw::SentinelForm> form = {}) {
    s.platform.params.profile = profile;
    s.problem.sentinel = host::choose_sentinel(s.problem, {form, {}}, s.platform.params);
}

void equal_bits(Compared& bits, const test::AttentionRun& a, const test::AttentionRun& b,
                const std::string& where) {
    REQUIRE(a.o.size() == b.o.size());
    REQUIRE(a.lse.size() == b.lse.size());
    for (size_t i = 0; i < a.o.size(); ++i)
        bits.equal(test::bits_of(a.o[i]), test::bits_of(b.o[i]), [&] { return where; });
    for (size_t i = 0; i < a.lse.size(); ++i)
        bits.equal(a.lse[i], b.lse[i], [&] { return where + " lse"; });
}

}  // namespace

TEST_CASE("sinks are in every denominator: profiles, schedules, masks, heads, formats") {
    auto random = test::test_random();
    Compared rows("elements and log-sum-exps against long double");
    Compared bound("elements and rows within the reference's bound");
    Compared bits("elements and rows equal to stateful, query-resident");
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    for (int n = 0; n < 24; ++n) {
        const uint32_t kv_heads = 1 + below(2), group = 1 + below(3);
        AttentionSetup s = with_sinks("tiny", kv_heads * group, kv_heads, 1 + below(70),
                                      1 + below(90), 1 + below(16), 1 + below(16), random);
        s.problem.mask.causal = n % 2 == 0;
        s.problem.bf16_output = below(3) == 0;
        s.problem.stacked = below(3) == 0;
        const test::AttentionRun first = test::run_attention(s);
        for (const auto profile : {spec::Profile::kStateful, spec::Profile::kStats})
            for (const fw::ScheduleId order : kOrders) {
                use_profile(s, profile);
                s.problem.schedule = order;
                const test::AttentionRun run = test::run_attention(s);
                SinkOracle(s).check(rows, run);
                test::check_bound(bound, s, run);
                equal_bits(bits, run, first, s.name());
            }
    }
}

TEST_CASE("a black box merges the sink by its sentinel, one key tile or more") {
    auto random = test::test_random();
    Compared rows("elements and log-sum-exps against long double");
    using fw::SentinelForm;
    for (const auto form : {SentinelForm::kColumns, SentinelForm::kSplit, SentinelForm::kTwoCalls})
        for (const uint32_t nk : {3u, 15u, 16u, 70u})
            for (const fw::ScheduleId order : kOrders) {
                AttentionSetup s = with_sinks("tiny", 4, 2, 20, nk, 9, 11, random);
                s.problem.mask.causal = nk == 70;
                s.problem.schedule = order;
                use_profile(s, spec::Profile::kBlackbox, form);
                SinkOracle(s).check(rows, test::run_attention(s));
            }
    AttentionSetup s = with_sinks("tiny", 1, 1, 4, 4, 4, 4, random);
    s.problem.want_lse = false;
    use_profile(s, spec::Profile::kBlackbox);
    CHECK(s.problem.sentinel.given());
}

TEST_CASE(
    "a row that sees no key has o = 0 and the logit as its log-sum-exp, and -inf is no sink") {
    auto random = test::test_random();
    Compared rows("rows"), bits("elements and rows equal to those without sinks");
    for (const auto profile :
         {spec::Profile::kStateful, spec::Profile::kStats, spec::Profile::kBlackbox}) {
        AttentionSetup s = with_sinks("tiny", 3, 1, 50, 20, 8, 8, random);
        s.problem.mask.causal = true;  // queries 0 to 29 see nothing
        s.inputs.sink_logits = {2.5, -30000.0 / 1.5, -kInfinity};
        use_profile(s, profile);
        const test::AttentionRun run = test::run_attention(s);
        for (uint32_t head = 0; head < 3; ++head)
            for (uint32_t row = 0; row < 30; ++row) {
                const double logit = s.inputs.sink_logits[head], lse = run.lse[head * 50 + row];
                rows.holds(lse == logit || std::fabs(lse - logit) < 0x1p-23 * 1.01,
                           [&] { return std::to_string(lse); });
                for (uint32_t c = 0; c < 8; ++c)
                    rows.equal(test::bits_of(run.o[(head * 50 + row) * 8 + c]), 0u);
            }
        s.inputs.sink_logits.assign(3, -kInfinity);
        const test::AttentionRun none = test::run_attention(s);
        s.problem.sink_logits = false;
        s.inputs.sink_logits.clear();
        equal_bits(bits, none, test::run_attention(s), s.name());
    }
}

TEST_CASE("sinks far above and far below the scores") {
    auto random = test::test_random();
    Compared rows("elements and log-sum-exps against long double");
    for (const double logit : {60.0, -60.0, 3000.0, -3000.0})
        for (const auto profile : {spec::Profile::kStateful, spec::Profile::kStats}) {
            AttentionSetup s = with_sinks("tiny", 2, 2, 20, 40, 8, 8, random);
            s.inputs.sink_logits = {logit, 0};
            use_profile(s, profile);
            SinkOracle(s).check(rows, test::run_attention(s));
        }
}

TEST_CASE("sequences of a batch have the sinks of their heads, and padding has none") {
    auto random = test::test_random();
    Compared rows("elements and log-sum-exps against long double");
    Compared bound("elements and rows within the reference's bound");
    for (const auto profile :
         {spec::Profile::kStateful, spec::Profile::kStats, spec::Profile::kBlackbox})
        for (const bool stacked : {false, true}) {
            AttentionSetup s = with_sinks("tiny", 16, 8, 20, 60, 8, 8, random);
            s.problem.batch = 4;
            s.problem.query_lengths = {20, 3, 11, 5};
            s.problem.key_lengths = {1, 60, 33, 0};
            s.problem.mask.causal = stacked;
            s.problem.stacked = stacked;
            use_profile(s, profile);
            const test::AttentionRun run = test::run_attention(s);
            SinkOracle(s).check(rows, run);
            test::check_bound(bound, s, run);
        }
}

TEST_CASE("a black box beside a sink far above the scores: what the merge flushes is allowed") {
    auto random = test::test_random();
    Compared checks("checks of the program");
    for (const float score : {85.0f, 90.0f, 100.0f, 1000.0f})
        for (const uint32_t nk : {5u, 40u}) {
            AttentionSetup s = with_sinks("tiny", 2, 1, 20, nk, 1, 8, random);
            s.inputs.q = test::operand_of([&](uint64_t, uint64_t) { return score; }, 1);
            s.inputs.k = test::operand_of([](uint64_t, uint64_t) { return -1.0f; }, 1);
            s.problem.scale = 1;
            s.inputs.sink_logits = {0, 0};
            use_profile(s, spec::Profile::kBlackbox);
            const host::ErrorSummary error = test::compare_exact(s, test::run_attention(s));
            checks.holds(error.within_bound() && error.elements == 2 * 20 * 8, [&] {
                return std::to_string(score) + ": " + std::to_string(error.outside);
            });
        }
}

TEST_CASE("sinks under every mask, in batches with padding on either side, packed and empty ones") {
    auto random = test::test_random();
    Compared rows("elements and log-sum-exps against long double");
    for (int n = 0; n < 60; ++n) {
        const auto below = [&](uint32_t limit) { return static_cast<uint32_t>(random() % limit); };
        const uint32_t batch = 1 + below(3), nq = 1 + below(50);
        AttentionSetup s = with_sinks("tiny", 4 * batch, 2 * batch, nq,
                                      below(2) == 0 ? nq : 1 + below(60), 8, 8, random);
        s.problem.batch = batch;
        test::make_ragged(random, s.problem);
        test::random_user_mask(random, s.platform.params.m, s.problem);
        s.problem.stacked = s.problem.stackable() && below(3) == 0;
        s.problem.schedule = kOrders[below(3)];
        use_profile(s, static_cast<spec::Profile>(below(3)));
        SinkOracle(s).check(rows, test::run_attention(s));
    }
}

TEST_CASE("dealt to several devices: the same file, and what it costs is counted and predicted") {
    Compared files("files and figures");
    const test::Scratch folder;
    const std::string job =
        "--device tiny --random 4,70,16 --kv-heads 2 --mask causal --lse --sink-logits random ";
    const auto output = [&](const std::string& more) {
        const auto f = run_tessera("run " + job + more + " --out " + (folder / "out"));
        INFO(more << "\n" << f.err << f.out);
        REQUIRE(f.exit_code == 0);
        return test::read_text(folder / "out/out.safetensors");
    };
    const std::string one = output("");
    for (const char* more : {"--num-devices 3", "--num-devices 2 --schedule paired --stack-heads",
                             "--set device.profile=stats --num-devices 2", "--schedule kv-resident",
                             "--schedule auto"})
        files.holds(output(more) == one, [&] { return more; });
    for (const char* schedule : {"query-resident", "paired", "kv-resident"}) {
        const std::string arguments = job + "--memory ideal --schedule " + schedule;
        const auto json = run_json(arguments), timing = run_json(arguments + " --timing-only");
        const auto& derived = json["derived"];
        const auto value = [&](const char* name) {
            return json["counters"][name]["value"].get<uint64_t>();
        };
        // A row of 16 columns is 5 beats of 16 bytes; states that travel are read as they were
        // written, but for lse.
        const uint64_t travel = value("bytes_state_write") - 4 * 70 * 16;
        files.equal(value("bytes_state_read"), 4 * 70 * 80 + travel, [&] { return schedule; });
        files.holds(derived["stall_free_cycles"]["value"].is_null(), [&] { return schedule; });
        files.equal(timing["derived"]["cycles"]["value"], derived["cycles"]["value"]);
        files.equal(json["problem"]["sink_logits"], true);
    }
    const auto chosen = run_json(job + "--memory ideal --schedule auto --timing-only");
    const double error = chosen["derived"]["prediction_error"]["value"].get<double>();
    files.holds(std::fabs(error) <= 0.02, [&] { return std::to_string(error); });
}

TEST_CASE("the command takes logits of files, and refuses what makes no sense") {
    const test::Scratch folder;
    const std::string path = folder / "x.safetensors";
    test::write_tensors(path, {test::f32("q", {2, 20, 8}), test::f32("k", {2, 20, 8}),
                               test::f32("v", {2, 20, 8}), test::f32("my.sinks", {2})});
    Compared messages("messages");
    const std::string run = "run --device tiny --input " + path;
    const auto noted = run_tessera(run);
    messages.equal(noted.exit_code, 0);
    messages.holds(contains(noted.err, "these tensors are ignored: my.sinks;"),
                   [&] { return noted.err; });
    const auto quiet = run_tessera(run + " --sink-logits my.sinks");
    messages.equal(quiet.exit_code, 0);
    messages.equal(quiet.err, "");
    messages.holds(contains(quiet.out, "sink logits"), [&] { return quiet.out; });
    const auto compared = run_tessera("compare --device tiny --input " + path +
                                      " --sink-logits my.sinks --covers auto");
    messages.equal(compared.exit_code, 0);
    messages.holds(contains(compared.out, "self, with --sink-logits") &&
                       contains(compared.out, "d_v 8, sink logits\n"),
                   [&] { return compared.out; });
    const std::string random = "run --device tiny --random 1,40,16 --sink-logits ";
    test::expect_refusal(messages, random + "s", "--sink-logits is s; allowed: random");
    test::expect_refusal(messages, random + "random --oracle self", "with --sink-logits");
    test::expect_refusal(messages, random + "random --approximate sample --tiles 2",
                         "--approximate is not possible with --sink-logits");
    test::expect_refusal(messages, run + " --sink-logits q", "tensor q has shape [2, 20, 8]");
    test::expect_refusal(messages, run + " --sink-logits none", "none");
    test::expect_refusal(messages, "linear --device tiny --random 1,20,8 --sink-logits random",
                         "--sink-logits");
    test::expect_refusal(messages, "gemm --device tiny --random 1,20,8 --sink-logits random",
                         "--sink-logits");
}
