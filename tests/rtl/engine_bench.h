// SPDX-License-Identifier: MIT
// Drives a Verilated compute engine with ATTENDs whose cycles of visibility and grants are
// scripted, and says by the formulas of docs/contract/timing.md what must happen when. Compiled per
// configuration, with TESSERA_ENGINE the Verilated class and TESSERA_ENGINE_PARAMS = {M, D, LANES,
// INTERLEAVE, BUS_BYTES}.
#pragma once
#include TESSERA_ENGINE_HEADER

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "host/verify/tile_reference.h"
#include "spec/key_range.h"
#include "spec/latency.h"
#include "tests/support/compared.h"
#include "tests/support/key_range_oracle.h"

namespace tessera::test {

using namespace verify;  // the golden ATTEND

using spec::Cycle;

inline constexpr spec::DeviceParams kParams = TESSERA_ENGINE_PARAMS;

/// An ATTEND and when the outside lets it go on.
struct Attend {
    spec::Command command;
    KnownPositions q_positions, k_positions;  ///< of the first rows, one by one
    Cycle visible = 0;                        ///< head of the queue at the earliest
    Cycle q = 0, k = 0, v = 0, state = 0;     ///< granted from here on
};

/// What a lane group must do.
struct GroupCycles {
    uint32_t command = 0, index = 0, keys = 0, rows = 0, first_row = 0;
    bool first = false, last = false;
    Cycle admissible = 0;  ///< what the outside allows
    Cycle score_start = 0, admit = 0, value_start = 0, merged = 0;
};

/// S, A, E, V and the rows of all groups, as docs/contract/timing.md section 4 defines them.
inline std::vector<GroupCycles> expected_cycles(const std::vector<Attend>& attends) {
    const spec::DeviceParams& p = kParams;
    const int64_t i = p.interleave, d = p.d;
    std::vector<GroupCycles> groups;
    Cycle head = 0;
    for (uint32_t c = 0; c < attends.size(); ++c) {
        const Attend& a = attends[c];
        const uint32_t count = p.groups(a.command.rows);
        for (uint32_t n = 0; n < count; ++n) {
            GroupCycles g;
            g.command = c;
            g.index = n;
            g.first_row = n * p.group_rows();
            g.rows = std::min(p.group_rows(), a.command.rows - g.first_row);
            g.keys =
                visited_keys(a.command, a.q_positions, a.k_positions, g.first_row, g.rows).count;
            g.first = n == 0;
            g.last = n + 1 == count;
            Cycle s = g.first ? std::max({a.visible, head, a.q, a.k}) : 0;
            if (!groups.empty())
                s = std::max(s, groups.back().score_start + p.interleave * groups.back().keys);
            // Key `key` of the group `back` groups before must be read.
            const auto read = [&](size_t back, int64_t key) {
                if (groups.size() < back) return;
                const GroupCycles& before = groups[groups.size() - back];
                const int64_t free = int64_t(before.value_start) + i * key + 1 - i * d - 5;
                s = std::max({s, Cycle(std::max<int64_t>(free, 0)), before.admit + 1});
            };
            read(4, 0);
            // The 2 * M scores before each of this group's, the last one first.
            int64_t behind = 0;  // scores from group `back` on, this one's not counted
            for (size_t back = 1; back <= groups.size(); ++back) {
                behind += groups[groups.size() - back].keys;
                if (behind + g.keys <= 2 * int64_t(p.m)) continue;
                read(back, behind - 2 * int64_t(p.m));
                break;
            }
            g.score_start = s;
            if (g.last) head = s + 1;
            g.admit = std::max({s + 1, a.v, a.state});
            if (!groups.empty()) g.admit = std::max(g.admit, groups.back().admit + 1);
            g.value_start = std::max(s + Cycle(i * (g.keys + d) + 5), g.admit + 1);
            if (!groups.empty()) {
                const GroupCycles& g1 = groups.back();
                const int64_t lack = std::max<int64_t>(0, int64_t(p.lanes) - g.keys);
                g.value_start =
                    std::max(g.value_start, g1.value_start + Cycle(i * (g1.keys + lack)));
            }
            g.merged = g.value_start + Cycle(i * g.keys + i + 8) + g.rows - 1;
            groups.push_back(g);
        }
    }
    return groups;
}

/// Contents of the banks, and what ATTENDs make of them.
struct Contents {
    struct Operand {
        std::vector<uint16_t> element = std::vector<uint16_t>(size_t{kParams.m} * kParams.d);
        std::vector<uint32_t> position = std::vector<uint32_t>(kParams.m);
    };
    std::array<Operand, 2> q, k, v;
    std::array<std::vector<ReferenceRow>, 2> state;

    void attend(const spec::Command& c) {
        AttendInput in;
        in.q = q[c.q_bank].element.data();
        in.k = k[c.k_bank].element.data();
        in.v = v[c.v_bank].element.data();
        in.q_stride = in.k_stride = in.v_stride = kParams.d;
        in.rows = c.rows;
        in.keys = c.keys;
        in.d_k = c.d_k;
        in.d_v = c.d_v;
        in.q_position = q[c.q_bank].position.data();
        in.k_position = k[c.k_bank].position.data();
        in.factor = c.factor;
        in.identity = c.has(spec::kFlagIdentity);
        in.mask = c.mask;
        for (uint32_t r = 0; r < c.rows; ++r) {
            ReferenceRow& to = state[c.state_bank][r];
            ReferenceRow part;  // the columns below d_v; the others stay as they are
            part.state = to.state;
            part.o.assign(to.o.begin(), to.o.begin() + c.d_v);
            reference_merge(reference_row(in, r), !c.has(spec::kFlagContinue), part);
            to.state = part.state;
            std::copy(part.o.begin(), part.o.end(), to.o.begin());
        }
    }
};

class EngineBench {
  public:
    EngineBench() {
        dut.rst_ni = 0;
        dut.key_ranges_i = 1;
        step();
        dut.rst_ni = 1;
    }
    ~EngineBench() { dut.final(); }

    Cycle now() const { return cycle_; }

    /// One clock cycle with the inputs as they are: settle() first shows this cycle's outputs.
    void settle() {
        dut.cycle_i = cycle_;
        dut.clk_i = 0;
        dut.eval();
    }
    void edge() {
        dut.clk_i = 1;
        dut.eval();
        ++cycle_;
    }
    void step() {
        settle();
        edge();
    }

    void load(uint32_t kind, uint32_t bank, uint32_t row, uint32_t beat, const void* data,
              uint32_t position) {
        dut.load_valid_i = 1;
        dut.load_kind_i = kind & 3;
        dut.load_bank_i = bank & 1;
        dut.load_row_i = row & 0x3ff;
        dut.load_beat_i = beat & 0xff;
        dut.load_position_i = position;
        std::memcpy(&dut.load_data_i[0], data, kParams.bus_bytes);
        step();
        dut.load_valid_i = 0;
    }
    /// Whole beats; what lies beyond D is padding.
    void load_row(uint32_t kind, uint32_t bank, uint32_t row, const void* data, size_t bytes,
                  uint32_t position, uint32_t first_beat = 0) {
        std::vector<uint8_t> padded(size_t{kParams.beats(bytes)} * kParams.bus_bytes, 0xa5);
        std::memcpy(padded.data(), data, bytes);
        for (uint32_t b = 0; b < kParams.beats(bytes); ++b)
            load(kind, bank, row, first_beat + b, &padded[size_t{b} * kParams.bus_bytes], position);
    }
    void load_all(const Contents& c) {
        for (uint32_t bank = 0; bank < 2; ++bank)
            for (uint32_t row = 0; row < kParams.m; ++row) {
                const size_t at = size_t{row} * kParams.d, bytes = size_t{2} * kParams.d;
                load_row(0, bank, row, &c.q[bank].element[at], bytes, c.q[bank].position[row]);
                load_row(1, bank, row, &c.k[bank].element[at], bytes, c.k[bank].position[row]);
                load_row(2, bank, row, &c.v[bank].element[at], bytes, 0);
                const ReferenceRow& s = c.state[bank][row];
                const uint32_t head[2] = {s.state.l, spec::state_word(s.state)};
                load_row(3, bank, row, head, 8, 0);
                load_row(3, bank, row, s.o.data(), size_t{4} * kParams.d, 0, 1);
            }
    }
    /// Reads a state row through the store engine's port.
    ReferenceRow read_row(uint32_t bank, uint32_t row) {
        dut.store_read_i = 1;
        dut.store_bank_i = bank & 1;
        dut.store_row_index_i = row & 0x3ff;
        step();
        dut.store_read_i = 0;
        settle();
        ReferenceRow r;
        r.state.l = dut.store_l_o;
        r.state.m = static_cast<int16_t>(dut.store_m_o);
        r.state.flags = dut.store_flags_o;
        for (uint32_t c = 0; c < kParams.d; ++c) r.o.push_back(dut.store_row_out_o[c]);
        return r;
    }

    void present(const Attend* a, uint32_t number) {
        dut.head_valid_i = a != nullptr;
        if (a == nullptr) return;
        const spec::Command& c = a->command;
        dut.head_number_i = number;
        dut.head_tickets_i = number;
        dut.head_rows_i = c.rows & 0xffff;
        dut.head_keys_i = c.keys & 0xffff;
        dut.head_d_k_i = c.d_k & 0x3ff;
        dut.head_d_v_i = c.d_v & 0x3ff;
        dut.head_q_bank_i = c.q_bank & 1;
        dut.head_k_bank_i = c.k_bank & 1;
        dut.head_v_bank_i = c.v_bank & 1;
        dut.head_state_bank_i = c.state_bank & 1;
        dut.head_continue_i = c.has(spec::kFlagContinue);
        dut.head_identity_i = c.has(spec::kFlagIdentity);
        dut.head_factor_i = c.factor;
        dut.head_mask_flags_i = c.mask.flags & 0xff;
        dut.head_window_i = c.mask.window;
        dut.head_sinks_i = c.mask.sinks;
        dut.head_block_i = c.mask.block;
        dut.head_summary_i = c.mask.summary;
        dut.head_free_from_i = c.mask.free_from & 0x7ff;
        dut.head_diag_group_i = c.mask.diag_group & 0x7ff;
        dut.head_prefix_i = c.mask.prefix;
        dut.head_known_i = a->q_positions.size() >= c.rows && a->k_positions.size() >= c.keys;
        dut.head_q_position_i = dut.head_known_i ? a->q_positions.front() : 0;
        dut.head_k_position_i = dut.head_known_i ? a->k_positions.front() : 0;
        dut.q_granted_i = a->q <= cycle_;
        dut.k_granted_i = a->k <= cycle_;
    }

    TESSERA_ENGINE dut;

  private:
    Cycle cycle_ = 1000;
};

}  // namespace tessera::test
