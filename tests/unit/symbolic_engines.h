// SPDX-License-Identifier: MIT
// The engines of a device, on names instead of numbers: a bank holds "rows 32 to 47 of query head
// 3", a state "merged with key tiles 0, 1, 2". Every command is held against the job it belongs to.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "firmware/job.h"
#include "spec/command.h"
#include "spec/mask.h"
#include "tests/support/compared.h"

namespace tessera::test {

class SymbolicEngines {
  public:
    SymbolicEngines(const fw::AttentionJob& job, const spec::DeviceParams& params)
        : job_(job), m_(params.m), group_(job.query_heads / job.kv_heads) {
        index(job.q, job.query_heads, job.nq, q_rows_);
        index(job.k, job.kv_heads, job.nk, k_rows_);
        index(job.v, job.kv_heads, job.nk, v_rows_);
        index(job.o, job.query_heads, job.nq, o_rows_);
        index(job.lse, job.query_heads, job.nq, lse_rows_);
        index(job.state, group_, job.nq, state_rows_);
    }

    std::vector<std::string> faults;
    uint64_t attends = 0, pairs = 0, outputs = 0, lses = 0, fences = 0;
    uint64_t q_loads = 0, k_loads = 0, v_loads = 0, state_loads = 0, state_stores = 0;

    void execute(const spec::Command& c) {
        switch (c.opcode) {
            case spec::Opcode::kLoadQ: ++q_loads, load(c, q_rows_, job_.nq, q_[c.q_bank]); break;
            case spec::Opcode::kLoadK: ++k_loads, load(c, k_rows_, job_.nk, k_[c.k_bank]); break;
            case spec::Opcode::kLoadV: ++v_loads, load(c, v_rows_, job_.nk, v_[c.v_bank]); break;
            case spec::Opcode::kAttend: attend(c); break;
            case spec::Opcode::kStoreO: store_o(c); break;
            case spec::Opcode::kStoreState: store_state(c); break;
            case spec::Opcode::kLoadState: load_state(c); break;
            case spec::Opcode::kFence: ++fences, unfenced_.clear(); break;
        }
    }

    /// After the job: is every query row written, exactly once?
    void finish() {
        const uint32_t tiles = (job_.nq + m_ - 1) / m_;
        require(stored_.size() == size_t{job_.query_heads} * tiles, "an output tile is missing");
        require(!job_.want_lse || stored_lse_ == stored_, "an lse tile is missing");
        require(job_.want_lse || stored_lse_.empty(), "lse stored though not wanted");
    }

  private:
    using Where = std::pair<uint32_t, uint32_t>;  // head, first row
    using Rows = std::map<uint64_t, Where>;
    struct Tile {
        Where where;
        uint32_t rows = 0, dim = 0, position = 0;
    };
    struct State {
        Where where;
        uint32_t rows = 0;
        std::vector<uint32_t> keys;  // first rows of the key tiles merged, in order
    };

    void require(bool good, const char* text) {
        if (!good) faults.emplace_back(text);
    }
    void index(const fw::Tensor& t, uint32_t heads, uint32_t rows, Rows& out) const {
        for (uint32_t h = 0; h < heads; ++h)
            for (uint32_t r = 0; r < rows; r += m_)
                out[t.address + t.head_stride * h + uint64_t{t.pitch} * r] = {h, r};
    }
    Where find(const Rows& rows, uint64_t address) {
        const auto it = rows.find(address);
        require(it != rows.end(), "address is no tile of the tensor");
        return it == rows.end() ? Where{} : it->second;
    }
    uint32_t tile_rows(uint32_t first, uint32_t count) const { return std::min(m_, count - first); }

    void load(const spec::Command& c, const Rows& rows, uint32_t count, Tile& bank) {
        bank = Tile{find(rows, c.address), c.rows, c.d_k + c.d_v, c.position};
        require(c.rows == tile_rows(bank.where.second, count), "wrong number of rows loaded");
        const fw::Tensor& t = &rows == &q_rows_ ? job_.q : &rows == &k_rows_ ? job_.k : job_.v;
        require(c.pitch == t.pitch && c.first_row == 0 && c.flags == 0, "wrong load");
    }

    void attend(const spec::Command& c) {
        ++attends;
        const Tile &q = q_[c.q_bank], &k = k_[c.k_bank], &v = v_[c.v_bank];
        require(q.rows == c.rows && k.rows == c.keys && v.rows == c.keys, "bank holds other rows");
        require(k.where == v.where, "K and V of different tiles");
        require(k.where.first == q.where.first / group_, "wrong key/value head");
        require(q.dim == job_.d_k && k.dim == job_.d_k && v.dim == job_.d_v && c.d_k == job_.d_k &&
                    c.d_v == job_.d_v && c.factor == job_.factor,
                "wrong dimension or factor");
        check_mask(c, q, k);
        State& s = state_[c.state_bank];
        if (!c.has(spec::kFlagContinue)) s = State{q.where, c.rows, {}};
        require(s.where == q.where && s.rows == c.rows, "state of another query tile");
        s.keys.push_back(k.where.second);
    }

    void check_mask(const spec::Command& c, const Tile& q, const Tile& k) {
        bool right = true, all = true;
        for (uint32_t i = 0; i < c.rows; ++i)
            for (uint32_t j = 0; j < c.keys; ++j, ++pairs) {
                const bool wanted = allows(q.where.second + i, k.where.second + j);
                all = all && wanted;
                right = right &&
                        wanted == spec::mask_allows(c.mask, i, j, q.position + i, k.position + j);
            }
        require(right, "mask lets through other pairs");
        require(!all || c.mask.flags == 0, "full tile issued with a mask");
    }
    bool allows(uint32_t i, uint32_t j) const {
        return job_.mask == fw::MaskKind::kDense || job_.k_position + j <= job_.q_position + i;
    }

    /// The key tiles a finished query tile has seen.
    std::vector<uint32_t> expected_keys(const State& s) const {
        std::vector<uint32_t> keys;
        for (uint32_t j = 0; j < job_.nk; j += m_)
            if (allows(s.where.second + s.rows - 1, j)) keys.push_back(j);
        if (keys.empty()) keys.push_back(0);
        return keys;
    }

    void store_o(const spec::Command& c) {
        ++outputs;
        const State& s = state_[c.state_bank];
        require(find(o_rows_, c.address) == s.where && c.rows == s.rows, "stored somewhere else");
        require(s.keys == expected_keys(s), "output of other key tiles, or in another order");
        require(stored_.insert(s.where).second, "output stored twice");
        const uint32_t format = job_.bf16_output ? uint32_t{spec::kFlagBf16} : 0;
        require(c.flags == (spec::kFlagNormalise | format) && c.pitch == job_.o.pitch &&
                    c.d_v == job_.d_v && c.first_row == 0,
                "wrong store");
    }

    void store_state(const spec::Command& c) {
        const State& s = state_[c.state_bank];
        if (c.d_v == 0) {
            ++lses;
            require(find(lse_rows_, c.address) == s.where && c.rows == s.rows &&
                        c.pitch == job_.lse.pitch && s.keys == expected_keys(s),
                    "wrong lse store");
            require(stored_lse_.insert(s.where).second, "lse stored twice");
            return;
        }
        ++state_stores;
        const Where slot = find(state_rows_, c.address);
        require(slot == Where(s.where.first % group_, s.where.second) && c.rows == s.rows &&
                    c.pitch == job_.state.pitch && c.d_v == job_.d_v,
                "wrong state store");
        saved_[c.address] = s;
        unfenced_.insert(c.address);
    }

    void load_state(const spec::Command& c) {
        ++state_loads;
        require(unfenced_.count(c.address) == 0, "no FENCE between a state's store and load");
        State& s = state_[c.state_bank];
        s = saved_[c.address];
        require(c.rows == s.rows && c.pitch == job_.state.pitch && c.d_v == job_.d_v,
                "wrong state load");
    }

    fw::AttentionJob job_;
    uint32_t m_, group_;
    Rows q_rows_, k_rows_, v_rows_, o_rows_, lse_rows_, state_rows_;
    Tile q_[spec::kBanks], k_[spec::kBanks], v_[spec::kBanks];
    State state_[spec::kBanks];
    std::map<uint64_t, State> saved_;
    std::set<uint64_t> unfenced_;
    std::set<Where> stored_, stored_lse_;
};

}  // namespace tessera::test
