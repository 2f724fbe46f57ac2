// SPDX-License-Identifier: MIT
// The cycles of docs/contract/timing.md by its formulas and by hand: lane groups of awkward
// lengths, and the way of one command through the device. Exact, so one cycle earlier or later
// fails.
#include <algorithm>

#include "tests/support/compared.h"
#include "tests/support/machine.h"

using namespace tessera;
using spec::Cycle;
using spec::Opcode;
using test::Compared;

namespace {

/// Loads into bank 0 and a FENCE, then one ATTEND per entry of `keys`, all dispatched before they
/// could wait for anything but each other.
std::vector<spec::Command> attends(const spec::DeviceParams& p, const std::vector<uint32_t>& keys,
                                   uint32_t rows) {
    std::vector<spec::Command> c;
    for (const Opcode opcode : {Opcode::kLoadQ, Opcode::kLoadK, Opcode::kLoadV})
        c.push_back(test::make_load(opcode, 0, 0, p.m, p.d, p));
    c.push_back(test::make_fence());
    for (const uint32_t n : keys) c.push_back(test::make_attend(rows, n, p.d, p.d));
    c.push_back(test::make_fence());
    return c;
}

test::Outcome run(const spec::DeviceParams& p, const std::vector<spec::Command>& commands,
                  uint32_t read_latency = 64, uint32_t write_latency = 64) {
    hw::PlatformConfig config = test::machine_config(p);
    config.memory.read_latency_cycles = read_latency;
    config.memory.write_latency_cycles = write_latency;
    const test::Outcome r = test::run_machine(config, [&](test::Machine& machine, auto& out) {
        test::Feed feed;
        machine.run(
            [&](fw::Bus& bus) { test::feed_raw(machine, bus, test::encode_all(commands), feed); },
            out);
    });
    REQUIRE(r.failure == "");
    return r;
}

struct Expected {
    Cycle score, value, merged;
};

/// Section 4 of docs/contract/timing.md, with every bank granted at once.
std::vector<Expected> recurrence(const spec::DeviceParams& p, const std::vector<uint32_t>& n,
                                 const std::vector<uint32_t>& rows, Cycle first) {
    const int64_t I = p.interleave, D = p.d, L = p.lanes;
    std::vector<int64_t> s, a, v;
    std::vector<Expected> r;
    for (size_t g = 0; g < n.size(); ++g) {
        int64_t sg = static_cast<int64_t>(first);
        if (g >= 1) sg = s[g - 1] + I * n[g - 1];
        if (g >= 2) sg = std::max({sg, v[g - 2] + 1 - I * D - 5, a[g - 2] + 1});
        const int64_t ag = g == 0 ? sg + 1 : std::max(sg, a[g - 1]) + 1;
        int64_t vg = std::max(sg + I * (n[g] + D) + 5, ag + 1);
        if (g >= 1) vg = std::max(vg, v[g - 1] + I * (n[g - 1] + std::max<int64_t>(0, L - n[g])));
        s.push_back(sg);
        a.push_back(ag);
        v.push_back(vg);
        const int64_t merged = vg + I * n[g] + I + 8 + rows[g] - 1;
        r.push_back({static_cast<Cycle>(sg), static_cast<Cycle>(vg), static_cast<Cycle>(merged)});
    }
    return r;
}

void compare_attends(Compared& compared, const std::string& preset,
                     const std::vector<uint32_t>& keys, uint32_t rows) {
    const spec::DeviceParams p = test::device_params(preset);
    const test::Outcome outcome = run(p, attends(p, keys, rows));
    REQUIRE(outcome.groups.size() == keys.size() * p.groups(rows));
    std::vector<uint32_t> n, group_rows;
    for (const hw::LaneGroupTrace& g : outcome.groups) {
        n.push_back(g.keys);
        group_rows.push_back(std::min(p.group_rows(), rows - g.group * p.group_rows()));
    }
    const auto expected = recurrence(p, n, group_rows, outcome.commands[4].dispatch + 1);
    for (size_t g = 0; g < n.size(); ++g) {
        const auto where = [&] {
            return preset + " group " + std::to_string(g) + " with " + std::to_string(n[g]) +
                   " keys";
        };
        compared.equal(outcome.groups[g].score_start, expected[g].score, where);
        compared.equal(outcome.groups[g].value_start, expected[g].value, where);
        compared.equal(outcome.groups[g].merged, expected[g].merged, where);
    }
}

/// The lengths at which one of the rules takes over from another.
std::vector<uint32_t> lengths(const spec::DeviceParams& p) {
    std::vector<uint32_t> r;
    for (const uint32_t n : {1u, p.lanes, 2 * p.lanes - 1, 2 * p.lanes, p.d - 1, p.d, p.d + 1, p.m})
        if (n >= 1 && n <= p.m) r.push_back(n);
    return r;
}

}  // namespace

TEST_CASE("recurrence with every group of the same length") {
    Compared compared("S, V and merge cycles, one length");
    for (const char* preset : {"tiny", "odd", "thin", "eight", "broad"}) {
        const spec::DeviceParams p = test::device_params(preset);
        for (const uint32_t n : lengths(p))
            for (const uint32_t rows : {p.group_rows(), p.m, p.m - 1, 1u})
                compare_attends(compared, preset, std::vector<uint32_t>(7, n), rows);
    }
}

TEST_CASE("recurrence with alternating lengths") {
    Compared compared("S, V and merge cycles, two lengths");
    for (const char* preset : {"odd", "thin"}) {
        const spec::DeviceParams p = test::device_params(preset);
        for (const uint32_t a : lengths(p))
            for (const uint32_t b : lengths(p))
                if (a != b)
                    compare_attends(compared, preset, {a, b, a, b, b, a, a}, p.group_rows());
    }
}

TEST_CASE("lane groups of tiny by hand") {
    // LANES = 2, I = 4, D = 16. E - S = 4 (n + 16) + 5; write of row r: V + 4 n + 12 + r.
    const spec::DeviceParams p = test::device_params("tiny");
    struct Row {
        Cycle score, value, merged;  // from the first S on
    };
    const std::vector<std::vector<Row>> kTables = {
        // one key: V waits for the shadow register (8 apart), S for the score buffer from S(3) on
        {{0, 73, 96}, {4, 81, 104}, {8, 89, 112}, {13, 97, 120}, {21, 105, 128}},
        // sixteen keys: 64 apart, nothing waits
        {{0, 133, 216}, {64, 197, 280}, {128, 261, 344}, {192, 325, 408}, {256, 389, 472}},
    };
    const uint32_t kKeys[] = {1, 16};
    Compared compared("S, V and merge cycles by hand");
    for (size_t i = 0; i < 2; ++i) {
        const test::Outcome r = run(p, attends(p, std::vector<uint32_t>(5, kKeys[i]), 8));
        REQUIRE(r.groups.size() == 5);
        for (size_t g = 0; g < 5; ++g) {
            compared.equal(r.groups[g].score_start - r.groups[0].score_start, kTables[i][g].score);
            compared.equal(r.groups[g].value_start - r.groups[0].score_start, kTables[i][g].value);
            compared.equal(r.groups[g].merged - r.groups[0].score_start, kTables[i][g].merged);
        }
    }
}

TEST_CASE("one command after the other by hand") {
    // tiny: 16-byte beats, a row of 16 bf16 is 2 beats, a line of descriptors 16. Latencies 10, 20.
    const spec::DeviceParams p = test::device_params("tiny");
    std::vector<spec::Command> c = {
        test::make_load(Opcode::kLoadQ, 0, 0, 8, 16, p),  // 16 beats, one burst
        test::make_load(Opcode::kLoadK, 0, 0, 4, 16, p),  // 8 beats
        test::make_load(Opcode::kLoadV, 0, 0, 4, 16, p),
        test::make_attend(8, 4, 16, 16),
        test::make_store(Opcode::kStoreO, 0, 64 * 1024, 8, 16, p, spec::kFlagNormalise),
        test::make_fence(),
    };
    const test::Outcome r = run(p, c, 10, 20);
    REQUIRE(r.commands.size() == c.size());
    const auto bell = std::find_if(r.writes.begin(), r.writes.end(),
                                   [](const auto& w) { return w.reg == spec::Reg::kRingTail; });
    REQUIRE(bell != r.writes.end());
    // Fetched at T+1, taken T+2, beats T+12 to T+27; usable two cycles after the last. The second
    // line is presented at T+2, its last beat is at T+43.
    const Cycle t = bell->cycle;
    const Cycle d = t + 29;
    // Loads present one burst a cycle behind the second line: data from T+44 on.
    const Cycle q = t + 59, k = t + 67, v = t + 75;  // last beats
    // ATTEND waits for K, visible two cycles after its last beat: S = k+2. V is in long before E.
    const Cycle s = k + 2, value = s + 4 * (4 + 16) + 5, merged0 = value + 4 * 4 + 12;
    // STORE_O: row x is 4 beats. Row 0 may be read the cycle after it is merged; one beat a cycle;
    // 32 beats are one burst of 512 bytes, presented 19 cycles after the last read.
    const Cycle read0 = merged0 + 1, read31 = read0 + 31, presented = read31 + 19;
    const Cycle stored = presented + 1 + 31 + 20;
    // FENCE: dispatched when the store's retirement is visible, read the cycle after.
    const Cycle fence = stored + 1, record = fence + 1 + 19 + 1 + 20;
    struct {
        Cycle dispatch, start, retire;
    } const kExpected[] = {
        {d, d + 1, q + 1},       {d + 1, d + 2, k + 1},   {d + 2, d + 3, v + 1},
        {d + 3, s, merged0 + 7}, {t + 45, read0, stored}, {fence, fence + 1, record},
    };
    Compared compared("dispatch, start and retire by hand");
    for (size_t i = 0; i < c.size(); ++i) {
        const auto where = [&] { return spec::opcode_name(c[i].opcode); };
        compared.equal(r.commands[i].dispatch - t, kExpected[i].dispatch - t, where);
        compared.equal(r.commands[i].start - t, kExpected[i].start - t, where);
        compared.equal(r.commands[i].retire - t, kExpected[i].retire - t, where);
    }
    compared.equal(r.counter(spec::Counter::kCycles), record - (t + 2));
}
