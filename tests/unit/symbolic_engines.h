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

#include "firmware/merge/partial.h"
#include "firmware/plan/job.h"
#include "spec/command.h"
#include "tests/support/compared.h"
#include "tests/support/mask_oracle.h"
#include "tests/unit/partial_memory.h"

namespace tessera::test {

class SymbolicEngines {
    fw::AttentionJob job_;
    uint32_t m_, bus_, group_;

  public:
    SymbolicEngines(const fw::AttentionJob& job, const spec::DeviceParams& params)
        : job_(job), m_(params.m), bus_(params.bus_bytes), group_(job.query_heads / job.kv_heads) {
        index(job.q, job.query_heads, job.nq, q_rows_, job.query_list.rows);
        const std::vector<uint32_t> paged = paged_rows(job);
        const uint32_t* keys = paged.empty() ? job.key_list.rows : paged.data();
        index(job.k, job.kv_heads, job.nk, k_rows_, keys);
        index(job.v, job.kv_heads, job.nk, v_rows_, keys);
        index(job.o, job.query_heads, job.nq, o_rows_);
        index(job.lse, job.query_heads, job.nq, lse_rows_);
        index(job.state, group_, job.nq, state_rows_);
        for (uint32_t slot = 0; slot < fw::kPartialSlots; ++slot)
            slots_.insert(fw::row_address(job.partial, slot, 0));
        for (auto* banks : {&q_, &k_, &v_})
            for (Bank& bank : *banks) bank.resize(m_);
        for (auto& bank : state_) bank.resize(m_);
    }

    std::vector<std::string> faults;
    uint64_t attends = 0, pairs = 0, outputs = 0, lses = 0, fences = 0;
    uint64_t q_loads = 0, k_loads = 0, v_loads = 0, state_loads = 0, state_stores = 0;
    uint64_t partials = 0;
    PartialMemory memory{job_, bus_};  ///< what firmware writes, merges, and makes of it

    void execute(const spec::Command& c) {
        switch (c.opcode) {
            case spec::Opcode::kLoadQ: ++q_loads, load(c, job_.q, q_rows_, q_[c.q_bank]); break;
            case spec::Opcode::kLoadK: ++k_loads, load(c, job_.k, k_rows_, k_[c.k_bank]); break;
            case spec::Opcode::kLoadV: ++v_loads, load(c, job_.v, v_rows_, v_[c.v_bank]); break;
            case spec::Opcode::kAttend: attend(c); break;
            case spec::Opcode::kStoreO: store_o(c); break;
            case spec::Opcode::kStoreState: store_state(c); break;
            case spec::Opcode::kLoadState: load_state(c); break;
            case spec::Opcode::kFence: ++fences, unfenced_.clear(), memory.fence(); break;
        }
    }

    /// After the job: is every query row written, exactly once?
    void finish() {
        for (const auto& [where, merged] : merged_) {
            require(merged.keys == expected_keys(where), "other partial results, or in disorder");
            require(stored_.insert(where).second, "output stored by the device and by firmware");
            if (job_.want_lse) stored_lse_.insert(where);
            require(memory.row_is(where.first, where.second, merged.tiles),
                    "firmware's output is not the merged row");
        }
        memory.finish();
        for (const std::string& fault : memory.faults) faults.push_back(fault);
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
        uint32_t tiles = 0;    // merged
        uint32_t k_first = 0;  // first key row of the last of them
    };
    struct Merged {  // by firmware
        std::vector<uint32_t> keys, tiles;
    };

    void require(bool good, const char* text) {
        if (!good) faults.emplace_back(text);
    }
    /// Where the rows of a job are, which may pick them by a list.
    static void index(const fw::Tensor& t, uint32_t heads, uint32_t rows, Rows& out,
                      const uint32_t* list = nullptr) {
        for (uint32_t h = 0; h < heads; ++h)
            for (uint32_t r = 0; r < rows; ++r)
                out[fw::row_address(t, h, list == nullptr ? r : list[r])] = {h, r};
    }
    /// Where each key lies, page by page; empty: not in pages.
    static std::vector<uint32_t> paged_rows(const fw::AttentionJob& job) {
        std::vector<uint32_t> rows;
        const fw::PageTable& table = job.pages;
        for (uint32_t page = 0, at = 0; table.pages != nullptr && rows.size() < job.nk; ++page)
            for (uint32_t i = 0; i < table.rows && rows.size() < job.nk; ++i, ++at)
                if (at >= table.first) rows.push_back(table.pages[page] * table.rows + i);
        return rows;
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
                c.has(spec::kFlagGather) ? memory.word(c.index_address + 4 * i) : i;
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
            if (!c.has(spec::kFlagContinue)) s = State{q[i].where, {}, true, 0, 0};
            require(s.valid && s.where == q[i].where, "state of another query");
            ++s.tiles;
            s.k_first = k[0].where.second;
            for (uint32_t j = 0; j < c.keys; ++j, ++pairs) {
                if (!test::device_sees(c.mask, i, j, q[i].position, k[j].position)) continue;
                require(k[j].where.first == q[i].where.first / group_, "wrong key/value head");
                s.keys.push_back(k[j].where.second);
            }
        }
        if (c.has(spec::kFlagContinue)) return;  // rows behind stay as they are
        for (uint32_t i = c.rows; i < m_; ++i) state_[c.state_bank][i].valid = false;
    }

    /// The keys that a finished query has seen, in this order.
    std::vector<uint32_t> expected_keys(const Where& query) const {
        std::vector<uint32_t> keys;
        for (uint32_t j = 0; j < job_.nk; ++j)
            if (test::job_sees(job_, m_, query.first, query.second, j)) keys.push_back(j);
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
        if (slots_.count(c.address) != 0) return store_partial(c);
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

    /// One key tile, for firmware to merge.
    void store_partial(const spec::Command& c) {
        ++partials;
        require(c.d_v == job_.d_v && c.pitch == job_.partial.pitch && c.first_row == 0,
                "wrong store of a partial result");
        each_row(c, [&](uint64_t address, const State& s) {
            require(s.valid && s.tiles == 1, "a partial result of several key tiles");
            Merged& merged = merged_[s.where];
            merged.keys.insert(merged.keys.end(), s.keys.begin(), s.keys.end());
            merged.tiles.push_back(s.k_first);
            memory.store_partial(address, s.where.first, s.where.second, s.k_first);
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

    std::set<uint64_t> slots_;
    std::map<Where, Merged> merged_;
    Rows q_rows_, k_rows_, v_rows_, o_rows_, lse_rows_, state_rows_;
    Bank q_[spec::kBanks], k_[spec::kBanks], v_[spec::kBanks];
    std::vector<State> state_[spec::kBanks];
    std::map<uint64_t, State> saved_;
    std::set<uint64_t> unfenced_;
    std::set<Where> stored_, stored_lse_;
};

}  // namespace tessera::test
