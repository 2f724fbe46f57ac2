// SPDX-License-Identifier: MIT
// Every error code on the model: found where docs/contract/device.md, section 8, says, without side
// effect, and a Driver::reset brings back a device that does its next job right.
#include "host/verify/golden_device.h"
#include "tests/support/compared.h"
#include "tests/support/machine.h"

using namespace tessera;
using spec::Command;
using spec::Descriptor;
using spec::ErrorCode;
using spec::Opcode;
using test::Compared;

namespace {

const spec::DeviceParams kTiny = test::device_params("tiny");
constexpr uint64_t kOutput = 256 * 1024;

/// Inputs around 1 in [0, 64 KiB), the rest a pattern.
test::Bytes make_image() {
    test::Bytes image(test::kDataBytes);
    std::mt19937_64 random(7);
    for (size_t a = 0; a < image.size(); a += 2) {
        const auto x = static_cast<uint32_t>(random());
        const uint32_t value = a < 64 * 1024 ? (x & 0x807f) | (124 + (x >> 16) % 5) << 7 : 0xa5c3;
        image[a] = static_cast<uint8_t>(value);
        image[a + 1] = static_cast<uint8_t>(value >> 8);
    }
    return image;
}

/// A job for the Driver, which adds the FENCE.
std::vector<Command> good_job(const spec::DeviceParams& p) {
    std::vector<Command> c = {
        test::make_load(Opcode::kLoadQ, 0, 0, p.m, p.d, p),
        test::make_load(Opcode::kLoadK, 1, 8192, p.m, p.d, p),
        test::make_load(Opcode::kLoadV, 0, 16384, p.m, p.d, p),
        test::make_attend(p.m, p.m, p.d, p.d),
        test::make_store(Opcode::kStoreO, 1, kOutput, p.m, p.d, p, spec::kFlagNormalise),
        test::make_store(Opcode::kStoreState, 1, kOutput + 16384, p.m, p.d, p),
    };
    c[3].k_bank = c[3].state_bank = 1;
    return c;
}

/// Memory after the good job; the driver's record lies beyond kDataBytes.
test::Bytes good_memory(const spec::DeviceParams& p, const test::Bytes& image) {
    test::GoldenDevice golden(p, image);
    for (const Command& c : good_job(p)) golden.execute(c);
    return golden.memory();
}

/// What a run with an error said, in the order of Outcome::notes.
struct Verdict {
    uint64_t code, error, tag;     // Driver's status
    uint64_t repeated;             // ... of the next submit
    uint64_t halted, head;         // registers
    uint64_t engines;              // ENGINE_STATE, the engines' part
    uint64_t changed;              // bytes of memory that are not as before
    uint64_t reset, again, wrong;  // status of reset and good job; bytes that are wrong after it
};

struct Setup {
    hw::PlatformConfig platform = test::machine_config(kTiny);
    std::vector<Command> commands;
    test::Bytes image = make_image();
    uint32_t watchdog = 0;
    /// Descriptor words to overwrite behind the driver's back: command, word, value.
    struct Poke {
        size_t command;
        uint32_t word, clear, set;
    };
    std::vector<Poke> pokes;
};

void fail_and_recover(test::Machine& machine, fw::Bus& bus, const Setup& setup,
                      const test::Bytes& golden, Verdict& v) {
    fw::Driver driver(bus);
    fw::Status s = driver.init(machine.driver_config(64, setup.watchdog));
    for (size_t i = 0; s.ok() && i < setup.commands.size(); ++i) {
        s = driver.submit(setup.commands[i]);
        for (const Setup::Poke& poke : setup.pokes) {
            if (poke.command != i) continue;
            uint32_t word = 0;
            uint8_t* at = machine.memory(test::kRingAddress + 64 * i + 4 * poke.word, 4);
            std::memcpy(&word, at, 4);
            word = (word & ~poke.clear) | poke.set;
            std::memcpy(at, &word, 4);
        }
    }
    if (s.ok()) s = driver.fence();
    for (int i = 0; i < 1500; ++i) (void)test::read_register(bus, spec::Reg::kId);
    v.code = static_cast<uint64_t>(s.code);
    v.error = static_cast<uint64_t>(s.error);
    v.tag = s.tag;
    v.repeated = static_cast<uint64_t>(driver.submit(setup.commands[0]).error);
    v.halted = test::read_register(bus, spec::Reg::kStatus) & spec::kStatusHalted;
    v.head = test::read_register(bus, spec::Reg::kRingHead);
    v.engines = test::read_register(bus, spec::Reg::kEngineState) & 0xffffff;
    const uint8_t* memory = machine.memory(0, test::kDataBytes);
    for (uint64_t a = 0; a < test::kDataBytes; ++a) v.changed += memory[a] != setup.image[a];
    v.reset = static_cast<uint64_t>(driver.reset().code);
    // As a board would: the reason for the watchdog is gone.
    test::write_register(bus, spec::Reg::kWatchdog, 0);
    machine.write_memory(0, make_image());
    s = test::submit_all(driver, good_job(setup.platform.params));
    v.again = static_cast<uint64_t>(s.code);
    for (uint64_t a = 0; a < test::kDataBytes; ++a) v.wrong += memory[a] != golden[a];
}

Verdict run_error(const Setup& setup) {
    const test::Bytes golden = good_memory(setup.platform.params, make_image());
    const test::Outcome r = test::run_machine(setup.platform, [&](test::Machine& machine,
                                                                  test::Outcome& out) {
        machine.write_memory(0, setup.image);
        Verdict v{};
        machine.run([&](fw::Bus& bus) { fail_and_recover(machine, bus, setup, golden, v); }, out);
        out.notes = {v.code,    v.error,   v.tag,   v.repeated, v.halted, v.head,
                     v.engines, v.changed, v.reset, v.again,    v.wrong};
    });
    REQUIRE(r.failure == "");
    const auto& n = r.notes;
    return {n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10]};
}

/// An error with this code and tag, memory untouched, engines empty, and a good job afterwards.
void compare_verdict(Compared& compared, const std::string& name, const Verdict& v, ErrorCode code,
                     uint64_t tag) {
    const auto where = [&](const char* what) { return [&name, what] { return name + what; }; };
    compared.equal(v.code, static_cast<uint64_t>(fw::Code::kDeviceError), where(": status"));
    compared.equal(v.error, static_cast<uint64_t>(code), where(": error"));
    compared.equal(v.tag, tag, where(": tag"));
    compared.equal(v.repeated, v.error, where(": repeated"));
    compared.equal(v.halted, uint64_t{spec::kStatusHalted}, where(": halted"));
    compared.equal(v.engines, 0u, where(": engines"));
    compared.equal(v.changed, 0u, where(": memory changed"));
    compared.equal(v.reset, 0u, where(": reset"));
    compared.equal(v.again, 0u, where(": good job"));
    compared.equal(v.wrong, 0u, where(": wrong bytes"));
}

struct BadDescriptor {
    const char* name;
    Opcode base;
    uint32_t word, clear, set;
    ErrorCode code;
};

// Bits of tiny: M = D = 16, 16-byte bus. Base commands are those of base_command().
const BadDescriptor kBad[] = {
    {"opcode 0", Opcode::kFence, 0, 0xff, 0, ErrorCode::kIllegalOpcode},
    {"opcode 9", Opcode::kFence, 0, 0xff, 9, ErrorCode::kIllegalOpcode},
    {"opcode 255", Opcode::kLoadQ, 0, 0xff, 255, ErrorCode::kIllegalOpcode},
    {"q bank 2", Opcode::kLoadQ, 1, 0xf, 2, ErrorCode::kBadBank},
    {"k bank 8", Opcode::kAttend, 1, 0xf0, 0x80, ErrorCode::kBadBank},
    {"v bank 2 of a LOAD_Q", Opcode::kLoadQ, 1, 0xf00, 0x200, ErrorCode::kBadBank},
    {"state bank 15", Opcode::kStoreO, 1, 0xf000, 0xf000, ErrorCode::kBadBank},
    {"no rows", Opcode::kLoadV, 2, 0xffff, 0, ErrorCode::kRowsOutOfRange},
    {"M+1 rows", Opcode::kLoadV, 2, 0xffff, 17, ErrorCode::kRowsOutOfRange},
    {"rows over the end", Opcode::kStoreO, 2, 0xffffffff, 13u << 16 | 4,
     ErrorCode::kRowsOutOfRange},
    {"no keys", Opcode::kAttend, 2, 0xffff0000, 0, ErrorCode::kRowsOutOfRange},
    {"M+1 keys", Opcode::kAttend, 2, 0xffff0000, 17u << 16, ErrorCode::kRowsOutOfRange},
    {"FENCE with rows", Opcode::kFence, 2, 0, 1, ErrorCode::kRowsOutOfRange},
    {"d_k 0", Opcode::kLoadK, 3, 0xffff, 0, ErrorCode::kDimOutOfRange},
    {"d_k D+1", Opcode::kAttend, 3, 0xffff, 17, ErrorCode::kDimOutOfRange},
    {"d_v 0 of STORE_O", Opcode::kStoreO, 3, 0xffff0000, 0, ErrorCode::kDimOutOfRange},
    {"d_v D+1", Opcode::kLoadState, 3, 0xffff0000, 17u << 16, ErrorCode::kDimOutOfRange},
    {"d_v of LOAD_Q", Opcode::kLoadQ, 3, 0, 1u << 16, ErrorCode::kDimOutOfRange},
    {"address + 8", Opcode::kStoreO, 4, 0, 8, ErrorCode::kMisaligned},
    {"FENCE address + 1", Opcode::kFence, 4, 0, 1, ErrorCode::kMisaligned},
    {"pitch + 8", Opcode::kLoadK, 6, 0, 8, ErrorCode::kMisaligned},
    {"pitch below a row", Opcode::kLoadK, 6, 0xffffffff, 16, ErrorCode::kMisaligned},
    {"index list + 4", Opcode::kLoadQ, 8, 0, 4, ErrorCode::kMisaligned},
    {"unknown mask term", Opcode::kAttend, 5, 0, 0x100, ErrorCode::kBadMask},
    {"window 0", Opcode::kAttend, 5, 0, spec::kMaskWindow, ErrorCode::kBadMask},
    {"window without its flag", Opcode::kAttend, 6, 0, 1, ErrorCode::kBadMask},
    {"block 0", Opcode::kAttend, 5, 0, spec::kMaskBlock, ErrorCode::kBadMask},
    {"free from M+1", Opcode::kAttend, 10, 0, 17, ErrorCode::kBadMask},
    {"diagonal group 0", Opcode::kAttend, 5, 0, spec::kMaskDiagOff, ErrorCode::kBadMask},
    {"prefix without its flag", Opcode::kAttend, 12, 0, 1, ErrorCode::kBadMask},
    {"position 2^31", Opcode::kLoadQ, 7, 0, 1u << 31, ErrorCode::kBadMask},
    {"last position 2^31", Opcode::kLoadQ, 7, 0, (1u << 31) - 3, ErrorCode::kBadMask},
    {"position of LOAD_V", Opcode::kLoadV, 7, 0, 1, ErrorCode::kBadMask},
    {"index limit without gather", Opcode::kLoadQ, 10, 0, 5, ErrorCode::kBadMask},
    {"flag bit 14", Opcode::kLoadQ, 0, 0, 1u << 14, ErrorCode::kReservedBits},
    {"gather of a store", Opcode::kStoreO, 0, 0, spec::kFlagGather, ErrorCode::kReservedBits},
    {"continue of a load", Opcode::kLoadK, 0, 0, spec::kFlagContinue, ErrorCode::kReservedBits},
    {"word 1 bit 16", Opcode::kAttend, 1, 0, 1u << 16, ErrorCode::kReservedBits},
    {"word 11 of a load", Opcode::kLoadV, 11, 0, 1, ErrorCode::kReservedBits},
    {"word 12 of a load", Opcode::kLoadV, 12, 0, 1, ErrorCode::kReservedBits},
    {"word 13", Opcode::kAttend, 13, 0, 1, ErrorCode::kReservedBits},
    {"word 15", Opcode::kFence, 15, 0, 1u << 31, ErrorCode::kReservedBits},
};

Command base_command(Opcode opcode, const spec::DeviceParams& p) {
    if (opcode == Opcode::kAttend) return test::make_attend(4, 4, p.d, p.d);
    if (opcode == Opcode::kFence) return test::make_fence(kOutput);
    if (opcode == Opcode::kStoreO || opcode == Opcode::kStoreState)
        return test::make_store(opcode, 0, kOutput, 4, p.d, p);
    return test::make_load(opcode, 0, 0, 4, p.d, p);
}

}  // namespace

TEST_CASE("every error of dispatch, and the way back") {
    Compared compared("facts about errors of dispatch");
    for (const BadDescriptor& bad : kBad) {
        Setup setup;
        setup.commands = {base_command(Opcode::kLoadQ, kTiny), base_command(bad.base, kTiny),
                          base_command(Opcode::kLoadV, kTiny)};
        setup.pokes = {{1, bad.word, bad.clear, bad.set}};
        const Verdict v = run_error(setup);
        compare_verdict(compared, bad.name, v, bad.code, 1);
        compared.equal(v.head, 1u, [&] { return std::string(bad.name) + ": head"; });
    }
}

TEST_CASE("errors of dispatch are checked in the order of their codes") {
    // One descriptor with every fault; each is mended in turn and the next one shows.
    Compared compared("codes in order");
    std::vector<Setup::Poke> faults = {
        {0, 0, 0xff, 9},      // opcode
        {0, 1, 0, 2},         // bank
        {0, 2, 0xffff, 0},    // rows
        {0, 3, 0xffff, 0},    // dimension
        {0, 4, 0, 8},         // alignment
        {0, 7, 0, 1u << 31},  // position
        {0, 13, 0, 1},        // reserved
    };
    const ErrorCode kOrder[] = {ErrorCode::kIllegalOpcode,  ErrorCode::kBadBank,
                                ErrorCode::kRowsOutOfRange, ErrorCode::kDimOutOfRange,
                                ErrorCode::kMisaligned,     ErrorCode::kBadMask,
                                ErrorCode::kReservedBits};
    for (const ErrorCode code : kOrder) {
        Setup setup;
        setup.commands = {base_command(Opcode::kLoadQ, kTiny)};
        setup.pokes = faults;
        compared.equal(run_error(setup).error, static_cast<uint64_t>(code));
        faults.erase(faults.begin());
    }
}

TEST_CASE("commands outside the profile") {
    struct Case {
        spec::Profile profile;
        Opcode opcode;
        uint32_t flags;
        bool good;
    };
    using spec::Profile;
    const Case kCases[] = {
        {Profile::kStats, Opcode::kLoadState, 0, false},
        {Profile::kStats, Opcode::kAttend, spec::kFlagContinue, false},
        {Profile::kStats, Opcode::kAttend, 0, true},
        {Profile::kStats, Opcode::kStoreState, 0, true},
        {Profile::kBlackbox, Opcode::kLoadState, 0, false},
        {Profile::kBlackbox, Opcode::kAttend, spec::kFlagContinue, false},
        {Profile::kBlackbox, Opcode::kStoreState, 0, false},
        {Profile::kBlackbox, Opcode::kStoreO, spec::kFlagNormalise, true},
        {Profile::kBlackbox, Opcode::kStoreO, 0, false},
        {Profile::kStats, Opcode::kStoreO, 0, true},
        {Profile::kStateful, Opcode::kAttend, spec::kFlagContinue, true},
    };
    Compared compared("commands by profile");
    for (const Case& c : kCases) {
        Setup setup;
        setup.platform.params.profile = c.profile;
        setup.commands = {base_command(c.opcode, kTiny)};
        setup.commands[0].flags |= c.flags;
        const Verdict v = run_error(setup);
        const auto code = c.good ? ErrorCode::kNone : ErrorCode::kProfile;
        compared.equal(v.error, static_cast<uint64_t>(code), [&] { return "profile"; });
        if (!c.good) compared.equal(v.changed, 0u);
        compared.equal(v.reset, 0u);
    }
}

namespace {

/// Q, K and V, an ATTEND, a store: what depends on what.
Setup chain() {
    Setup setup;
    setup.commands = good_job(kTiny);
    return setup;
}

}  // namespace

TEST_CASE("errors while running, and the way back") {
    Compared compared("facts about errors while running");
    {
        Setup s = chain();
        s.commands[0].address = test::kMemoryBytes - 256;
        compare_verdict(compared, "Q beyond memory", run_error(s), ErrorCode::kReadBus, 0);
    }
    {
        Setup s = chain();  // ATTEND has started on Q and K when V fails: store and all are dropped
        s.commands[2].address = test::kMemoryBytes;
        compare_verdict(compared, "V beyond memory", run_error(s), ErrorCode::kReadBus, 2);
    }
    for (const uint32_t burst : {1u, 2u, 3u}) {
        Setup s = chain();  // burst 0 is the first line of descriptors
        s.platform.memory.faults = {{0, false, burst, 3}};
        compare_verdict(compared, "bad beat of burst " + std::to_string(burst), run_error(s),
                        ErrorCode::kReadBus, burst - 1);
    }
    for (const uint32_t bad : {4u, 5u, 0xffffffffu}) {
        Setup s = chain();
        Command& c = s.commands[1];
        c.flags |= spec::kFlagGather;
        c.index_address = 65536;
        c.index_limit = 4;
        for (uint32_t i = 0; i < c.rows; ++i) {
            const uint32_t index = i == 9 ? bad : i % 4;
            std::memcpy(&s.image[c.index_address + 4 * i], &index, 4);
        }
        compare_verdict(compared, "index " + std::to_string(bad), run_error(s),
                        ErrorCode::kIndexOverLimit, 1);
    }
    {
        Setup s = chain();
        s.commands[4].address = test::kMemoryBytes;
        s.commands.pop_back();
        compare_verdict(compared, "O beyond memory", run_error(s), ErrorCode::kWriteBus, 4);
    }
    {
        Setup s = chain();
        s.platform.memory.faults = {{0, false, 0, 5}};
        compare_verdict(compared, "descriptor line", run_error(s), ErrorCode::kDescriptorBus, 0);
    }
    {
        Setup s = chain();
        s.platform.memory.read_latency_cycles = 900;
        s.watchdog = 300;
        Verdict v = run_error(s);
        // What has started goes on: the store behind the late loads had not.
        compare_verdict(compared, "watchdog", v, ErrorCode::kWatchdog, 0);
    }
}

TEST_CASE("the watchdog bites in its cycle and not one later") {
    // A FENCE alone: dispatched at d into an idle device, retired at r. Latched at d + 1 + W if it
    // is outstanding then, that is up to W = r - d - 1.
    Compared compared("watchdog values");
    uint64_t length = 0;
    for (const int turn : {0, 1, 2}) {
        const test::Outcome r = test::run_machine(
            test::machine_config(kTiny), [&](test::Machine& machine, test::Outcome& out) {
                test::Feed feed;
                feed.watchdog_cycles =
                    turn == 0 ? 0 : static_cast<uint32_t>(turn == 1 ? length : length - 1);
                machine.run(
                    [&](fw::Bus& bus) {
                        test::feed_raw(machine, bus, test::encode_all({test::make_fence()}), feed);
                        out.notes.push_back(test::read_register(bus, spec::Reg::kErrorCode));
                    },
                    out);
            });
        REQUIRE(r.failure == "");
        length = r.commands.at(0).retire - r.commands.at(0).dispatch;
        const auto code = turn == 2 ? ErrorCode::kWatchdog : ErrorCode::kNone;
        compared.equal(r.notes[0], static_cast<uint64_t>(code));
    }
}

TEST_CASE("the first error wins, and of two in one cycle the load's") {
    // tiny, read latency 5, tail written at T: dispatch of the k-th descriptor of the second line
    // is in T + 5 + 35 + k; the first load's beat b is written in T + 5 + 35 + b.
    Compared compared("first errors");
    for (uint32_t k = 0; k < 4; ++k)
        for (uint32_t b = 0; b < 6; ++b) {
            hw::PlatformConfig config = test::machine_config(kTiny);
            config.memory.read_latency_cycles = 5;
            config.memory.faults = {{0, false, 2, b}};
            std::vector<Descriptor> d;
            const Command load = test::make_load(Opcode::kLoadQ, 0, 0, 16, 16, kTiny);
            for (uint32_t i = 0; i < 8; ++i) d.push_back(spec::encode(load));
            for (uint32_t i = 0; i < 8; ++i) d[i].word[0] |= i << 16;
            d[4 + k].word[0] = (4 + k) << 16;
            const test::Outcome r =
                test::run_machine(config, [&](test::Machine& machine, test::Outcome& out) {
                    machine.run(
                        [&](fw::Bus& bus) {
                            test::feed_raw(machine, bus, d, test::Feed{});
                            out.notes = {test::read_register(bus, spec::Reg::kErrorCode),
                                         test::read_register(bus, spec::Reg::kErrorTag)};
                        },
                        out);
                });
            REQUIRE(r.failure == "");
            const auto code = b <= k ? ErrorCode::kReadBus : ErrorCode::kIllegalOpcode;
            const auto where = [&] { return std::to_string(k) + " " + std::to_string(b); };
            compared.equal(r.notes[0], static_cast<uint64_t>(code), where);
            compared.equal(r.notes[1], b <= k ? 0u : uint64_t{4} + k, where);
        }
}
