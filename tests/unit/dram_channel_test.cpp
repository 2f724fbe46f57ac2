// SPDX-License-Identifier: MIT
// Every timing constraint of a DRAM channel: short sequences in which it alone holds the later
// command back, so that this comes at n, not at n - 1, and moves by one clock with it. All other
// constraints are one clock; the clocks are worked out by hand.
#include "tests/support/compared.h"
#include "tests/support/dram_log.h"

using namespace tessera;
using hw::DramCommand;
using hw::DramTiming;
using test::dram_read;
using test::dram_write;

namespace {

constexpr auto kAct = DramCommand::kActivate, kPre = DramCommand::kPrecharge,
               kPrea = DramCommand::kPrechargeAll, kRef = DramCommand::kRefresh,
               kRd = DramCommand::kRead, kWr = DramCommand::kWrite;

/// From the command `from` to the command `to` it takes `times` * constraint + `others` clocks.
struct Probe {
    const char* what;
    uint32_t DramTiming::*constraint;
    std::vector<test::DramRequest> requests;
    DramCommand from;
    uint32_t nth_from;
    DramCommand to;
    uint32_t nth_to;
    int64_t others = 0;
    int64_t times = 1;
};

/// The clocks between the two commands of a probe.
int64_t gap(const Probe& probe, const hw::DramSpec& spec) {
    const test::DramLog log = test::run_dram(spec, probe.requests, 400);
    const hw::Clock from = log.clock_of(probe.from, probe.nth_from);
    const hw::Clock to = log.clock_of(probe.to, probe.nth_to);
    INFO(probe.what << ": " << log.text());
    REQUIRE(from != hw::kNoClock);
    REQUIRE(to != hw::kNoClock);
    return static_cast<int64_t>(to) - static_cast<int64_t>(from);
}

/// Each probe with 20 and with 21 clocks.
void check(const std::vector<Probe>& probes, const hw::DramSpec& base, const char* what) {
    test::Compared compared(what);
    for (const Probe& probe : probes) {
        for (const uint32_t n : {20u, 21u}) {
            hw::DramSpec spec = base;
            spec.timing.*probe.constraint = n;
            compared.equal(gap(probe, spec), probe.times * n + probe.others,
                           [&] { return probe.what + std::string(" ") + std::to_string(n); });
        }
    }
}

using T = DramTiming;
// Bank (group 0, bank 0) row 0 and what follows it: another row, another bank, another group.
const test::DramRequest kRead0 = dram_read(0, 0, 0, 0), kWrite0 = dram_write(0, 0, 0, 0),
                        kReadRow = dram_read(0, 0, 0, 1), kReadBank = dram_read(0, 0, 1, 0),
                        kReadGroup = dram_read(0, 1, 0, 0), kWriteRow = dram_write(0, 0, 0, 1),
                        kWriteBank = dram_write(0, 0, 1, 0), kWriteGroup = dram_write(0, 1, 0, 0);

}  // namespace

TEST_CASE("each constraint of a bank holds to the clock") {
    check({{"nRCDRD", &T::nRCDRD, {kRead0}, kAct, 0, kRd, 0},
           {"nRCDWR", &T::nRCDWR, {kWrite0}, kAct, 0, kWr, 0},
           {"nRP", &T::nRP, {kRead0, kReadRow}, kPre, 0, kAct, 1},
           {"nRAS", &T::nRAS, {kRead0, kReadRow}, kAct, 0, kPre, 0},
           {"nRC", &T::nRC, {kRead0, kReadRow}, kAct, 0, kAct, 1},
           {"nRTP", &T::nRTP, {kRead0, kReadRow}, kRd, 0, kPre, 0},
           // write to precharge: nCWL + nBL + nWR
           {"nWR", &T::nWR, {kWrite0, kWriteRow}, kWr, 0, kPre, 0, 2},
           {"nCWL before a precharge", &T::nCWL, {kWrite0, kWriteRow}, kWr, 0, kPre, 0, 2},
           {"nBL before a precharge", &T::nBL, {kWrite0, kWriteRow}, kWr, 0, kPre, 0, 2},
           // PRE waits for the activated request, so for its nRCD as well
           {"nRCDRD before a precharge", &T::nRCDRD, {kRead0, kReadRow}, kAct, 0, kPre, 0, 1},
           {"nRCDWR before a precharge", &T::nRCDWR, {kWrite0, kWriteRow}, kAct, 0, kPre, 0, 3}},
          test::quick_dram(), "probes of bank constraints");
}

TEST_CASE("each constraint between columns holds to the clock") {
    // A read that comes in clock 2 finds the write of clock 1 on its way.
    const auto late_bank = dram_read(2, 0, 1, 0), late_group = dram_read(2, 1, 0, 0),
               late_row = dram_read(2, 0, 0, 0);
    check({{"nCCDS read", &T::nCCDS, {kRead0, kReadGroup}, kRd, 0, kRd, 1},
           {"nCCDS write", &T::nCCDS, {kWrite0, kWriteGroup}, kWr, 0, kWr, 1},
           {"nCCDL read", &T::nCCDL, {kRead0, kReadBank}, kRd, 0, kRd, 1},
           {"nCCDL write", &T::nCCDL, {kWrite0, kWriteBank}, kWr, 0, kWr, 1},
           {"nCCDL same row", &T::nCCDL, {dram_read(0, 0, 0, 0, 3)}, kRd, 0, kRd, 2, 0, 2},
           {"nWTRS", &T::nWTRS, {kWrite0, late_group}, kWr, 0, kRd, 0, 2},
           {"nWTRL", &T::nWTRL, {kWrite0, late_bank}, kWr, 0, kRd, 0, 2},
           {"nWTRL same row", &T::nWTRL, {kWrite0, late_row}, kWr, 0, kRd, 0, 2},
           {"nCWL before a read", &T::nCWL, {kWrite0, late_group}, kWr, 0, kRd, 0, 2},
           {"nBL before a read", &T::nBL, {kWrite0, late_group}, kWr, 0, kRd, 0, 2},
           // read to write: nCL + nBL + 2 - nCWL
           {"nCL before a write", &T::nCL, {kRead0, kWriteGroup}, kRd, 0, kWr, 0, 2},
           {"nCL, same group", &T::nCL, {kRead0, kWriteBank}, kRd, 0, kWr, 0, 2},
           {"nBL before a write", &T::nBL, {kRead0, kWriteGroup}, kRd, 0, kWr, 0, 2}},
          test::quick_dram(), "probes of column constraints");
    hw::DramSpec slow = test::quick_dram();
    slow.timing.nCL = 40;
    check({{"nCWL after a read", &T::nCWL, {kRead0, kWriteGroup}, kRd, 0, kWr, 0, 43, -1}}, slow,
          "probes of the turnaround");
}

TEST_CASE("each constraint between rows holds to the clock") {
    const std::vector<test::DramRequest> five = {kRead0, kReadGroup, dram_read(0, 2, 0, 0),
                                                 dram_read(0, 3, 0, 0), kReadBank};
    check({{"nRRDS", &T::nRRDS, {kRead0, kReadGroup}, kAct, 0, kAct, 1},
           {"nRRDL", &T::nRRDL, {kRead0, kReadBank}, kAct, 0, kAct, 1},
           {"nFAW", &T::nFAW, five, kAct, 0, kAct, 4}},
          test::quick_dram(), "probes of row constraints");

    hw::DramSpec spec = test::quick_dram();
    spec.timing.nREFI = 100;
    const auto soon = dram_read(99, 0, 0, 0), due = dram_read(100, 0, 0, 0);
    check({{"nRFC", &T::nRFC, {due}, kRef, 0, kAct, 0},
           {"nRP before a refresh", &T::nRP, {soon}, kPrea, 0, kRef, 0},
           {"nRAS before a refresh", &T::nRAS, {soon}, kAct, 0, kPrea, 0},
           {"nRC before a refresh", &T::nRC, {soon}, kAct, 0, kRef, 0},
           {"nRTP before a refresh", &T::nRTP, {soon}, kRd, 0, kPrea, 0},
           {"nRCDRD before a refresh", &T::nRCDRD, {soon}, kAct, 0, kPrea, 0, 1},
           {"nREFI", &T::nREFI, {}, kRef, 0, kRef, 3, 0, 3}},
          spec, "probes of refresh");
}

TEST_CASE("data ends nCL or nCWL and nBL after its command") {
    test::Compared compared("ends of data");
    for (const uint32_t cl : {20u, 21u}) {
        for (const uint32_t bl : {4u, 5u}) {
            hw::DramSpec spec = test::quick_dram();
            spec.timing.nCL = cl;
            spec.timing.nCWL = cl + 9;
            spec.timing.nBL = bl;
            const test::DramLog read = test::run_dram(spec, {kRead0}, 100);
            REQUIRE(read.columns.size() == 1);
            compared.equal(read.columns[0].last, hw::Clock{1});
            compared.equal(read.columns[0].done, hw::Clock{1} + cl + bl);
            compared.equal(read.stats.last_data, hw::Clock{1} + cl + bl);
            // A write is done with its command: what waits is only told that it is underway.
            const test::DramLog write = test::run_dram(spec, {kWrite0}, 100);
            REQUIRE(write.columns.size() == 1);
            compared.equal(write.columns[0].done, hw::Clock{1});
            compared.equal(write.stats.last_data, hw::Clock{1} + cl + 9 + bl);
        }
    }
}

TEST_CASE("constraints hold nothing back that is not theirs") {
    // On one bus, a second bank's commands come two clocks after the first bank's.
    check(
        {{"nRCDRD of a write", &T::nRCDRD, {kWrite0}, kAct, 0, kWr, 0, 1, 0},
         {"nRCDWR of a read", &T::nRCDWR, {kRead0}, kAct, 0, kRd, 0, 1, 0},
         {"nCCDL, other group", &T::nCCDL, {kRead0, kReadGroup}, kRd, 0, kRd, 1, 2, 0},
         {"nRRDL, other group", &T::nRRDL, {kRead0, kReadGroup}, kAct, 0, kAct, 1, 2, 0},
         {"nWTRL, other group", &T::nWTRL, {kWrite0, dram_read(2, 1, 0, 0)}, kWr, 0, kRd, 0, 3, 0},
         {"nRC, other bank", &T::nRC, {kRead0, kReadBank}, kAct, 0, kAct, 1, 2, 0},
         {"nRP, other bank", &T::nRP, {kRead0, kReadRow, kReadBank}, kPre, 0, kAct, 1, 1, 0},
         {"nWR of a read", &T::nWR, {kRead0, kReadRow}, kRd, 0, kPre, 0, 1, 0},
         {"nRTP of a write", &T::nRTP, {kWrite0, kWriteRow}, kWr, 0, kPre, 0, 3, 0}},
        test::quick_dram(), "probes of what is free");
    hw::DramSpec two = test::quick_dram();
    two.organisation.pseudo_channels = 2;
    const auto read1 = dram_read(0, 0, 0, 0, 1, 1), late1 = dram_read(2, 0, 0, 0, 1, 1),
               write1 = dram_write(0, 0, 0, 0, 1, 1);
    check({{"nCCDS", &T::nCCDS, {kRead0, read1}, kRd, 0, kRd, 1, 2, 0},
           {"nCCDL", &T::nCCDL, {kRead0, read1}, kRd, 0, kRd, 1, 2, 0},
           {"nRRDS", &T::nRRDS, {kRead0, read1}, kAct, 0, kAct, 1, 2, 0},
           {"nRRDL", &T::nRRDL, {kRead0, read1}, kAct, 0, kAct, 1, 2, 0},
           {"nRC", &T::nRC, {kRead0, read1}, kAct, 0, kAct, 1, 2, 0},
           {"nWTRS", &T::nWTRS, {kWrite0, late1}, kWr, 0, kRd, 0, 2, 0},
           {"nWTRL", &T::nWTRL, {kWrite0, late1}, kWr, 0, kRd, 0, 2, 0},
           {"turnaround", &T::nCL, {kRead0, write1}, kRd, 0, kWr, 0, 2, 0},
           {"nFAW",
            &T::nFAW,
            {kRead0, kReadBank, kReadGroup, dram_read(0, 1, 1, 0), read1},
            kAct,
            0,
            kAct,
            4,
            8,
            0}},
          two, "probes of the other pseudo-channel");
}

TEST_CASE("an activate of two clocks counts from its second") {
    hw::DramSpec spec = test::quick_dram();
    spec.organisation.activate_clocks = 2;
    const std::vector<test::DramRequest> five = {kRead0, kReadGroup, dram_read(0, 2, 0, 0),
                                                 dram_read(0, 3, 0, 0), kReadBank};
    check({{"nRCDRD", &T::nRCDRD, {kRead0}, kAct, 0, kRd, 0, 1},
           {"nRCDWR", &T::nRCDWR, {kWrite0}, kAct, 0, kWr, 0, 1},
           {"nRAS", &T::nRAS, {kRead0, kReadRow}, kAct, 0, kPre, 0, 1},
           {"nRP", &T::nRP, {kRead0, kReadRow}, kPre, 0, kAct, 1, -1},
           {"nRC", &T::nRC, {kRead0, kReadRow}, kAct, 0, kAct, 1},
           {"nRRDS", &T::nRRDS, {kRead0, kReadGroup}, kAct, 0, kAct, 1},
           {"nRRDL", &T::nRRDL, {kRead0, kReadBank}, kAct, 0, kAct, 1},
           {"nFAW", &T::nFAW, five, kAct, 0, kAct, 4}},
          spec, "probes of two-clock activates");
    spec.timing.nREFI = 100;
    check({{"nRFC", &T::nRFC, {dram_read(100, 0, 0, 0)}, kRef, 0, kAct, 0, -1}}, spec,
          "probes of refresh with two-clock activates");
}
