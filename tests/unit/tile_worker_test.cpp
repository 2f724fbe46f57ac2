// SPDX-License-Identifier: MIT
// The tile worker with any number of threads against the tile kernel called row by row, bit for
// bit: random loads into the banks, calls of random shapes, reads of the state in between.
#include "hw_model/compute/tile_worker.h"

#include <cstring>
#include <memory>
#include <vector>

#include "hw_model/compute/tile_threads.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;

namespace {

using Random = std::mt19937_64;

uint32_t below(Random& random, uint32_t n) { return static_cast<uint32_t>(random() % n); }

/// Large enough for threads: M * D = 4,096, two lane groups of 32 rows.
spec::DeviceParams parameters() {
    spec::DeviceParams p;
    p.m = 64;
    p.d = 64;
    p.lanes = 8;
    p.interleave = 4;
    return p;
}

/// What the banks should hold, kept by this test itself.
struct Expected {
    std::vector<uint16_t> element;
    std::vector<uint32_t> position;
};

class Machine {
  public:
    Machine(unsigned threads, uint64_t seed) : random_(seed) {
        hw::set_tile_threads(threads);
        worker_ = std::make_unique<hw::TileWorker>(p_, banks_);
        for (auto* kind : {&q_, &k_, &v_})
            for (Expected& bank : *kind)
                bank = {std::vector<uint16_t>(size_t{p_.m} * p_.d), std::vector<uint32_t>(p_.m)};
    }

    void run(uint32_t steps, Compared& elements) {
        for (uint32_t step = 0; step < steps; ++step) {
            switch (below(random_, 6)) {
                case 0: load(banks_.q, q_); break;
                case 1: load(banks_.k, k_); break;
                case 2: load(banks_.v, v_); break;
                default: attend(); break;
            }
            if (below(random_, 16) == 0) compare(below(random_, spec::kBanks), elements);
        }
        for (uint32_t bank = 0; bank < spec::kBanks; ++bank) compare(bank, elements);
    }

  private:
    void load(std::array<hw::OperandBank, spec::kBanks>& banks,
              std::array<Expected, spec::kBanks>& expected) {
        const uint32_t number = below(random_, spec::kBanks);
        hw::Operands& to = worker_->writable(banks[number]);
        const uint32_t first = below(random_, p_.m), rows = 1 + below(random_, p_.m - first);
        for (uint32_t row = first; row < first + rows; ++row) {
            for (uint32_t i = 0; i < p_.d; ++i) {
                const uint32_t bits = static_cast<uint32_t>(random_());
                const auto element =
                    static_cast<uint16_t>((bits & 0x807f) | (122 + (bits >> 16) % 7) << 7);
                const size_t at = size_t{row} * p_.d + i;
                to.element[at] = expected[number].element[at] = element;
            }
            to.position[row] = expected[number].position[row] = below(random_, 200);
        }
        ++banks[number].version;
    }

    spec::Command command() {
        spec::Command c;
        c.opcode = spec::Opcode::kAttend;
        for (auto* bank : {&c.q_bank, &c.k_bank, &c.v_bank, &c.state_bank})
            *bank = below(random_, spec::kBanks);
        c.rows = 1 + below(random_, p_.m);
        c.keys = 1 + below(random_, p_.m);
        c.d_k = 1 + below(random_, p_.d);
        c.d_v = 1 + below(random_, p_.d);
        c.factor = 0x3e000000;  // 1/8
        if (below(random_, 2) == 0) c.mask.flags = spec::kMaskCausal;
        if (below(random_, 4) != 0) c.flags = spec::kFlagContinue;
        return c;
    }

    void attend() {
        const auto d = std::make_shared<hw::Dispatched>();
        d->command = command();
        const spec::Command& c = d->command;
        for (uint32_t group = 0; group < p_.groups(c.rows); ++group) {
            hw::LaneGroup g;
            g.attend = d;
            g.index = group;
            g.rows = std::min(p_.group_rows(), c.rows - group * p_.group_rows());
            g.keys = {0, c.keys};
            g.slot = slot_++ % spec::kScoreLaneGroups;
            worker_->score(g);
            worker_->value(g);
        }
        for (uint32_t row = 0; row < c.rows; ++row) expect_row(c, row);
    }

    /// One row of the call, by the kernel itself, in a group of its own.
    void expect_row(const spec::Command& c, uint32_t row) {
        hw::PreparedKeys keys;
        hw::PreparedValues values;
        hw::prepare_keys(k_[c.k_bank].element.data(), p_.d, c.keys, c.d_k, keys);
        hw::prepare_values(v_[c.v_bank].element.data(), p_.d, c.keys, c.d_v, values);
        hw::ScoreInput in;
        in.q = &q_[c.q_bank].element[size_t{row} * p_.d];
        in.q_stride = p_.d;
        in.first_row = row;
        in.rows = 1;
        in.q_position = &q_[c.q_bank].position[row];
        in.k_position = k_[c.k_bank].position.data();
        in.factor = c.factor;
        in.mask = c.mask;
        hw::LaneGroupScores scores;
        hw::TileRows result;
        hw::score_group(in, keys, scores);
        hw::value_group(scores, values, result);
        hw::StateBank& state = state_[c.state_bank];
        hw::merge_group(result, !c.has(spec::kFlagContinue), &state.o[size_t{row} * p_.d], p_.d,
                        &state.row[row]);
    }

    void compare(uint32_t number, Compared& elements) {
        const hw::StateBank& is = banks_.state[number];
        const hw::StateBank& should = state_[number];
        worker_->settle(is.used_by);
        for (uint32_t row = 0; row < p_.m; ++row) {
            elements.equal(is.row[row].m, should.row[row].m, [&] { return where(number, row); });
            elements.equal(is.row[row].l, should.row[row].l, [&] { return where(number, row); });
            for (uint32_t i = 0; i < p_.d; ++i) {
                const size_t at = size_t{row} * p_.d + i;
                elements.equal(std::memcmp(&is.o[at], &should.o[at], 4), 0,
                               [&] { return where(number, row); });
            }
        }
    }

    static std::string where(uint32_t bank, uint32_t row) {
        return "state bank " + std::to_string(bank) + ", row " + std::to_string(row);
    }

    const spec::DeviceParams p_ = parameters();
    Random random_;
    hw::Banks banks_{p_};
    std::array<hw::StateBank, spec::kBanks> state_{hw::StateBank(p_), hw::StateBank(p_)};
    std::array<Expected, spec::kBanks> q_, k_, v_;
    std::unique_ptr<hw::TileWorker> worker_;
    uint32_t slot_ = 0;
};

}  // namespace

TEST_CASE("any number of threads gives the bits of rows computed one by one") {
    Compared elements("elements");
    Random random = test::test_random();
    for (const unsigned threads : {1U, 2U, 3U, 5U, 16U})
        Machine(threads, random()).run(1000, elements);
}
