// SPDX-License-Identifier: MIT
// Bytes by stream, bursts of work and calls equal what the schedule says (docs/inside/firmware.md),
// and every engine accounts for every cycle, in every run.
#include <algorithm>
#include <deque>

#include "spec/integers.h"
#include "tests/support/attention_run.h"

using namespace tessera;
using spec::Counter;
using test::AttentionSetup;
using test::Compared;

namespace {

/// What a job moves and does, counted tile by tile.
struct Work {
    uint64_t q_rows = 0, kv_rows = 0, state_in_rows = 0, state_out_rows = 0;
    uint64_t calls = 0, commands = 0, fences = 1;
};

/// Two banks, of which the one not used last is given up.
class TwoBanks {
  public:
    /// True if the tile has to be fetched.
    bool use(uint64_t tile) {
        const auto at = std::find(held_.begin(), held_.end(), tile);
        const bool absent = at == held_.end();
        if (!absent) held_.erase(at);
        held_.push_back(tile);
        if (held_.size() > spec::kBanks) held_.pop_front();
        return absent;
    }

  private:
    std::deque<uint64_t> held_;
};

class Schedule {
  public:
    Schedule(const host::Problem& p, uint32_t m) : p_(p), m_(m) {
        tq_ = spec::divide_up(p.nq, m);
        tk_ = spec::divide_up(p.nk, m);
    }

    Work count() {
        if (p_.schedule == fw::ScheduleId::kQueryResident) {
            for (uint32_t h = 0; h < p_.query_heads; ++h)
                for (uint32_t q = 0; q < tq_; ++q)
                    for (uint32_t k = 0; k < tiles(q); ++k) step(h, q, k, false);
        } else {
            const bool travel = uint64_t{p_.group()} * tq_ > spec::kBanks;
            for (uint32_t g = 0; g < p_.kv_heads; ++g) {
                for (uint32_t k = 0; k < tk_; ++k) {
                    if (travel && k != 0 && k < tiles(tq_ - 1)) ++work_.fences;
                    for (uint32_t h = g * p_.group(); h < (g + 1) * p_.group(); ++h)
                        for (uint32_t q = 0; q < tq_; ++q)
                            if (k < tiles(q)) step(h, q, k, travel);
                }
            }
        }
        work_.commands += work_.fences;
        return work_;
    }

  private:
    /// Key tiles that a query tile sees, at least one.
    uint32_t tiles(uint32_t q) const {
        if (!p_.mask.causal) return tk_;
        const int64_t last_query = std::min<int64_t>(int64_t{q + 1} * m_, p_.nq) - 1;
        const int64_t visible = std::clamp<int64_t>(last_query + p_.diagonal() + 1, 0, p_.nk);
        return static_cast<uint32_t>(std::max<int64_t>(1, spec::divide_up(visible, m_)));
    }
    static uint64_t rows(uint32_t tile, uint32_t tokens, uint32_t m) {
        return std::min(m, tokens - tile * m);
    }

    void step(uint32_t h, uint32_t q, uint32_t k, bool travel) {
        const uint64_t q_tile = uint64_t{h} << 32 | q;
        const uint64_t k_tile = uint64_t{h / p_.group()} << 32 | k;
        const uint64_t q_rows = rows(q, p_.nq, m_);
        ++work_.calls;
        ++work_.commands;
        if (q_.use(q_tile)) {
            work_.q_rows += q_rows;
            ++work_.commands;
        }
        if (kv_.use(k_tile)) {
            work_.kv_rows += rows(k, p_.nk, m_);
            work_.commands += 2;
        }
        const bool last = k + 1 == tiles(q);
        if (travel && k != 0) {
            work_.state_in_rows += q_rows;
            ++work_.commands;
        }
        if (travel && !last) {
            work_.state_out_rows += q_rows;
            ++work_.commands;
        }
        if (last) work_.commands += p_.want_lse ? 2 : 1;
    }

    const host::Problem& p_;
    uint32_t m_, tq_, tk_;
    TwoBanks q_, kv_;
    Work work_;
};

void compare_work(Compared& compared, const AttentionSetup& s, const test::AttentionRun& run) {
    const host::Problem& p = s.problem;
    const spec::DeviceParams& d = s.platform.params;
    const Work w = Schedule(p, d.m).count();
    const uint64_t bus = d.bus_bytes;
    const auto row = [&](uint64_t bytes) { return spec::round_up(bytes, bus); };
    const uint64_t o_rows = uint64_t{p.query_heads} * p.nq;
    const uint64_t state_row = bus + row(uint64_t{4} * p.d_v);
    const std::pair<Counter, uint64_t> kExpected[] = {
        {Counter::kBytesQ, w.q_rows * row(uint64_t{2} * p.d_k)},
        {Counter::kBytesK, w.kv_rows * row(uint64_t{2} * p.d_k)},
        {Counter::kBytesV, w.kv_rows * row(uint64_t{2} * p.d_v)},
        {Counter::kBytesStateRead, w.state_in_rows * state_row},
        {Counter::kBytesStateWrite, w.state_out_rows * state_row + (p.want_lse ? o_rows * bus : 0)},
        {Counter::kBytesO, o_rows * row(uint64_t{p.bf16_output ? 2u : 4u} * p.d_v)},
        {Counter::kBytesRecord, w.fences * bus},
        {Counter::kBytesDescriptor, (w.commands + 3) / 4 * spec::kLineBytes},
        {Counter::kBytesIndex, 0},
        {Counter::kCommandsRetired, w.commands},
        {Counter::kAttendsRetired, w.calls},
    };
    for (const auto& [counter, expected] : kExpected)
        compared.equal(run.outcome.counter(counter), expected, [&, c = counter] {
            return std::string(spec::kCounterTable[static_cast<size_t>(c)].name) + " of " +
                   s.name();
        });
    compared.equal(run.outcome.calls, w.calls, [&] { return "calls of " + s.name(); });
}

std::vector<AttentionSetup> setups(uint64_t seed) {
    std::vector<AttentionSetup> all;
    for (const uint32_t n : {1u, 15u, 16u, 33u, 55u, 100u})
        for (const bool causal : {false, true})
            for (const auto order :
                 {fw::ScheduleId::kQueryResident, fw::ScheduleId::kKeyValueResident})
                for (const uint32_t kv_heads : {1u, 2u}) {
                    AttentionSetup s =
                        test::random_attention("tiny", 2, kv_heads, n, n, 11, 13, seed);
                    s.problem.mask.causal = causal;
                    s.problem.schedule = order;
                    s.problem.want_lse = n % 2 == 0;
                    s.problem.bf16_output = n % 3 == 0;
                    all.push_back(s);
                }
    for (const auto order : {fw::ScheduleId::kQueryResident, fw::ScheduleId::kKeyValueResident})
        for (const auto& [nq, nk] : {std::pair<uint32_t, uint32_t>{16, 90}, {90, 16}, {40, 60}}) {
            AttentionSetup s = test::random_attention("tiny", 1, 1, nq, nk, 16, 16, seed);
            s.problem.mask.causal = nq == 40;
            s.problem.schedule = order;
            all.push_back(s);
        }
    return all;
}

}  // namespace

TEST_CASE("bytes and calls equal the formula and engines account for every cycle") {
    const uint64_t seed = test::test_random()();
    Compared work("counters equal to the schedule's");
    Compared identities("counter identities");
    for (AttentionSetup s : setups(seed))
        for (const bool stalls : {false, true}) {
            if (stalls) s.platform.memory.stall = hw::StallConfig{seed, 200, 30};
            const test::AttentionRun run = test::run_attention(s);
            compare_work(work, s, run);
            test::check_identities(identities, run.outcome);
        }
}

TEST_CASE("timing only: the same cycles and counters as with data") {
    const uint64_t seed = test::test_random()();
    Compared counters("counters with and without data");
    Compared cycles("command cycles with and without data");
    for (AttentionSetup s : setups(seed)) {
        if (s.problem.nq % 5 == 1) continue;
        s.platform.memory.stall = hw::StallConfig{seed, 100, 10};
        const test::AttentionRun data = test::run_attention(s);
        s.platform.timing_only = true;
        const test::AttentionRun timing = test::run_attention(s);
        for (uint32_t c = 0; c < static_cast<uint32_t>(Counter::kRowsEmpty); ++c)
            counters.equal(timing.outcome.counters[c], data.outcome.counters[c],
                           [&] { return std::string(spec::kCounterTable[c].name); });
        REQUIRE(timing.outcome.commands.size() == data.outcome.commands.size());
        for (size_t i = 0; i < data.outcome.commands.size(); ++i) {
            cycles.equal(timing.outcome.commands[i].dispatch, data.outcome.commands[i].dispatch);
            cycles.equal(timing.outcome.commands[i].start, data.outcome.commands[i].start);
            cycles.equal(timing.outcome.commands[i].retire, data.outcome.commands[i].retire);
        }
    }
}
