// SPDX-License-Identifier: MIT
// The engines of a device on jobs by a cover, on names instead of numbers: a bank row holds a
// token, a state row the keys that its query has met. Every command is held against the job.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "firmware/cover/cover_job.h"
#include "spec/command.h"
#include "spec/mask.h"

namespace tessera::test {

class CoverEngines {
  public:
    CoverEngines(const fw::CoverJob& job, const spec::DeviceParams& params)
        : job_(job.attention), m_(params.m) {
        for (auto* banks : {&q_, &k_, &v_})
            for (Bank& bank : *banks) bank.resize(m_);
        for (auto& bank : state_) bank.resize(m_);
    }

    std::vector<std::string> faults;
    uint64_t attends = 0, fences = 0, gathers = 0, outputs = 0, state_rows = 0;
    std::map<uint64_t, uint32_t> words;  ///< what firmware writes

    void execute(const spec::Command& c) {
        const spec::Opcode opcode = c.opcode;
        require(spec::check(params(), spec::encode(c)) == spec::ErrorCode::kNone, "illegal");
        switch (opcode) {
            case spec::Opcode::kLoadQ: return load(c, job_.q, q_[c.q_bank]);
            case spec::Opcode::kLoadK: return load(c, job_.k, k_[c.k_bank]);
            case spec::Opcode::kLoadV: return load(c, job_.v, v_[c.v_bank]);
            case spec::Opcode::kAttend: return attend(c);
            case spec::Opcode::kStoreO: return store_o(c);
            case spec::Opcode::kFence: ++fences, unfenced_.clear(); return;
            case spec::Opcode::kLoadState:
                return each(c, job_.state, [&](Where at, State& s) {
                    ++state_rows;
                    require(unfenced_.count(at) == 0, "no FENCE between a state's store and load");
                    require(saved_.count(at) != 0, "a state that nobody stored");
                    s = saved_[at];
                });
            default:
                return each(c, c.d_v == 0 ? job_.lse : job_.state, [&](Where at, State& s) {
                    require(s.valid && s.where == at, "a state stored somewhere else");
                    if (c.d_v == 0) {
                        require(lse_.insert(at).second && complete(s), "lse twice, or too early");
                        return;
                    }
                    saved_[at] = s;
                    unfenced_.insert(at);
                });
        }
    }

    /// After the job: is every row of every head written?
    void finish() {
        const size_t rows = size_t{job_.query_heads} * job_.nq;
        require(stored_.size() == rows, "an output row is missing");
        require(lse_.size() == (job_.want_lse ? rows : 0), "lse rows missing, or not wanted");
    }

  private:
    using Where = std::pair<uint32_t, uint32_t>;  // head, token
    struct Row {
        Where where;
        uint32_t position = 0;
        bool valid = false;
    };
    using Bank = std::vector<Row>;
    struct State {
        Where where;
        std::vector<uint8_t> met;  // times, by key
        bool valid = false;
    };

    spec::DeviceParams params() const { return {m_, 16, 4, 2, 16, spec::Profile::kStateful}; }
    void require(bool good, const char* text) {
        if (!good) faults.emplace_back(text);
    }
    Where find(const fw::Tensor& t, uint64_t address) {
        const uint64_t offset = address - t.address;
        const Where at{static_cast<uint32_t>(offset / t.head_stride),
                       static_cast<uint32_t>(offset % t.head_stride / t.pitch)};
        require(
            address >= t.address && offset % t.head_stride % t.pitch == 0 && at.second < job_.nq,
            "address is no row of the tensor");
        return at;
    }

    void load(const spec::Command& c, const fw::Tensor& tensor, Bank& bank) {
        const bool gather = c.has(spec::kFlagGather);
        gathers += gather ? 1 : 0;
        for (uint32_t i = 0; i < c.rows; ++i) {
            const uint32_t index = gather ? words[c.index_address + 4 * i] : i;
            const Where at = find(tensor, c.address + uint64_t{index} * c.pitch);
            bank[c.first_row + i] = Row{at, gather ? index : c.position + i, true};
        }
    }

    void attend(const spec::Command& c) {
        ++attends;
        const Bank &q = q_[c.q_bank], &k = k_[c.k_bank], &v = v_[c.v_bank];
        require(c.rows == c.keys, "queries and keys of a call differ");
        for (uint32_t i = 0; i < c.rows; ++i) {
            require(q[i].valid && k[i].valid && v[i].valid &&
                        q[i].where.second == k[i].where.second && k[i].where == v[i].where &&
                        q[i].position == q[i].where.second && k[i].position == q[i].position,
                    "not one set of tokens");
            State& s = state_[c.state_bank][i];
            if (!c.has(spec::kFlagContinue))
                s = State{q[i].where, std::vector<uint8_t>(job_.nq, 0), true};
            require(s.valid && s.where == q[i].where, "state of another query");
            for (uint32_t j = 0; j < c.keys; ++j)
                if (spec::mask_allows(c.mask, i, j, q[i].position, k[j].position)) {
                    require(
                        k[j].where.first == q[i].where.first / (job_.query_heads / job_.kv_heads),
                        "wrong key/value head");
                    ++s.met[k[j].where.second];
                }
        }
        for (uint32_t i = c.rows; i < m_; ++i) state_[c.state_bank][i].valid = false;
    }

    /// Every key that the query sees once, no other?
    bool complete(const State& s) const {
        const bool causal = (job_.mask.flags & spec::kMaskCausal) != 0;
        for (uint32_t key = 0; key < job_.nq; ++key)
            if (s.met[key] != (causal && key > s.where.second ? 0 : 1)) return false;
        return true;
    }

    template <typename Each>
    void each(const spec::Command& c, const fw::Tensor& tensor, Each&& row) {
        require(c.pitch == tensor.pitch, "wrong pitch");
        for (uint32_t i = 0; i < c.rows; ++i)
            row(find(tensor, c.address + uint64_t{i} * c.pitch),
                state_[c.state_bank][c.first_row + i]);
    }

    void store_o(const spec::Command& c) {
        const uint32_t format = job_.bf16_output ? uint32_t{spec::kFlagBf16} : 0;
        require(c.flags == (spec::kFlagNormalise | format), "wrong store");
        each(c, job_.o, [&](Where at, State& s) {
            ++outputs;
            require(s.valid && s.where == at, "stored somewhere else");
            require(complete(s), "output of other keys");
            require(stored_.insert(at).second, "output stored twice");
        });
    }

    fw::AttentionJob job_;
    uint32_t m_;
    Bank q_[spec::kBanks], k_[spec::kBanks], v_[spec::kBanks];
    std::vector<State> state_[spec::kBanks];
    std::map<Where, State> saved_;
    std::set<Where> unfenced_, stored_, lse_;
};

}  // namespace tessera::test
