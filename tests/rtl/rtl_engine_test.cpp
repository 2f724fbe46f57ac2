// SPDX-License-Identifier: MIT
// The compute engine on its own: bits against the golden ATTEND, every cycle against the formulas
// of docs/contract/timing.md, with commands and grants that come at random times.
#include "tests/rtl/engine_bench.h"

namespace {

using namespace tessera;
using namespace tessera::test;

uint64_t pick(std::mt19937_64& random, uint64_t n) { return random() % n; }

float uniform(std::mt19937_64& random) {
    return static_cast<float>(random() >> 40) * 0x1p-23f - 1.0f;
}

uint16_t element(std::mt19937_64& random, bool wild) {
    if (wild && pick(random, 50) == 0) return static_cast<uint16_t>(random());
    uint32_t bits = 0;
    const float x = uniform(random) * (wild ? 30.0f : 2.0f);
    std::memcpy(&bits, &x, 4);
    return static_cast<uint16_t>(bits >> 16);
}

uint32_t word(std::mt19937_64& random, bool wild) {
    return wild && pick(random, 20) == 0 ? static_cast<uint32_t>(random())
                                         : uint32_t{element(random, false)} << 16 | 0x1234;
}

Contents random_contents(std::mt19937_64& random, bool wild) {
    Contents c;
    for (auto* kind : {&c.q, &c.k, &c.v})
        for (Contents::Operand& bank : *kind) {
            for (uint16_t& e : bank.element) e = element(random, wild);
            const uint32_t base = static_cast<uint32_t>(
                pick(random, 3) == 0 ? random() >> 33 : pick(random, 2 * kParams.m));
            const bool outliers = pick(random, 2) == 0;
            for (uint32_t i = 0; i < kParams.m; ++i)
                bank.position[i] = outliers && pick(random, 8) == 0
                                       ? static_cast<uint32_t>(random() >> 33)
                                       : (base + i) & 0x7fffffff;
        }
    for (auto& bank : c.state)
        for (uint32_t i = 0; i < kParams.m; ++i) {
            ReferenceRow row;
            row.state.l = word(random, wild);
            row.state.m = static_cast<int16_t>(pick(random, 6) == 0 ? spec::kEmpty
                                               : pick(random, 6) == 0
                                                   ? static_cast<int>(random() & 0xffff) - 32768
                                                   : static_cast<int>(pick(random, 40)) - 20);
            row.state.flags = static_cast<uint16_t>(pick(random, 4));
            for (uint32_t j = 0; j < kParams.d; ++j) row.o.push_back(word(random, wild));
            bank.push_back(row);
        }
    return c;
}

spec::Mask random_mask(std::mt19937_64& random) {
    spec::Mask m;
    if (pick(random, 3) == 0) return m;
    m.flags = static_cast<uint32_t>(random()) & spec::kMaskAll;
    if (m.flags & spec::kMaskWindow)
        m.window = pick(random, 9) == 0 ? 1u << 31 : 1 + uint32_t(pick(random, kParams.m));
    if (m.flags & spec::kMaskSink)
        m.sinks = pick(random, 9) == 0 ? 1u << 31 : uint32_t(pick(random, kParams.m));
    if (m.flags & (spec::kMaskBlock | spec::kMaskSummary)) m.block = 1u << pick(random, 9);
    if (m.flags & spec::kMaskSummary) m.summary = 1 + uint32_t(pick(random, m.block));
    if (m.flags & spec::kMaskFree) m.free_from = uint32_t(pick(random, kParams.m + 1));
    if (m.flags & spec::kMaskDiagOff) m.diag_group = 1 + uint32_t(pick(random, kParams.m));
    if (m.flags & spec::kMaskPrefix)
        m.prefix = pick(random, 9) == 0 ? 1u << 31 : uint32_t(pick(random, kParams.m));
    return m;
}

uint32_t few_or_any(std::mt19937_64& random, uint32_t limit) {
    switch (pick(random, 5)) {
        case 0: return limit;
        case 1: return 1;
        case 2: return std::min(limit, 1 + uint32_t(pick(random, 2 * kParams.lanes)));
        default: return 1 + uint32_t(pick(random, limit));
    }
}

std::vector<Attend> random_attends(std::mt19937_64& random, Cycle from) {
    std::vector<Attend> r(1 + pick(random, 8));
    const bool waits = pick(random, 2) == 0;
    const Cycle span = Cycle{kParams.interleave} * (kParams.m + kParams.d);
    Cycle at = from;
    for (Attend& a : r) {
        spec::Command& c = a.command;
        c.opcode = spec::Opcode::kAttend;
        c.rows = few_or_any(random, kParams.m);
        c.keys = few_or_any(random, kParams.m);
        c.d_k = few_or_any(random, kParams.d);
        c.d_v = few_or_any(random, kParams.d);
        c.q_bank = random() & 1;
        c.k_bank = random() & 1;
        c.v_bank = random() & 1;
        c.state_bank = random() & 1;
        if (pick(random, 2) == 0) c.flags |= spec::kFlagContinue;
        if (pick(random, 4) == 0) c.flags |= spec::kFlagIdentity;
        const float factor = uniform(random) * (pick(random, 8) == 0 ? 3000.0f : 1.0f);
        std::memcpy(&c.factor, &factor, 4);
        if (pick(random, 30) == 0) c.factor = static_cast<uint32_t>(random());
        c.mask = random_mask(random);
        const auto later = [&] {
            return at + (waits && pick(random, 2) == 0 ? pick(random, span) : 0);
        };
        a.visible = later();
        a.q = later();
        a.k = later();
        a.v = later();
        a.state = later();
        at = std::max(at, a.visible);
        if (waits) at += pick(random, span);
    }
    return r;
}

/// The first rows of a bank, whose positions follow one by one.
KnownPositions first_rows(const Contents::Operand& bank) {
    KnownPositions known;
    for (const uint32_t position : bank.position) {
        if (!known.empty() && known.back() + 1 != position) break;
        known.push_back(position);
    }
    return known;
}

/// Random ATTENDs on these contents; of most the positions are known as far as they can be.
std::vector<Attend> random_attends(std::mt19937_64& random, Cycle from, const Contents& contents) {
    std::vector<Attend> attends = random_attends(random, from);
    for (Attend& a : attends) {
        if (pick(random, 4) == 0) continue;
        a.q_positions = first_rows(contents.q[a.command.q_bank]);
        a.k_positions = first_rows(contents.k[a.command.k_bank]);
    }
    return attends;
}

struct Checks {
    Compared cycles{"cycles of lane groups"}, pulses{"pulses"}, counters{"counters"},
        rows{"state elements"}, progress{"rows merged"};
};

/// Expected per-cycle states of the two stages, counted as the model's account() does.
std::array<uint64_t, 9> expected_counters(const std::vector<Attend>& attends,
                                          const std::vector<GroupCycles>& groups, Cycle from) {
    std::array<uint64_t, 9> n{};
    Cycle at = from;
    const auto until = [&](Cycle end, Cycle limit, uint64_t& bucket) {
        end = std::min(std::max(end, at), limit);
        bucket += end - at;
        at = end;
    };
    Cycle head = 0;
    for (const GroupCycles& g : groups) {
        const Attend& a = attends[g.command];
        if (g.first) {
            until(std::max(a.visible, head), g.score_start, n[4]);
            until(a.q, g.score_start, n[1]);
            until(a.k, g.score_start, n[2]);
        }
        until(g.score_start, g.score_start, n[3]);
        n[0] += kParams.interleave * g.keys;
        at = g.score_start + kParams.interleave * g.keys;
        if (g.last) head = g.score_start + 1;
    }
    at = from;
    for (const GroupCycles& g : groups) {
        const Attend& a = attends[g.command];
        until(g.score_start + 1, g.value_start, n[8]);
        until(a.v, g.value_start, n[6]);
        until(a.state, g.value_start, n[7]);
        uint64_t waiting = 0;
        until(g.value_start, g.value_start, waiting);
        n[5] += kParams.interleave * g.keys;  // stall_score is what is left
        at = g.value_start + kParams.interleave * g.keys;
    }
    return n;
}

void run_sequence(EngineBench& bench, const std::vector<Attend>& attends, Checks& checks) {
    TESSERA_ENGINE& dut = bench.dut;
    const std::vector<GroupCycles> groups = expected_cycles(attends);
    const Cycle from = bench.now();
    std::map<Cycle, const GroupCycles*> q_release, v_release;
    for (const GroupCycles& g : groups)
        if (g.last) {
            q_release[g.score_start + spec::score_release_after(kParams, g.keys) - 1] = &g;
            v_release[g.value_start + spec::value_release_after(kParams, g.keys) - 1] = &g;
        }
    size_t head = 0, started = 0, reported = 0, retired = 0, popped = 0, row_group = 0;
    std::array<uint64_t, 9> seen{};
    uint64_t stall_score = 0;
    std::array<uint32_t, 2> merged{};
    const Cycle end = groups.back().merged + 20;
    while (bench.now() < end) {
        const Cycle now = bench.now();
        const bool visible = head < attends.size() && attends[head].visible <= now;
        bench.present(visible ? &attends[head] : nullptr, static_cast<uint32_t>(head));
        dut.v_granted_i = dut.state_granted_i = 0;
        bench.settle();
        if (dut.admit_valid_o) {
            const Attend& a = attends[dut.admit_tickets_o];
            dut.v_granted_i = a.v <= now;
            dut.state_granted_i = a.state <= now;
            checks.pulses.equal(dut.admit_v_bank_o + 2u * dut.admit_state_bank_o,
                                a.command.v_bank + 2u * a.command.state_bank);
            bench.settle();
        }
        // Progress registers, then the pulses of this cycle.
        for (uint32_t b = 0; b < 2; ++b)
            checks.progress.equal(dut.state_rows_o >> (11 * b) & 0x7ff, merged[b]);
        while (row_group < groups.size() && groups[row_group].merged < now) ++row_group;
        if (row_group < groups.size()) {
            const GroupCycles& g = groups[row_group];
            const Cycle first = g.merged + 1 - g.rows;
            if (now >= first) {
                const uint32_t bank = attends[g.command].command.state_bank;
                merged[bank] = g.last && now == g.merged
                                   ? 0
                                   : g.first_row + static_cast<uint32_t>(now - first) + 1;
            }
        }
        const auto q = q_release.find(now), v = v_release.find(now);
        checks.pulses.equal(bool(dut.q_release_o), q != q_release.end(),
                            [&] { return "q release at " + std::to_string(now); });
        checks.pulses.equal(bool(dut.k_release_o), q != q_release.end());
        checks.pulses.equal(bool(dut.v_release_o), v != v_release.end(),
                            [&] { return "v release at " + std::to_string(now); });
        if (q != q_release.end()) {
            const spec::Command& c = attends[q->second->command].command;
            checks.pulses.equal(dut.q_release_bank_o + 2u * dut.k_release_bank_o,
                                c.q_bank + 2u * c.k_bank);
        }
        if (v != v_release.end())
            checks.pulses.equal(uint32_t{dut.v_release_bank_o},
                                attends[v->second->command].command.v_bank);
        if (dut.start_o) {
            while (started < groups.size() && !groups[started].first) ++started;
            checks.cycles.equal(now, started < groups.size() ? groups[started].score_start : 0,
                                [] { return "start"; });
            checks.pulses.equal(dut.start_number_o, groups[started].command);
            ++started;
        }
        if (dut.lane_group_o) {
            REQUIRE(reported < groups.size());
            const GroupCycles& g = groups[reported++];
            const auto where = [&] {
                return "command " + std::to_string(g.command) + " group " + std::to_string(g.index);
            };
            checks.cycles.equal(Cycle{dut.lane_group_score_start_o}, g.score_start, where);
            checks.cycles.equal(Cycle{dut.lane_group_value_start_o}, g.value_start, where);
            checks.cycles.equal(now, g.merged, where);
            checks.pulses.equal(dut.lane_group_number_o, g.command);
            checks.pulses.equal(uint32_t{dut.lane_group_index_o}, g.index);
            checks.pulses.equal(uint32_t{dut.lane_group_keys_o}, g.keys);
            checks.pulses.equal(bool(dut.retire_o), g.last);
            checks.pulses.equal(bool(dut.state_release_o), g.last);
            if (g.last) {
                checks.pulses.equal(dut.retire_number_o, g.command);
                checks.pulses.equal(uint32_t{dut.state_release_bank_o},
                                    attends[g.command].command.state_bank);
                ++retired;
            }
        } else {
            checks.pulses.equal(bool(dut.retire_o), false);
        }
        checks.pulses.equal(bool(dut.abort_o || dut.drop_o), false);
        seen[0] += dut.score_busy_o;
        seen[1] += dut.score_stall_q_o;
        seen[2] += dut.score_stall_k_o;
        seen[3] += dut.score_stall_buffer_o;
        seen[4] += dut.score_idle_o;
        seen[5] += dut.value_busy_o;
        seen[6] += dut.value_stall_v_o;
        seen[7] += dut.value_stall_state_o;
        seen[8] += dut.value_idle_o;
        stall_score += dut.value_stall_score_o;
        checks.counters.equal(dut.score_busy_o + dut.score_stall_q_o + dut.score_stall_k_o +
                                  dut.score_stall_buffer_o + dut.score_idle_o,
                              1);
        checks.counters.equal(dut.value_busy_o + dut.value_stall_v_o + dut.value_stall_state_o +
                                  dut.value_stall_score_o + dut.value_idle_o,
                              1);
        if (dut.pop_o) {
            ++head;
            ++popped;
        }
        bench.edge();
    }
    bench.settle();
    checks.pulses.equal(uint32_t{dut.active_o}, 0u);
    checks.pulses.equal(reported, groups.size());
    checks.pulses.equal(retired, attends.size());
    checks.pulses.equal(popped, attends.size());
    std::array<uint64_t, 9> expected = expected_counters(attends, groups, from);
    expected[4] += end - (groups.back().score_start + kParams.interleave * groups.back().keys);
    expected[8] += end - (groups.back().value_start + kParams.interleave * groups.back().keys);
    for (size_t i = 0; i < seen.size(); ++i)
        checks.counters.equal(seen[i], expected[i], [&] { return "counter " + std::to_string(i); });
    checks.counters.equal(seen[5] + seen[6] + seen[7] + seen[8] + stall_score, end - from);
}

void compare_state(EngineBench& bench, const Contents& contents, Checks& checks) {
    for (uint32_t bank = 0; bank < 2; ++bank)
        for (uint32_t row = 0; row < kParams.m; ++row) {
            const ReferenceRow actual = bench.read_row(bank, row);
            const ReferenceRow& expected = contents.state[bank][row];
            const auto where = [&] {
                return "bank " + std::to_string(bank) + " row " + std::to_string(row);
            };
            checks.rows.equal(actual.state.l, expected.state.l, where);
            checks.rows.equal(actual.state.m, expected.state.m, where);
            checks.rows.equal(actual.state.flags, expected.state.flags, where);
            for (uint32_t c = 0; c < kParams.d; ++c)
                checks.rows.equal(actual.o[c], expected.o[c], where);
        }
}

TEST_CASE("compute engine: random sequences of ATTENDs") {
    std::mt19937_64 random = test_random();
    EngineBench bench;
    Checks checks;
    const char* count = std::getenv("TESSERA_ENGINE_SEQUENCES");
    const uint64_t sequences =
        count != nullptr ? std::strtoull(count, nullptr, 10) : TESSERA_ENGINE_SEQUENCES;
    for (uint64_t i = 0; i < sequences; ++i) {
        INFO("sequence " << i);
        Contents contents = random_contents(random, pick(random, 2) == 0);
        bench.load_all(contents);
        // Without the registers of an empty pipeline nothing of the last sequence may be left over.
        if (pick(random, 4) == 0) {
            bench.dut.clear_i = 1;
            bench.step();
            bench.dut.clear_i = 0;
        }
        const uint32_t batches = 1 + uint32_t(pick(random, 2));
        for (uint32_t b = 0; b < batches; ++b) {
            const std::vector<Attend> attends = random_attends(random, bench.now(), contents);
            run_sequence(bench, attends, checks);
            for (const Attend& a : attends) contents.attend(a.command);
        }
        compare_state(bench, contents, checks);
    }
}

TEST_CASE("compute engine: many short commands on their way at once") {
    std::mt19937_64 random = test_random();
    EngineBench bench;
    Checks checks;
    Contents contents = random_contents(random, false);
    bench.load_all(contents);
    for (const uint32_t keys : {1u, kParams.lanes, kParams.lanes + 1}) {
        std::vector<Attend> attends(100);
        for (Attend& a : attends) {
            a = random_attends(random, 0, contents).front();
            a.visible = a.q = a.k = a.v = a.state = bench.now();
            a.command.rows = 1 + uint32_t(pick(random, kParams.m));
            a.command.keys = 1 + uint32_t(pick(random, keys));
        }
        run_sequence(bench, attends, checks);
        for (const Attend& a : attends) contents.attend(a.command);
        compare_state(bench, contents, checks);
    }
}

// Random scores are never exactly between two integers, where a maximum has to round up.
TEST_CASE("compute engine: scores that are multiples of a quarter") {
    constexpr std::array<uint16_t, 6> kCoarse = {0x0000, 0x3f00, 0xbf00, 0x3f80, 0xbf80, 0x4000};
    constexpr std::array<uint32_t, 3> kFactor = {0x3f800000, 0x3f000000, 0x40400000};
    std::mt19937_64 random = test_random();
    EngineBench bench;
    Checks checks;
    for (uint32_t i = 0; i < 20; ++i) {
        Contents contents = random_contents(random, false);
        for (auto* kind : {&contents.q, &contents.k})
            for (Contents::Operand& bank : *kind)
                for (uint16_t& e : bank.element) e = kCoarse[pick(random, kCoarse.size())];
        bench.load_all(contents);
        std::vector<Attend> attends = random_attends(random, bench.now(), contents);
        for (Attend& a : attends) {
            a.command.flags &= ~spec::kFlagIdentity;
            a.command.factor = kFactor[pick(random, kFactor.size())];
        }
        run_sequence(bench, attends, checks);
        for (const Attend& a : attends) contents.attend(a.command);
        compare_state(bench, contents, checks);
    }
}

TEST_CASE("compute engine: soft reset at any moment") {
    std::mt19937_64 random = test_random();
    EngineBench bench;
    Checks checks;
    for (uint32_t round = 0; round < 30; ++round) {
        const std::vector<Attend> attends = random_attends(random, 0);
        const Cycle stop =
            bench.now() + pick(random, 4 * kParams.interleave * (kParams.m + kParams.d));
        size_t head = 0;
        bench.dut.v_granted_i = bench.dut.state_granted_i = 1;
        while (bench.now() < stop) {
            bench.present(head < attends.size() ? &attends[head] : nullptr, 0);
            bench.settle();
            head += bench.dut.pop_o;
            bench.edge();
        }
        bench.present(nullptr, 0);
        bench.dut.clear_i = 1;
        bench.step();
        bench.dut.clear_i = 0;
        for (Cycle i = 0; i < 3 * Cycle{kParams.interleave} * (kParams.m + kParams.d); ++i) {
            bench.settle();
            const TESSERA_ENGINE& dut = bench.dut;
            checks.pulses.equal(dut.q_release_o || dut.k_release_o || dut.v_release_o ||
                                    dut.state_release_o || dut.retire_o || dut.lane_group_o ||
                                    dut.start_o || dut.score_busy_o || dut.value_busy_o ||
                                    dut.state_row_write_o || dut.admit_valid_o,
                                false);
            checks.pulses.equal(uint32_t{dut.active_o}, 0u);
            checks.pulses.equal(uint32_t{dut.state_rows_o}, 0u);
            bench.edge();
        }
        Contents contents = random_contents(random, false);
        bench.load_all(contents);
        const std::vector<Attend> more = random_attends(random, bench.now(), contents);
        run_sequence(bench, more, checks);
        for (const Attend& a : more) contents.attend(a.command);
        compare_state(bench, contents, checks);
    }
}

TEST_CASE("compute engine: after an error, groups without hope are dropped") {
    std::mt19937_64 random = test_random();
    Compared pulses("pulses of an abort");
    for (uint32_t round = 0; round < 60; ++round) {
        EngineBench bench;
        TESSERA_ENGINE& dut = bench.dut;
        std::vector<Attend> attends(3);
        for (Attend& a : attends) {
            a = random_attends(random, bench.now()).front();
            a.visible = a.q = a.k = a.v = a.state = bench.now();
        }
        const bool lacks_v = random() & 1;
        const Cycle never = ~Cycle{0} >> 1;
        attends[1].v = lacks_v ? never : 0;
        attends[1].state = lacks_v ? 0 : never;
        const std::vector<GroupCycles> groups =
            expected_cycles({attends.begin(), attends.begin() + 1});
        // The groups behind enter as far as the score buffers let them.
        const Cycle wait = pick(random, 600);
        const Cycle halted = bench.now() + wait;
        const Cycle loads_end = halted + pick(random, 50), stores_end = halted + pick(random, 50);
        Cycle started = 0, aborted = 0;
        size_t head = 0, starts = 0, retires = 0;
        while (bench.now() < halted + 3000) {
            const Cycle now = bench.now();
            bench.present(head < attends.size() ? &attends[head] : nullptr, uint32_t(head));
            dut.halted_i = now >= halted;
            dut.load_active_i = now < loads_end;
            dut.store_active_i = now < stores_end;
            dut.v_granted_i = dut.state_granted_i = 0;
            bench.settle();
            if (dut.admit_valid_o) {
                dut.v_granted_i = attends[dut.admit_tickets_o].v <= now;
                dut.state_granted_i = attends[dut.admit_tickets_o].state <= now;
                bench.settle();
            }
            if (dut.start_o) {
                if (starts++ == 1) started = now;
                pulses.holds(now < halted, [] { return "start after the error"; });
            }
            retires += dut.retire_o;
            if (dut.abort_o) {
                pulses.equal(aborted, Cycle{0}, [] { return "second abort"; });
                aborted = now;
            }
            if (dut.drop_o)
                head = attends.size();  // the queue is empty from the next cycle on
            else
                head += dut.pop_o;
            bench.edge();
        }
        bench.settle();
        pulses.equal(uint32_t{dut.active_o}, 0u, [] { return "active at the end"; });
        pulses.equal(retires, size_t{groups.back().score_start < halted || starts > 0},
                     [] { return "retired"; });
        pulses.equal(aborted != 0, started != 0, [] { return "aborted"; });
        if (aborted == 0) continue;
        // First group of command 1: seen from S + 1, and after the last admission of command 0.
        const Cycle hopeless = std::max(loads_end, lacks_v ? halted : std::max(halted, stores_end));
        pulses.equal(aborted, std::max({hopeless, started + 1, groups.back().admit + 1}),
                     [] { return "cycle of the abort"; });
    }
}

}  // namespace
