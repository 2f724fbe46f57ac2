// SPDX-License-Identifier: MIT
// The profiles: model and RTL accept exactly the commands of docs/contract/device.md, section 3,
// and within them are equal to each other and to the reference.
#include "host/verify/command_words.h"
#include "host/verify/scenario.h"
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

/// The table of docs/contract/device.md, section 3, once more, for state banks that hold a softmax.
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
        case Opcode::kStoreO:
            own = spec::kFlagNormalise | spec::kFlagBf16;
            lacking = profile == Profile::kBlackbox && (flags & spec::kFlagNormalise) == 0;
            break;
        case Opcode::kStoreState: lacking = profile == Profile::kBlackbox; break;
        case Opcode::kFence: own = spec::kFlagInterrupt; break;
        default: return ErrorCode::kIllegalOpcode;
    }
    if (lacking) return ErrorCode::kProfile;
    return (flags & ~own) != 0 ? ErrorCode::kReservedBits : ErrorCode::kNone;
}

/// The contract's answer, in code.
ErrorCode check(const spec::DeviceParams& p, const Question& q) {
    spec::IdentityTiles identity;
    for (const Command& c : q.before) identity.dispatched(c);
    return spec::check(p, q.descriptor, identity);
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

struct Tile {
    uint32_t first, rows, d_v;
};

/// Up to two ATTENDs, of either f, of all or some rows or columns, into either bank.
std::vector<std::vector<Command>> histories(const spec::DeviceParams& p) {
    std::vector<Command> attends;
    for (const Tile& t : {Tile{0, p.m, p.d}, Tile{0, 1, p.d}, Tile{0, p.m, 1}})
        for (uint32_t bank = 0; bank < spec::kBanks; ++bank)
            for (const uint32_t flags : {0u, uint32_t{spec::kFlagIdentity}}) {
                attends.push_back(test::make_attend(t.rows, 2, p.d, t.d_v));
                attends.back().state_bank = bank;
                attends.back().flags = flags;
            }
    std::vector<std::vector<Command>> all = {{}};
    for (const Command& a : attends) {
        all.push_back({a});
        for (const Command& b : attends) all.push_back({a, b});
    }
    return all;
}

/// STORE_O as they are, of all or some rows and columns, also of a bank there is not.
std::vector<Command> stores(const spec::DeviceParams& p) {
    std::vector<Command> all;
    for (const Tile& t : {Tile{0, p.m, p.d}, Tile{0, 1, p.d}, Tile{0, p.m, 1}, Tile{1, p.m - 1, 2},
                          Tile{p.m - 1, 1, 1}})
        for (uint32_t bank = 0; bank <= spec::kBanks; ++bank) {
            all.push_back(test::make_store(Opcode::kStoreO, bank, kOutput, t.rows, t.d_v, p));
            all.back().first_row = t.first;
            all.back().tag = kTag;
        }
    return all;
}

/// Of every element of a state bank: did an identity write it last?
class Elements {
  public:
    explicit Elements(const spec::DeviceParams& p) : p_(p) {
        for (auto& bank : identity_) bank.assign(size_t{p.m} * p.d, false);
    }
    void attend(const Command& c) {
        last_[c.state_bank] = c;
        for (uint32_t i = 0; i < c.rows; ++i)
            for (uint32_t x = 0; x < c.d_v; ++x)
                identity_[c.state_bank][size_t{i} * p_.d + x] = c.has(spec::kFlagIdentity);
    }
    /// Are all elements that a store reads, in a bank there is, those of an identity?
    bool all_identity(const Command& c) const {
        for (uint32_t i = c.first_row; i < c.first_row + c.rows; ++i)
            for (uint32_t x = 0; x < c.d_v; ++x)
                if (!identity_[c.state_bank][size_t{i} * p_.d + x]) return false;
        return true;
    }
    const Command& last(uint32_t bank) const { return last_[bank]; }

  private:
    const spec::DeviceParams p_;
    std::vector<bool> identity_[spec::kBanks];
    Command last_[spec::kBanks];
};

/// Whether a device accepts STORE_O of rows as they are. A black box goes by the bank's last
/// ATTEND.
ErrorCode store_answer(Profile profile, const Command& c, const Elements& elements) {
    const bool bank = c.state_bank < spec::kBanks;
    if (profile != Profile::kBlackbox) return bank ? ErrorCode::kNone : ErrorCode::kBadBank;
    if (!bank) return ErrorCode::kProfile;
    const Command& last = elements.last(c.state_bank);
    const bool good =
        last.has(spec::kFlagIdentity) && c.first_row + c.rows <= last.rows && c.d_v <= last.d_v;
    return good ? ErrorCode::kNone : ErrorCode::kProfile;
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
                rules.equal(static_cast<uint32_t>(check(p, q)), static_cast<uint32_t>(q.answer),
                            [&] {
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

TEST_CASE("rows of a softmax leave a black box divided only") {
    test::Compared rules("answers of the contract in code and by the last ATTEND");
    test::Compared leaks("accepted stores without an element of a softmax");
    test::Series series;
    for (const Profile profile : kProfiles) {
        const spec::DeviceParams p = tiny(profile);
        std::vector<Question> questions;
        for (const std::vector<Command>& history : histories(p)) {
            // The others do not care: a few will do.
            if (profile != Profile::kBlackbox && history.size() > 1) continue;
            for (const Command& store : stores(p)) {
                Elements elements(p);
                Question q{preparation(p), spec::encode(store), ErrorCode::kNone};
                q.before.insert(q.before.end(), history.begin(), history.end());
                for (const Command& c : history) elements.attend(c);
                q.answer = store_answer(profile, store, elements);
                rules.equal(static_cast<uint32_t>(check(p, q)), static_cast<uint32_t>(q.answer));
                if (profile == Profile::kBlackbox && q.answer == ErrorCode::kNone)
                    leaks.holds(elements.all_identity(store),
                                [&] { return verify::describe(store); });
                questions.push_back(q);
            }
        }
        if (profile == Profile::kBlackbox) {
            // A reset forgets what the last ATTEND was: the banks may hold what came before it.
            Question kept{preparation(p), spec::encode(stores(p)[0]), ErrorCode::kNone};
            kept.before.push_back(test::make_attend(p.m, 2, p.d, p.d));
            kept.before.back().flags = spec::kFlagIdentity;
            questions.push_back(kept);
            const std::vector<Command> loads(3, preparation(p)[0]);
            questions.push_back({loads, spec::encode(stores(p)[0]), ErrorCode::kProfile});
        }
        series.run(ask("stores of profile " + std::to_string(static_cast<uint32_t>(profile)), p,
                       questions));
    }
    CHECK(rules.count() == 2745);
    CHECK(leaks.count() > 300);
    series.finish();
}
