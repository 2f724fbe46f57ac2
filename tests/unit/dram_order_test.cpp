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

hw::DramSpec with(uint32_t command_buses, uint32_t pseudo_channels = 1,
                  uint32_t activate_clocks = 1) {
    hw::DramSpec spec = test::quick_dram();
    spec.organisation.command_buses = command_buses;
    spec.organisation.pseudo_channels = pseudo_channels;
    spec.organisation.activate_clocks = activate_clocks;
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
    // Due at every multiple, not so long after the last one.
    const auto multiple = run_dram(spec, {dram_read(99, 0, 0, 0)}, 301);
    compared.equal(multiple.clock_of(kRef, 0), hw::Clock{121});
    compared.equal(multiple.clock_of(kRef, 1), hw::Clock{200});
    compared.equal(multiple.clock_of(kRef, 2), hw::Clock{300});
    compared.equal(multiple.clock_of(kPrea, 1), hw::kNoClock);
}

TEST_CASE("writes are held back until 25 wait, then go until 6 are left") {
    test::Compared compared("logs");
    const auto kinds = [](uint32_t reads, uint32_t writes) {
        return run_dram(with(1), {dram_read(0, 0, 0, 0, reads), dram_write(0, 1, 0, 0, writes)},
                        300)
            .kinds();
    };
    const auto times = [](uint32_t n, char kind) { return std::string(n, kind); };
    compared.equal(kinds(10, 24), "A" + times(10, 'R') + "A" + times(24, 'W'));
    compared.equal(kinds(10, 25), "A" + times(19, 'W') + "A" + times(10, 'R') + times(6, 'W'));
    compared.equal(kinds(10, 30), "A" + times(24, 'W') + "A" + times(10, 'R') + times(6, 'W'));
    compared.equal(run_dram(with(1), {dram_write(0, 1, 0, 0, 3)}, 300).kinds(),
                   std::string("AWWW"));
    const auto log =
        run_dram(with(1), {dram_read(0, 0, 0, 0, 10), dram_write(0, 1, 0, 0, 25)}, 300);
    compared.equal(log.stats.turnarounds, uint64_t{2});
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
