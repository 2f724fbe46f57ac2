// SPDX-License-Identifier: MIT
// The order in which a DRAM channel does things: queues, command buses, precharge, refresh,
// directions. Command logs worked out by hand; every constraint is one clock unless set.
#include "tests/support/compared.h"
#include "tests/support/dram_log.h"

using namespace tessera;
using hw::DramCommand;
using test::dram_read;
using test::dram_write;
using test::run_dram;

namespace {

constexpr auto kAct = DramCommand::kActivate, kPrea = DramCommand::kPrechargeAll,
               kRef = DramCommand::kRefresh, kRd = DramCommand::kRead;
constexpr auto kRamulator2 = hw::DramPolicy::kRamulator2, kRegistered = hw::DramPolicy::kRegistered;

hw::DramSpec with(uint32_t command_buses, uint32_t pseudo_channels = 1,
                  uint32_t activate_clocks = 1) {
    hw::DramSpec spec = test::quick_dram();
    spec.organisation.command_buses = command_buses;
    spec.organisation.pseudo_channels = pseudo_channels;
    spec.organisation.activate_clocks = activate_clocks;
    return spec;
}

hw::DramSpec under(hw::DramPolicy policy, hw::DramSpec spec) {
    spec.controller.policy = policy;
    return spec;
}

}  // namespace

TEST_CASE("the queue of a direction holds 32 transactions") {
    test::Compared compared("clocks of an activate behind a full queue");
    hw::DramSpec spec = with(2);
    spec.timing.nRCDRD = spec.timing.nRCDWR = 20;
    for (const bool write : {false, true}) {
        const auto request = write ? dram_write : dram_read;
        const auto second = [&](uint32_t before) {
            const auto log =
                run_dram(spec, {request(0, 0, 0, 0, before, 0), request(0, 1, 0, 0, 1, 0)}, 100);
            return log.clock_of(kAct, 1);
        };
        // The activate of clock 0 frees a place, usable in clock 1.
        compared.equal(second(31), hw::Clock{1});
        compared.equal(second(32), hw::Clock{1});
        // The first column, in 20, has no place; that of 21 frees one.
        compared.equal(second(33), hw::Clock{22});
        compared.equal(second(34), hw::Clock{23});
    }
    hw::DramChannel channel(spec);
    std::vector<hw::DramColumns> columns;
    channel.arrive(dram_read(0, 0, 0, 0, 40).run, 0);
    channel.arrive(dram_write(0, 1, 0, 0, 40).run, 0);
    channel.run(1, columns);
    compared.equal(channel.queued(false), 32u);
    compared.equal(channel.queued(true), 31u);  // so many writes go first
}

TEST_CASE("commands share their bus") {
    test::Compared compared("logs");
    const auto two_groups = {dram_read(0, 0, 0, 0), dram_read(0, 1, 0, 0)};
    compared.equal(run_dram(with(1), two_groups, 50).text(), std::string("A0 R1 A2 R3"));
    compared.equal(run_dram(with(2), two_groups, 50).text(), std::string("A0 R1 A1 R2"));
    // An activate of two clocks holds the bus in both.
    compared.equal(run_dram(with(1, 1, 2), two_groups, 50).text(), std::string("A0 R2 A3 R5"));
    compared.equal(run_dram(with(2, 1, 2), two_groups, 50).text(), std::string("A0 R2 A2 R4"));
    // Pseudo-channels have their commands in common.
    const auto two_pseudo = {dram_read(0, 0, 0, 0, 2, 0), dram_read(0, 0, 0, 0, 2, 1)};
    compared.equal(run_dram(with(1, 2), two_pseudo, 50).text(), std::string("A0 R1 R2 A3 R4 R5"));
    compared.equal(run_dram(with(2, 2), two_pseudo, 50).text(), std::string("A0 R1 A1 R2 R3 R4"));
}

TEST_CASE("the older command goes first, an activated row's before all") {
    test::Compared compared("logs");
    const auto open = dram_read(0, 0, 0, 0), hit = dram_read(5, 0, 0, 0),
               other = dram_read(5, 1, 0, 0);
    compared.equal(run_dram(with(1), {open, other, hit}, 50).text(), std::string("A0 R1 A5 R6 R7"));
    compared.equal(run_dram(with(1), {open, hit, other}, 50).text(), std::string("A0 R1 R5 A6 R7"));
    const auto log = run_dram(with(2), {open, dram_read(5, 0, 0, 0, 3), other}, 50);
    compared.equal(log.text(), std::string("A0 R1 R5 A5 R6 R7 R8"));
    compared.equal(log.commands.at(4).bank_group, 1u);  // before the older hits
    // Both buses, but not both for one bank.
    const auto conflict = dram_read(5, 0, 0, 1);
    compared.equal(run_dram(with(2), {open, conflict, hit}, 50).text(),
                   std::string("A0 R1 R5 P6 A7 R8"));
    compared.equal(run_dram(with(1), {open, conflict, hit}, 50).text(),
                   std::string("A0 R1 P5 A6 R7 P8 A9 R10"));
    // Instead of the column's bank another one has its row command.
    for (const hw::DramPolicy policy : {kRamulator2, kRegistered})
        compared.equal(run_dram(under(policy, with(2)), {open, conflict, hit, other}, 50).text(),
                       std::string("A0 R1 R5 A5 R6 P6 A7 R8"));
}

TEST_CASE("of activated banks that accepted first goes first, then that opened first") {
    test::Compared compared("logs and bank groups");
    hw::DramSpec spec = with(1);
    spec.timing.nRCDRD = 10;
    spec.timing.nRP = 3;
    spec.timing.nCCDS = spec.timing.nCCDL = 30;
    const auto first = dram_read(0, 0, 0, 5), conflict = dram_read(20, 0, 0, 0);
    const std::string text = "A0 R10 P20 A21 A23 R40 R70";
    // Both are ready in 40. The older one of the clock has its row opened later, in 23.
    const auto together = run_dram(spec, {first, conflict, dram_read(20, 1, 0, 0)}, 99);
    compared.equal(together.text(), text);
    compared.equal(together.commands.at(5).bank_group, 1u);
    const auto later = run_dram(spec, {first, conflict, dram_read(21, 1, 0, 0)}, 99);
    compared.equal(later.text(), text);
    compared.equal(later.commands.at(5).bank_group, 0u);
}

TEST_CASE("a row is closed over waiting hits, not before what it was opened for") {
    test::Compared compared("logs");
    hw::DramSpec slow_row = with(1);
    slow_row.timing.nRCDRD = 20;
    compared.equal(run_dram(slow_row, {dram_read(0, 0, 0, 0), dram_read(0, 0, 0, 1)}, 90).text(),
                   std::string("A0 R20 P21 A22 R42"));
    hw::DramSpec slow_column = with(1);
    slow_column.timing.nCCDL = 20;
    compared.equal(
        run_dram(slow_column, {dram_read(0, 0, 0, 0, 2), dram_read(0, 0, 0, 1)}, 90).text(),
        std::string("A0 R1 P2 A3 R21 P22 A23 R41"));
}

TEST_CASE("refresh waits for opened rows and holds all pseudo-channels") {
    test::Compared compared("logs and clocks");
    hw::DramSpec spec = with(1, 2);
    spec.timing.nREFI = 100;
    spec.timing.nRFC = 30;
    const auto idle = run_dram(spec, {dram_read(100, 0, 0, 0), dram_read(100, 0, 0, 0, 1, 1)}, 190);
    compared.equal(idle.text(), std::string("F100 F101 A130 R131 A132 R133"));
    compared.equal(idle.commands.at(0).pseudo_channel, 0u);
    compared.equal(idle.commands.at(1).pseudo_channel, 1u);

    // Pseudo-channel 0 is held up by its row; 1, which could, waits for it, and so does its read.
    spec.timing.nRAS = 60;
    const auto held = run_dram(spec, {dram_read(90, 0, 0, 0), dram_read(100, 0, 0, 0, 1, 1)}, 190);
    compared.equal(held.text(), std::string("A90 R91 p150 F151 F152 A182 R183"));
    compared.equal(held.commands.at(4).pseudo_channel, 1u);
    // From the clock in which it was due to the end: 51 + 30 and 52 + 30.
    compared.equal(held.stats.refresh_clocks, uint64_t{163});

    // What has its row opened for it is served, a hit behind it is not.
    spec = with(1);
    spec.timing.nREFI = 100;
    spec.timing.nRCDRD = 20;
    const auto late = run_dram(spec, {dram_read(99, 0, 0, 0, 2)}, 190);
    compared.equal(late.text(), std::string("A99 R119 p120 F121 A122 R142"));
    // On a single bus what has its row opened for it goes before another one's refresh.
    hw::DramSpec two = with(1, 2);
    two.timing.nREFI = 100;
    const auto busy = run_dram(two, {dram_read(99, 0, 0, 0, 1, 1)}, 190);
    compared.equal(busy.text(), std::string("A99 R100 F101 p102 F103"));
    // Due at every multiple, not so long after the last one.
    const auto multiple = run_dram(spec, {dram_read(99, 0, 0, 0)}, 301);
    compared.equal(multiple.clock_of(kRef, 0), hw::Clock{121});
    compared.equal(multiple.clock_of(kRef, 1), hw::Clock{200});
    compared.equal(multiple.clock_of(kRef, 2), hw::Clock{300});
    compared.equal(multiple.clock_of(kPrea, 1), hw::kNoClock);
}

TEST_CASE("writes are held back until 26 wait, then go until 6 are left") {
    test::Compared compared("logs");
    const auto kinds = [](uint32_t reads, uint32_t writes) {
        return run_dram(with(1), {dram_read(0, 0, 0, 0, reads), dram_write(0, 1, 0, 0, writes)},
                        300)
            .kinds();
    };
    const auto times = [](uint32_t n, char kind) { return std::string(n, kind); };
    compared.equal(kinds(10, 25), "A" + times(10, 'R') + "A" + times(25, 'W'));
    compared.equal(kinds(10, 26), "A" + times(20, 'W') + "A" + times(10, 'R') + times(6, 'W'));
    compared.equal(kinds(10, 30), "A" + times(24, 'W') + "A" + times(10, 'R') + times(6, 'W'));
    compared.equal(run_dram(with(1), {dram_write(0, 1, 0, 0, 3)}, 300).kinds(),
                   std::string("AWWW"));
    const auto log =
        run_dram(with(1), {dram_read(0, 0, 0, 0, 10), dram_write(0, 1, 0, 0, 26)}, 300);
    compared.equal(log.stats.turnarounds, uint64_t{2});
    // Where nothing waits writes go first, but for a controller that has not had anything yet.
    const auto fresh = run_dram(with(1), {dram_read(1, 0, 0, 0), dram_write(1, 1, 0, 0, 7)}, 300);
    compared.equal(fresh.kinds(), "ARA" + times(7, 'W'));
    const auto idle = run_dram(
        with(1), {dram_read(0, 0, 0, 0), dram_read(50, 0, 0, 0), dram_write(50, 1, 0, 0, 7)}, 300);
    compared.equal(idle.kinds(), "ARAWR" + times(6, 'W'));
}

TEST_CASE("ramulator2 does not look at the direction while a refresh waits") {
    test::Compared compared("logs");
    hw::DramSpec spec = with(1);
    spec.timing.nREFI = 100;
    spec.timing.nRFC = 30;
    spec.timing.nRAS = 60;
    // From 100 to 151 a refresh waits. In 100 one read and no write wait, from 120 on 7 writes.
    const auto requests = {dram_write(90, 1, 0, 0), dram_read(100, 0, 0, 0),
                           dram_write(120, 1, 0, 0, 7)};
    compared.equal(run_dram(under(kRamulator2, spec), requests, 200).text(),
                   std::string("A90 W91 p150 F151 A181 W182 A183 W184 W185 W186 W187 W188 W189"
                               " R192"));
    compared.equal(run_dram(under(kRegistered, spec), requests, 200).text(),
                   std::string("A90 W91 p150 F151 A181 R182 A183 W185 W186 W187 W188 W189 W190"
                               " W191"));
}

TEST_CASE("ramulator2 does not look at it with an activated row's column on a single bus") {
    test::Compared compared("logs");
    // In 1 one read and no write wait; from 2 on 7 writes.
    const auto requests = {dram_write(0, 1, 0, 0), dram_read(1, 0, 0, 0),
                           dram_write(2, 1, 0, 0, 7)};
    compared.equal(run_dram(under(kRamulator2, with(1)), requests, 50).text(),
                   std::string("A0 W1 W2 A3 W4 W5 W6 W7 W8 W9 R12"));
    compared.equal(run_dram(under(kRegistered, with(1)), requests, 50).text(),
                   std::string("A0 W1 A2 W3 W4 W5 W6 W7 W8 W9 R12"));
    // With two buses it does, for the row.
    for (const hw::DramPolicy policy : {kRamulator2, kRegistered})
        compared.equal(run_dram(under(policy, with(2)), requests, 50).text(),
                       std::string("A0 W1 A1 W2 W3 W4 W5 W6 W7 W8 R11"));
}

TEST_CASE("ramulator2 looks at it again between the two commands of a clock") {
    test::Compared compared("logs");
    const auto open = dram_read(0, 0, 0, 0), hit = dram_read(5, 0, 0, 0);
    const auto last_read = {open, hit, dram_write(5, 1, 0, 0)};
    compared.equal(run_dram(under(kRamulator2, with(2)), last_read, 50).text(),
                   std::string("A0 R1 R5 A5 W8"));
    compared.equal(run_dram(under(kRegistered, with(2)), last_read, 50).text(),
                   std::string("A0 R1 R5 A6 W8"));
    // The write of 5 leaves 6 of 7.
    const auto seventh = {dram_write(0, 1, 0, 0), dram_write(5, 1, 0, 0, 7), dram_read(5, 0, 0, 0)};
    compared.equal(run_dram(under(kRamulator2, with(2)), seventh, 50).text(),
                   std::string("A0 W1 W5 A5 W6 W7 W8 W9 W10 W11 R14"));
    compared.equal(run_dram(under(kRegistered, with(2)), seventh, 50).text(),
                   std::string("A0 W1 W5 A6 W7 W8 W9 W10 W11 W12 R15"));
}

TEST_CASE("a read is forwarded from a write in the queue that was there before it came") {
    test::Compared compared("logs, clocks and counts");
    hw::DramSpec spec = with(1);
    const auto column = [](test::DramRequest request, uint32_t first) {
        request.run.column = first;
        request.run.user = 1;
        return request;
    };
    // Ten reads hold back two writes, to columns 5 and 6. Then columns 6 to 9 are read.
    const auto requests = [&](hw::Clock clock, uint32_t row) {
        return std::vector<test::DramRequest>{dram_read(0, 0, 0, 0, 10),
                                              column(dram_write(0, 1, 0, 0, 2), 5),
                                              column(dram_read(clock, 1, 0, row, 4), 6)};
    };
    const auto reads = [](uint32_t n) { return std::string(n, 'R'); };
    const auto forwarded = [](const test::DramLog& log) { return log.stats.forwarded; };
    const auto off = run_dram(spec, requests(2, 0), 99);
    compared.equal(off.kinds(), "A" + reads(10) + "A" + reads(4) + "WW");
    compared.equal(forwarded(off), uint64_t{0});

    spec.controller.forwarding = true;
    const auto on = run_dram(spec, requests(2, 0), 99);
    compared.equal(on.kinds(), "A" + reads(10) + "A" + reads(3) + "WW");
    compared.equal(forwarded(on), uint64_t{1});
    compared.equal(on.stats.reads, uint64_t{13});
    uint32_t answers = 0;
    for (const hw::DramColumns& c : on.columns) {
        if (!c.forwarded) continue;
        ++answers;
        compared.equal(c.user, uint64_t{1});
        compared.equal(c.count, 1u);
        compared.equal(c.last, hw::Clock{2});
        compared.equal(c.done, hw::Clock{3});
        compared.equal(c.write, false);
    }
    compared.equal(answers, 1u);
    // Not from a write of the same clock, of another row, or with its row already opened for it.
    compared.equal(forwarded(run_dram(spec, requests(0, 0), 99)), uint64_t{0});
    compared.equal(forwarded(run_dram(spec, requests(2, 1), 99)), uint64_t{0});
    // Nor from one that came while the read found no room behind others.
    const auto younger = {dram_read(0, 0, 0, 0, 40), column(dram_read(0, 1, 0, 0), 5),
                          column(dram_write(1, 1, 0, 0), 5)};
    compared.equal(forwarded(run_dram(spec, younger, 99)), uint64_t{0});
    spec.timing.nRCDWR = 20;
    const auto opened = {column(dram_write(0, 1, 0, 0), 5), column(dram_read(2, 1, 0, 0), 5)};
    compared.equal(forwarded(run_dram(spec, opened, 99)), uint64_t{0});
}

TEST_CASE("accesses are hits, misses or conflicts") {
    test::Compared compared("counts");
    const auto log = run_dram(
        with(1), {dram_read(0, 0, 0, 0, 5), dram_read(30, 0, 0, 1, 3), dram_read(30, 1, 0, 0)}, 90);
    compared.equal(log.stats.misses, uint64_t{2});
    compared.equal(log.stats.conflicts, uint64_t{1});
    compared.equal(log.stats.hits, uint64_t{6});
    compared.equal(log.stats.reads, uint64_t{9});
    compared.equal(log.stats.writes, uint64_t{0});
    compared.equal(log.stats.activates, uint64_t{3});
    compared.equal(log.stats.precharges, uint64_t{1});
    compared.equal(log.clock_of(kRd, 9), hw::kNoClock);
}
