// SPDX-License-Identifier: MIT
// The profiles: model and RTL accept exactly the commands of docs/device.md, section 3, and within
// them are equal to each other and to the reference.
#include "tests/cosim/cosim.h"

using namespace tessera;
using spec::Command;
using spec::ErrorCode;
using spec::Opcode;
using spec::Profile;
using spec::Reg;

namespace {

constexpr Profile kProfiles[] = {Profile::kBlackbox, Profile::kStats, Profile::kStateful};

spec::DeviceParams tiny(Profile profile) {
    spec::DeviceParams p = test::device_params("tiny");
    p.profile = profile;
    return p;
}

test::MakeCase random_jobs(Profile profile) {
    return [profile](uint64_t seed, spec::DeviceParams params) {
        params.profile = profile;
        return verify::random_case(seed, params, 8 * params.m);
    };
}

/// A descriptor for a device that has executed some others since its reset.
struct Question {
    std::vector<Command> before;
    spec::Descriptor descriptor;
    ErrorCode answer;
};

constexpr uint32_t kTag = 77;
constexpr uint64_t kIndexAddress = 32 * 1024, kOutput = 256 * 1024;

verify::Bytes image() {
    verify::Bytes bytes(verify::kDataBytes);
    std::mt19937_64 random(7);
    for (size_t a = 0; a < bytes.size(); a += 2) {
        const auto x = static_cast<uint32_t>(random());
        const uint32_t value = (x & 0x807f) | (124 + (x >> 16) % 5) << 7;
        std::memcpy(&bytes[a], &value, 2);
    }
    for (uint32_t i = 0; i < 16; ++i) std::memcpy(&bytes[kIndexAddress + 4 * i], &i, 4);
    return bytes;
}

/// Whatever a question asks for is defined after these, and every profile has them.
std::vector<Command> preparation(const spec::DeviceParams& p) {
    std::vector<Command> c = {test::make_load(Opcode::kLoadQ, 0, 0, p.m, p.d, p),
                              test::make_load(Opcode::kLoadK, 0, 4096, 2, p.d, p),
                              test::make_load(Opcode::kLoadV, 0, 8192, 2, p.d, p),
                              test::make_attend(p.m, 2, p.d, p.d)};
    c.push_back(c.back());
    c.back().state_bank = 1;
    return c;
}

/// Each question after a reset; notes: CAP_PROFILE, then error code, tag and RING_HEAD of each.
verify::Case ask(const std::string& name, const spec::DeviceParams& params,
                 const std::vector<Question>& questions) {
    verify::Case c;
    c.name = name;
    c.platform = test::machine_config(params);
    c.platform.memory.read_latency_cycles = c.platform.memory.write_latency_cycles = 4;
    c.memory_bytes = verify::kDataBytes;
    c.body = [questions](test::Machine& machine, test::Outcome& out) {
        machine.write_memory(0, image());
        machine.run(
            [&](fw::Bus& bus) {
                const auto note = [&](Reg reg) {
                    out.notes.push_back(test::read_register(bus, reg));
                };
                note(Reg::kCapProfile);
                for (const Question& q : questions) {
                    std::vector<spec::Descriptor> all = test::encode_all(q.before);
                    all.push_back(q.descriptor);
                    all.push_back(spec::encode(test::make_fence()));
                    test::Feed feed;
                    feed.reset = true;
                    feed_raw(machine, bus, all, feed);
                    for (const Reg reg : {Reg::kErrorCode, Reg::kErrorTag, Reg::kRingHead})
                        note(reg);
                }
            },
            out);
    };
    c.reference = [questions, params](const test::Outcome& out, verify::Comparison& comparison) {
        const auto equal = [&](size_t i, uint64_t expected, const char* what) {
            comparison.holds(out.notes.at(i) == expected, [&] {
                return "note " + std::to_string(i) + ", " + what + ": " +
                       std::to_string(out.notes[i]) + ", expected " + std::to_string(expected);
            });
        };
        equal(0, static_cast<uint64_t>(params.profile), "CAP_PROFILE");
        for (size_t i = 0; i < questions.size(); ++i) {
            const Question& q = questions[i];
            const bool good = q.answer == ErrorCode::kNone;
            equal(3 * i + 1, static_cast<uint64_t>(q.answer), "ERROR_CODE");
            equal(3 * i + 2, good ? 0 : kTag, "ERROR_TAG");
            equal(3 * i + 3, q.before.size() + (good ? 2 : 0), "RING_HEAD");
        }
    };
    return c;
}

/// The table of docs/device.md, section 3, once more.
ErrorCode answer(Profile profile, uint32_t opcode, uint32_t flags) {
    uint32_t own = 0;
    bool lacking = false;
    switch (static_cast<Opcode>(opcode)) {
        case Opcode::kLoadQ:
        case Opcode::kLoadK:
        case Opcode::kLoadV: own = spec::kFlagGather; break;
        case Opcode::kLoadState: lacking = profile != Profile::kStateful; break;
        case Opcode::kAttend:
            own = spec::kFlagContinue | spec::kFlagIdentity;
            lacking = profile != Profile::kStateful && (flags & spec::kFlagContinue) != 0;
            break;
        case Opcode::kStoreO: own = spec::kFlagNormalise | spec::kFlagBf16; break;
        case Opcode::kStoreState: lacking = profile == Profile::kBlackbox; break;
        case Opcode::kFence: own = spec::kFlagInterrupt; break;
        default: return ErrorCode::kIllegalOpcode;
    }
    if (lacking) return ErrorCode::kProfile;
    return (flags & ~own) != 0 ? ErrorCode::kReservedBits : ErrorCode::kNone;
}

/// A command with nothing wrong but perhaps its opcode and flags.
Command command_of(uint32_t opcode, uint32_t flags, const spec::DeviceParams& p) {
    const auto code = static_cast<Opcode>(opcode);
    Command c;
    if (code == Opcode::kAttend) {
        c = test::make_attend(2, 2, p.d, p.d);
    } else if (code == Opcode::kStoreO || code == Opcode::kStoreState) {
        c = test::make_store(code, 0, kOutput, 2, p.d, p);
    } else if (opcode >= 1 && opcode <= static_cast<uint32_t>(Opcode::kLoadState)) {
        c = test::make_load(code, 0, 4096, 2, p.d, p);
    } else {
        c = test::make_fence(kOutput);
        c.opcode = code;
    }
    c.flags = flags;
    c.tag = kTag;
    if (c.has(spec::kFlagGather) && code <= Opcode::kLoadV) {
        c.index_address = kIndexAddress;
        c.index_limit = 16;
    }
    return c;
}

}  // namespace

TEST_CASE("random jobs of stats") { test::verify_many("tiny", 200, random_jobs(Profile::kStats)); }
TEST_CASE("random jobs of blackbox") {
    test::verify_many("tiny", 200, random_jobs(Profile::kBlackbox));
}

TEST_CASE("every command with every flag in every profile") {
    test::Compared rules("answers of the contract in code and in the table");
    test::Series series;
    for (const Profile profile : kProfiles) {
        const spec::DeviceParams p = tiny(profile);
        std::vector<Question> questions;
        for (uint32_t opcode = 0; opcode <= spec::kOpcodes; ++opcode)
            for (uint32_t flags = 0; flags <= spec::kFlagMask; flags += 0x100) {
                const Question q{preparation(p), spec::encode(command_of(opcode, flags, p)),
                                 answer(profile, opcode, flags)};
                rules.equal(static_cast<uint32_t>(spec::check(p, q.descriptor)),
                            static_cast<uint32_t>(q.answer), [&] {
                                return "opcode " + std::to_string(opcode) + " flags " +
                                       std::to_string(flags);
                            });
                questions.push_back(q);
            }
        series.run(ask("profile " + std::to_string(static_cast<uint32_t>(profile)), p, questions));
    }
    CHECK(rules.count() == 3 * 10 * 64);
    series.finish();
}
