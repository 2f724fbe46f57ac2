// SPDX-License-Identifier: MIT
// The engines of a device, on names instead of numbers: a bank row holds "row 37 of query head 3",
// a state row "merged with keys 0 to 15". Every command is held against the job it belongs to.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "firmware/job.h"
#include "host/verify/job_mask.h"
#include "spec/command.h"
#include "spec/mask.h"
#include "tests/support/compared.h"

namespace tessera::test {

class SymbolicEngines {
  public:
    /// `read_word` reads what firmware wrote to memory: lists of indices.
    SymbolicEngines(const fw::AttentionJob& job, const spec::DeviceParams& params,
                    std::function<uint32_t(uint64_t)> read_word = nullptr)
        : job_(job),
          m_(params.m),
          group_(job.query_heads / job.kv_heads),
          read_word_(std::move(read_word)) {
        index(job.q, job.query_heads, job.nq, q_rows_);
        index(job.k, job.kv_heads, job.nk, k_rows_);
        index(job.v, job.kv_heads, job.nk, v_rows_);
        index(job.o, job.query_heads, job.nq, o_rows_);
        index(job.lse, job.query_heads, job.nq, lse_rows_);
        index(job.state, group_, job.nq, state_rows_);
        for (auto* banks : {&q_, &k_, &v_})
            for (Bank& bank : *banks) bank.resize(m_);
        for (auto& bank : state_) bank.resize(m_);
    }

    std::vector<std::string> faults;
    uint64_t attends = 0, pairs = 0, outputs = 0, lses = 0, fences = 0;
    uint64_t q_loads = 0, k_loads = 0, v_loads = 0, state_loads = 0, state_stores = 0;

    void execute(const spec::Command& c) {
        switch (c.opcode) {
            case spec::Opcode::kLoadQ: ++q_loads, load(c, job_.q, q_rows_, q_[c.q_bank]); break;
            case spec::Opcode::kLoadK: ++k_loads, load(c, job_.k, k_rows_, k_[c.k_bank]); break;
            case spec::Opcode::kLoadV: ++v_loads, load(c, job_.v, v_rows_, v_[c.v_bank]); break;
            case spec::Opcode::kAttend: attend(c); break;
            case spec::Opcode::kStoreO: store_o(c); break;
            case spec::Opcode::kStoreState: store_state(c); break;
            case spec::Opcode::kLoadState: load_state(c); break;
            case spec::Opcode::kFence: ++fences, unfenced_.clear(); break;
        }
    }

    /// After the job: is every query row written, exactly once?
    void finish() {
        const size_t rows = size_t{job_.query_heads} * job_.nq;
        require(stored_.size() == rows, "an output row is missing");
        require(!job_.want_lse || stored_lse_ == stored_, "an lse row is missing");
        require(job_.want_lse || stored_lse_.empty(), "lse stored though not wanted");
    }

  private:
    using Where = std::pair<uint32_t, uint32_t>;  // head, row
    using Rows = std::map<uint64_t, Where>;
    struct Token {
        Where where;
        uint32_t position = 0, dim = 0;
        bool valid = false;
    };
    using Bank = std::vector<Token>;
    struct State {
        Where where;
        std::vector<uint32_t> keys;  // rows merged, in order
        bool valid = false;
    };

    void require(bool good, const char* text) {
        if (!good) faults.emplace_back(text);
    }
    static void index(const fw::Tensor& t, uint32_t heads, uint32_t rows, Rows& out) {
        for (uint32_t h = 0; h < heads; ++h)
            for (uint32_t r = 0; r < rows; ++r)
                out[t.address + t.head_stride * h + uint64_t{t.pitch} * r] = {h, r};
    }
    Where find(const Rows& rows, uint64_t address) {
        const auto it = rows.find(address);
        require(it != rows.end(), "address is no row of the tensor");
        return it == rows.end() ? Where{} : it->second;
    }

    void load(const spec::Command& c, const fw::Tensor& tensor, const Rows& rows, Bank& bank) {
        require(c.pitch == tensor.pitch && (c.flags & ~uint32_t{spec::kFlagGather}) == 0,
                "wrong load");
        require(c.rows != 0 && c.first_row + c.rows <= m_, "rows beyond the bank");
        for (uint32_t i = 0; i < c.rows && c.first_row + i < m_; ++i) {
            const uint32_t index =
                c.has(spec::kFlagGather) ? read_word_(c.index_address + 4 * i) : i;
            require(!c.has(spec::kFlagGather) || index < c.index_limit, "index over the limit");
            const Where at = find(rows, c.address + uint64_t{index} * c.pitch);
            const uint32_t position = c.has(spec::kFlagGather) ? index : c.position + i;
            bank[c.first_row + i] = Token{at, position, c.d_k + c.d_v, true};
        }
    }

    void attend(const spec::Command& c) {
        ++attends;
        Bank &q = q_[c.q_bank], &k = k_[c.k_bank], &v = v_[c.v_bank];
        require(c.d_k == job_.d_k && c.d_v == job_.d_v && c.factor == job_.factor,
                "wrong dimension or factor");
        for (uint32_t j = 0; j < c.keys; ++j) {
            require(k[j].valid && k[j].dim == job_.d_k && v[j].valid && v[j].dim == job_.d_v,
                    "key row not loaded");
            require(k[j].where == v[j].where, "K and V of different rows");
        }
        for (uint32_t i = 0; i < c.rows; ++i) {
            require(q[i].valid && q[i].dim == job_.d_k, "query row not loaded");
            State& s = state_[c.state_bank][i];
            if (!c.has(spec::kFlagContinue)) s = State{q[i].where, {}, true};
            require(s.valid && s.where == q[i].where, "state of another query");
            for (uint32_t j = 0; j < c.keys; ++j, ++pairs) {
                if (!spec::mask_allows(c.mask, i, j, q[i].position, k[j].position)) continue;
                require(k[j].where.first == q[i].where.first / group_, "wrong key/value head");
                s.keys.push_back(k[j].where.second);
            }
        }
        for (uint32_t i = c.rows; i < m_; ++i) state_[c.state_bank][i].valid = false;
    }

    /// The keys that a finished query has seen, in this order.
    std::vector<uint32_t> expected_keys(const Where& query) const {
        std::vector<uint32_t> keys;
        for (uint32_t j = 0; j < job_.nk; ++j)
            if (verify::allows(job_, m_, query.first, query.second, j)) keys.push_back(j);
        return keys;
    }

    /// The state rows that a store or load of states moves.
    template <typename Row>
    void each_row(const spec::Command& c, Row&& row) {
        require(c.rows != 0 && c.first_row + c.rows <= m_, "rows beyond the bank");
        for (uint32_t i = 0; i < c.rows && c.first_row + i < m_; ++i)
            row(c.address + uint64_t{i} * c.pitch, state_[c.state_bank][c.first_row + i]);
    }

    void store_o(const spec::Command& c) {
        const uint32_t format = job_.bf16_output ? uint32_t{spec::kFlagBf16} : 0;
        require(c.flags == (spec::kFlagNormalise | format) && c.pitch == job_.o.pitch &&
                    c.d_v == job_.d_v,
                "wrong store");
        each_row(c, [&](uint64_t address, const State& s) {
            ++outputs;
            require(s.valid && find(o_rows_, address) == s.where, "stored somewhere else");
            require(s.keys == expected_keys(s.where), "output of other keys, or in another order");
            require(stored_.insert(s.where).second, "output stored twice");
        });
    }

    void store_state(const spec::Command& c) {
        const bool lse = c.d_v == 0;
        require(c.pitch == (lse ? job_.lse.pitch : job_.state.pitch), "wrong pitch of a state");
        each_row(c, [&](uint64_t address, const State& s) {
            if (lse) {
                ++lses;
                require(s.valid && find(lse_rows_, address) == s.where &&
                            s.keys == expected_keys(s.where),
                        "wrong lse store");
                require(stored_lse_.insert(s.where).second, "lse stored twice");
                return;
            }
            ++state_stores;
            const Where slot = find(state_rows_, address);
            require(s.valid && slot == Where(s.where.first % group_, s.where.second) &&
                        c.d_v == job_.d_v,
                    "wrong state store");
            saved_[address] = s;
            unfenced_.insert(address);
        });
    }

    void load_state(const spec::Command& c) {
        require(c.pitch == job_.state.pitch && c.d_v == job_.d_v, "wrong state load");
        each_row(c, [&](uint64_t address, State& s) {
            ++state_loads;
            require(unfenced_.count(address) == 0, "no FENCE between a state's store and load");
            s = saved_[address];
        });
    }

    fw::AttentionJob job_;
    uint32_t m_, group_;
    std::function<uint32_t(uint64_t)> read_word_;
    Rows q_rows_, k_rows_, v_rows_, o_rows_, lse_rows_, state_rows_;
    Bank q_[spec::kBanks], k_[spec::kBanks], v_[spec::kBanks];
    std::vector<State> state_[spec::kBanks];
    std::map<uint64_t, State> saved_;
    std::set<uint64_t> unfenced_;
    std::set<Where> stored_, stored_lse_;
};

}  // namespace tessera::test
