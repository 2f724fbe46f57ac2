// SPDX-License-Identifier: MIT
// The memory in which firmware merges: slots that the device fills with invented rows, working
// rows, o and lse. Every word of a partial result may be read once, after its FENCE and before the
// slot is filled again; every word of o and lse is written once.
#pragma once
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "firmware/merge/partial.h"
#include "firmware/plan/job.h"
#include "spec/state.h"

namespace tessera::test {

class PartialMemory {
  public:
    PartialMemory(const fw::AttentionJob& job, uint32_t bus_bytes) : job_(job), bus_(bus_bytes) {
        slots_begin_ = job.partial.address;
        slots_end_ = slots_begin_ + uint64_t{fw::kPartialSlots} * job.partial.head_stride;
    }

    std::vector<std::string> faults;

    /// The device's STORE_STATE of a row that has seen one key tile.
    void store_partial(uint64_t address, uint32_t head, uint32_t row, uint32_t key) {
        const Row partial = invented(head, row, key);
        put(address, partial.state.l);
        put(address + 4, spec::state_word(partial.state));
        for (uint32_t j = 0; j < job_.d_v; ++j) put(address + bus_ + 4 * j, partial.o[j]);
    }
    void fence() { unfenced_.clear(); }

    uint32_t read(uint64_t address) {
        const auto it = words_.find(address);
        require(it != words_.end(), "firmware reads what nobody wrote, or a partial result twice");
        if (it == words_.end()) return 0;
        const uint32_t value = it->second;
        require(unfenced_.count(address) == 0, "partial result read before its FENCE");
        if (is_slot(address)) words_.erase(it);
        return value;
    }
    void write(uint64_t address, uint32_t value) {
        require(!is_slot(address), "firmware writes to a slot");
        if (outputs(address)) require(words_.count(address) == 0, "output written twice");
        words_[address] = value;
    }

    /// What firmware wrote there.
    uint32_t word(uint64_t address) const { return at(address); }

    /// Is that row of o, and of lse, the invented rows of these key tiles merged one by one?
    bool row_is(uint32_t head, uint32_t row, const std::vector<uint32_t>& keys) const {
        Row merged = invented(head, row, keys.front());
        for (size_t n = 1; n < keys.size(); ++n) {
            const Row tile = invented(head, row, keys[n]);
            const spec::MergePlan plan = spec::merge_plan(merged.state.m, tile.state.m);
            for (uint32_t j = 0; j < job_.d_v; ++j)
                merged.o[j] = spec::merge_element(plan, merged.o[j], tile.o[j]);
            merged.state = spec::merge_row(merged.state, tile.state);
        }
        bool same = true;
        const uint64_t o = fw::row_address(job_.o, head, row);
        for (uint32_t j = 0; j < job_.d_v; ++j) {
            const uint32_t x = spec::store_element(merged.state, merged.o[j], true);
            same = same && (job_.bf16_output ? (at(o + j / 2 * 4) >> 16 * (j % 2) & 0xffff) ==
                                                   spec::fp32_to_bf16(x)
                                             : at(o + 4 * j) == x);
        }
        if (!job_.want_lse) return same;
        const uint64_t lse = fw::row_address(job_.lse, head, row);
        return same && at(lse) == merged.state.l && at(lse + 4) == spec::state_word(merged.state);
    }

    /// After the job: nothing is left in the slots.
    void finish() {
        const auto left = words_.lower_bound(slots_begin_);
        require(left == words_.end() || left->first >= slots_end_,
                "a partial result was not merged");
    }

  private:
    struct Row {
        spec::RowState state;
        std::vector<uint32_t> o;
    };

    void require(bool good, const char* text) {
        if (!good) faults.emplace_back(text);
    }
    bool is_slot(uint64_t address) const { return address >= slots_begin_ && address < slots_end_; }
    bool outputs(uint64_t address) const {
        const auto in = [&](const fw::Tensor& t, uint32_t rows) {
            const uint64_t end = fw::row_address(t, job_.query_heads - 1, rows - 1) + t.pitch;
            return address >= t.address && address < end;
        };
        return in(job_.o, job_.nq) || (job_.want_lse && in(job_.lse, job_.nq));
    }
    void put(uint64_t address, uint32_t value) {
        require(words_.count(address) == 0, "slot filled again before it was merged");
        words_[address] = value;
        unfenced_.insert(address);
    }
    uint32_t at(uint64_t address) const {
        const auto it = words_.find(address);
        return it == words_.end() ? 0xdeadbeef : it->second;
    }

    /// What the device would have computed; here anything that depends on all three.
    Row invented(uint32_t head, uint32_t row, uint32_t key) const {
        std::minstd_rand random((head * 1009 + row) * 1013 + key + 1);
        random.discard(3);
        const auto number = [&] {
            return 0x3f000000u + static_cast<uint32_t>(random() % 0x2000000);
        };
        Row result;
        result.state.l = number();
        result.state.m = static_cast<int16_t>(random() % 7);
        result.state.flags = static_cast<uint16_t>(random() % 4);
        if (random() % 8 == 0) result.state = spec::RowState{};
        for (uint32_t j = 0; j < job_.d_v; ++j)
            result.o.push_back(number() ^ static_cast<uint32_t>(random() % 2) << 31);
        return result;
    }

    fw::AttentionJob job_;
    uint32_t bus_;
    uint64_t slots_begin_, slots_end_;
    std::map<uint64_t, uint32_t> words_;
    std::set<uint64_t> unfenced_;
};

}  // namespace tessera::test
