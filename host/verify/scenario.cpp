// SPDX-License-Identifier: MIT
#include "host/verify/scenario.h"

#include <algorithm>
#include <stdexcept>

#include "host/verify/job_mask.h"

namespace tessera::verify {
namespace {

using spec::Command;
using spec::Opcode;

// Where things lie: bf16 inputs, index lists, then results, each at a fresh address.
constexpr uint64_t kInputBytes = 128 * 1024;
constexpr uint64_t kIndexAddress = kInputBytes;
constexpr uint64_t kResultAddress = 192 * 1024;

class Builder {
  public:
    Builder(std::mt19937_64& random, Scenario& scenario, const ScenarioOptions& options)
        : random_(random), s_(scenario), options_(options), p_(scenario.platform.params) {
        for (auto* kind : {q_, k_, v_, state_})
            for (uint32_t b = 0; b < spec::kBanks; ++b) kind[b].assign(p_.m, 0);
        origin_ = chance(20) ? spec::kPositionLimit - 8 * p_.m : chance(50) ? 0 : below(1000);
        load_weight_ = 2 + below(8);
        store_weight_ = 1 + below(6);
        attend_weight_ = 2 + below(8);
    }

    void fill_image();
    void build();

  private:
    using Columns = std::vector<uint32_t>;  // per row: columns that are defined
    struct Saved {
        uint64_t address;
        uint32_t pitch, rows, d_v;
        bool fenced;
    };

    uint64_t draw() { return random_(); }
    uint32_t below(uint64_t n) { return static_cast<uint32_t>(draw() % n); }
    uint32_t between(uint32_t low, uint32_t high) { return low + below(high - low + 1); }
    bool chance(uint32_t percent) { return below(100) < percent; }
    uint64_t align(uint64_t x) const { return x & ~uint64_t{p_.bus_bytes - 1}; }
    uint32_t padded(uint32_t bytes) const { return p_.beats(bytes) * p_.bus_bytes; }
    /// Rows from `first` on with at least `d` defined columns.
    static uint32_t rows_with(const Columns& bank, uint32_t first, uint32_t d) {
        uint32_t n = 0;
        while (first + n < bank.size() && bank[first + n] >= d) ++n;
        return n;
    }
    /// All of it, one, or something between.
    uint32_t some(uint32_t most) {
        return most == 0 || chance(40) ? most : chance(20) ? 1 : between(1, most);
    }

    void place_input(Command& c, uint32_t row_bytes);
    void load(uint32_t kind, uint32_t bank, bool full);
    bool load_state();
    bool attend();
    bool store();
    void fence(bool interrupt);
    void add(Command c);
    void add_gather(Command& c);
    uint32_t random_factor();

    std::mt19937_64& random_;
    Scenario& s_;
    const ScenarioOptions& options_;
    const spec::DeviceParams p_;
    Columns q_[spec::kBanks], k_[spec::kBanks], v_[spec::kBanks], state_[spec::kBanks];
    std::vector<Saved> saved_;
    spec::IdentityTiles identity_;
    uint64_t next_result_ = kResultAddress, next_index_ = kIndexAddress;
    uint32_t origin_ = 0;
    uint32_t load_weight_ = 1, store_weight_ = 1, attend_weight_ = 1;
};

void Builder::fill_image() {
    s_.image.assign(kDataBytes, 0);
    // Values around 1; now and then anything at all.
    const uint32_t odd_permille = options_.odd_numbers && chance(30) ? 1 + below(20) : 0;
    const uint32_t spread = 1 + below(12);
    for (uint64_t at = 0; at < kInputBytes; at += 2) {
        const uint64_t x = draw();
        const auto exponent = static_cast<uint32_t>(127 - spread + (x >> 32) % (spread + 3));
        uint32_t value = (x & 0x807f) | exponent << 7;
        if ((x >> 48) % 1000 < odd_permille) value = static_cast<uint32_t>(x >> 16) & 0xffff;
        const auto bits = static_cast<uint16_t>(value);
        std::memcpy(&s_.image[at], &bits, 2);
    }
    // Results land on old contents, which padding must overwrite.
    for (uint64_t at = kResultAddress; at < kDataBytes; at += 8) {
        const uint64_t x = draw();
        std::memcpy(&s_.image[at], &x, 8);
    }
}

void Builder::add(Command c) {
    c.tag = below(0x10000);
    const spec::ErrorCode error = spec::check(p_, spec::encode(c), identity_);
    if (error != spec::ErrorCode::kNone)
        throw std::logic_error(std::string("generator: ") + spec::error_text(error));
    identity_.dispatched(c);
    s_.commands.push_back(c);
}

/// Turns a load into a gather of random rows, some of them more than once.
void Builder::add_gather(Command& c) {
    c.flags |= spec::kFlagGather;
    c.position = 0;
    const auto fit = static_cast<uint32_t>((kInputBytes - c.address) / c.pitch);
    c.index_limit = std::max(1u, some(std::min(fit, 4 * p_.m)));
    const bool chaotic = chance(70);
    c.index_address = next_index_ + (chance(50) ? p_.bus_bytes * below(8) : 0);
    for (uint32_t i = 0; i < c.rows; ++i) {
        const uint32_t index = chaotic ? below(c.index_limit) : i % c.index_limit;
        std::memcpy(&s_.image[c.index_address + 4 * i], &index, 4);
    }
    next_index_ = c.index_address + padded(4 * c.rows);
    // What pads the last beat of the list is over any limit, and nobody may care.
    for (uint64_t at = c.index_address + 4 * c.rows; at < next_index_; ++at) s_.image[at] = 0xff;
}

/// An address among the inputs. What is too large for them gets the pitch `row_bytes`, then fewer
/// rows.
void Builder::place_input(Command& c, uint32_t row_bytes) {
    if (uint64_t{c.pitch} * c.rows >= kInputBytes) c.pitch = row_bytes;
    c.rows = std::min(c.rows, static_cast<uint32_t>((kInputBytes - 1) / c.pitch));
    c.address = align(below(kInputBytes - uint64_t{c.pitch} * c.rows));
}

void Builder::load(uint32_t kind, uint32_t bank, bool full) {
    Command c;
    c.opcode = kind == 0 ? Opcode::kLoadQ : kind == 1 ? Opcode::kLoadK : Opcode::kLoadV;
    (kind == 0 ? c.q_bank : kind == 1 ? c.k_bank : c.v_bank) = bank;
    Columns& columns = (kind == 0 ? q_ : kind == 1 ? k_ : v_)[bank];
    const uint32_t d = full || chance(50) ? p_.d : between(1, p_.d);
    (kind == 2 ? c.d_v : c.d_k) = d;
    // Mostly without a hole below the rows, so that what is loaded can be used.
    c.first_row = full || chance(60) ? 0
                  : chance(80)       ? below(rows_with(columns, 0, 1) + 1)
                                     : below(p_.m);
    if (c.first_row == p_.m) c.first_row = 0;
    c.rows = full ? p_.m : std::max(1u, some(p_.m - c.first_row));
    const uint32_t row_bytes = padded(spec::row_bytes(p_, c));
    c.pitch = chance(60) ? row_bytes : row_bytes + p_.bus_bytes * below(24);
    place_input(c, row_bytes);
    if (kind != 2) c.position = origin_ + below(2 * p_.m);
    if (chance(25)) add_gather(c);
    add(c);
    const uint32_t wide = std::min(p_.d, row_bytes / 2);
    for (uint32_t i = 0; i < c.rows; ++i)
        columns[c.first_row + i] = std::max(columns[c.first_row + i], wide);
}

bool Builder::load_state() {
    if (p_.profile != spec::Profile::kStateful) return false;
    Command c;
    c.opcode = Opcode::kLoadState;
    c.state_bank = below(spec::kBanks);
    const bool wild = options_.odd_numbers && chance(10);
    std::vector<Saved> ready;
    for (const Saved& s : saved_)
        if (s.fenced) ready.push_back(s);
    if (ready.empty() && !wild) return false;
    if (wild) {
        c.d_v = below(p_.d + 1);
        c.rows = between(1, p_.m);
        c.pitch = padded(spec::row_bytes(p_, c));
        place_input(c, c.pitch);
    } else {
        const Saved& s = ready[below(ready.size())];
        c.d_v = chance(70) ? s.d_v : below(s.d_v + 1);
        c.rows = some(s.rows);
        const uint32_t from = below(s.rows - c.rows + 1);
        c.pitch = s.pitch;
        c.address = s.address + uint64_t{from} * s.pitch;
    }
    c.first_row = chance(50) ? 0 : below(p_.m - c.rows + 1);
    add(c);
    for (uint32_t i = 0; i < c.rows; ++i) state_[c.state_bank][c.first_row + i] = c.d_v;
    return true;
}

uint32_t Builder::random_factor() {
    if (options_.odd_numbers && chance(8)) return static_cast<uint32_t>(draw());
    const uint32_t exponent = between(120, 130);
    return static_cast<uint32_t>(draw() & 0x807fffff) | exponent << 23;
}

bool Builder::attend() {
    Command c;
    c.opcode = Opcode::kAttend;
    c.q_bank = below(spec::kBanks);
    c.k_bank = below(spec::kBanks);
    c.v_bank = below(spec::kBanks);
    c.state_bank = below(spec::kBanks);
    const Columns &q = q_[c.q_bank], &k = k_[c.k_bank], &v = v_[c.v_bank];
    Columns& state = state_[c.state_bank];
    c.d_k = some(std::min(q[0], k[0]));
    c.d_v = some(v[0]);
    if (chance(60) && state[0] != 0 && c.d_v != 0 && p_.profile == spec::Profile::kStateful) {
        c.flags |= spec::kFlagContinue;
        c.d_v = std::min(c.d_v, state[0]);
    }
    if (c.d_k == 0 || c.d_v == 0) return false;
    c.rows = rows_with(q, 0, c.d_k);
    if (c.has(spec::kFlagContinue)) c.rows = std::min(c.rows, rows_with(state, 0, c.d_v));
    c.rows = some(c.rows);
    c.keys = some(std::min(rows_with(k, 0, c.d_k), rows_with(v, 0, c.d_v)));
    if (chance(15)) c.keys = 1;
    if (chance(p_.profile == spec::Profile::kBlackbox ? 50 : 20)) c.flags |= spec::kFlagIdentity;
    c.factor = random_factor();
    c.mask = random_command_mask(random_, p_.m, origin_);
    add(c);
    for (uint32_t i = 0; i < c.rows; ++i) state[i] = c.d_v;
    return true;
}

bool Builder::store() {
    Command c;
    c.state_bank = below(spec::kBanks);
    const Columns& state = state_[c.state_bank];
    c.first_row = chance(60) ? 0 : below(p_.m);
    c.opcode = chance(60) || p_.profile == spec::Profile::kBlackbox ? Opcode::kStoreO
                                                                    : Opcode::kStoreState;
    const bool statistics = c.opcode == Opcode::kStoreState && chance(25);
    if (state[c.first_row] == 0) return false;
    c.d_v = statistics ? 0 : some(state[c.first_row]);
    c.rows = some(rows_with(state, c.first_row, std::max(1u, c.d_v)));
    if (c.opcode == Opcode::kStoreO) {
        const bool as_they_are = p_.profile != spec::Profile::kBlackbox || identity_.hold(c);
        if (chance(60) || !as_they_are) c.flags |= spec::kFlagNormalise;
        if (chance(40)) c.flags |= spec::kFlagBf16;
    }
    const uint32_t row_bytes = padded(spec::row_bytes(p_, c));
    c.pitch = chance(60) ? row_bytes : row_bytes + p_.bus_bytes * below(5);
    c.address = next_result_ + p_.bus_bytes * below(64);
    const uint64_t end = c.address + uint64_t{c.pitch} * c.rows;
    if (end > kDataBytes - 4096) return false;
    next_result_ = end;
    add(c);
    if (c.opcode == Opcode::kStoreState)
        saved_.push_back({c.address, c.pitch, c.rows, c.d_v, false});
    return true;
}

void Builder::fence(bool interrupt) {
    Command c = make_fence(align(next_result_ + 127));
    if (!interrupt) c.flags = 0;
    next_result_ = c.address + p_.bus_bytes;
    add(c);
    for (Saved& s : saved_) s.fenced = true;
}

void Builder::build() {
    const bool everything = chance(70);  // in every bank, to begin with
    for (uint32_t i = 0; everything && i < 3 * spec::kBanks; ++i) load(i % 3, i / 3, chance(80));
    while (s_.commands.size() + 1 < options_.commands) {
        const uint32_t other = 2;
        const uint32_t x = below(load_weight_ + store_weight_ + attend_weight_ + other);
        bool done = false;
        if (x < attend_weight_) {
            done = attend();
        } else if (x < attend_weight_ + store_weight_) {
            // Runs of stores of one bank, of both kinds and formats.
            for (uint32_t n = 1 + below(3); n != 0; --n) done = store() || done;
        } else if (x < attend_weight_ + store_weight_ + other) {
            if (chance(40)) fence(chance(20));
            done = load_state();
        }
        if (!done) load(below(3), below(spec::kBanks), chance(30));
    }
    fence(true);
}

}  // namespace

Scenario random_scenario(std::mt19937_64& random, const spec::DeviceParams& params,
                         const ScenarioOptions& options) {
    Scenario s;
    s.platform = machine_config(params);
    hw::MemoryConfig& memory = s.platform.memory;
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    memory.read_latency_cycles = below(3) == 0 ? below(4) : below(120);
    memory.write_latency_cycles = below(3) == 0 ? below(4) : below(120);
    if (options.stalls && below(3) != 0)
        memory.stall = hw::StallConfig{random(), 1 + below(400), 1 + below(20)};
    s.feed.seed = random();
    s.feed.ring_descriptors = 4u << below(6);
    s.feed.max_step = 1 + below(s.feed.ring_descriptors);
    s.feed.max_delay = below(2) == 0 ? 0 : below(30);
    Builder builder(random, s, options);
    builder.fill_image();
    builder.build();
    return s;
}

spec::Command foreign_command(std::mt19937_64& random, const spec::DeviceParams& p) {
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    Command c;
    const Opcode lacking[] = {Opcode::kLoadState, Opcode::kAttend, Opcode::kStoreState,
                              Opcode::kStoreO};
    c.opcode = lacking[below(p.profile == spec::Profile::kBlackbox ? 4 : 2)];
    c.tag = below(0x10000);
    c.rows = 1 + below(p.m);
    c.d_v = 1 + below(p.d);
    if (c.opcode == Opcode::kAttend) {
        c.flags = spec::kFlagContinue;
        c.keys = 1 + below(p.m);
        c.d_k = 1 + below(p.d);
    } else {
        c.address = kResultAddress;
        c.pitch = p.beats(spec::row_bytes(p, c)) * p.bus_bytes;
    }
    return c;
}

Outcome run_scenario(const Scenario& s) {
    return run_machine(
        s.platform,
        [&](Machine& machine, Outcome& out) {
            machine.write_memory(0, s.image);
            machine.run(
                [&](fw::Bus& bus) { feed_raw(machine, bus, encode_all(s.commands), s.feed); }, out);
        },
        kDataBytes);
}

}  // namespace tessera::verify
