// SPDX-License-Identifier: MIT
// The merger on random partial results, EMPTY, NaN and clamped rows among them, from EMPTY or the
// state of a sink on: o and lse are what the golden device's merge and store make of them, and the
// work it reports is what it did.
#include "firmware/merge/merger.h"

#include <cstring>
#include <random>
#include <vector>

#include "host/verify/tile_reference.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;
using verify::ReferenceRow;

namespace {

constexpr uint32_t kBus = 16;
constexpr spec::DeviceParams kDevice{4, 24, 2, 2, kBus, spec::Profile::kStats};
constexpr uint64_t kO = 0x1000, kLse = 0x4000, kState = 0x6000, kPartial = 0x8000;
constexpr uint64_t kSink = 0x10000, kEnd = 0x20000;
constexpr uint8_t kOld = 0xee;  ///< what is in memory before

/// Memory that counts.
class Memory final : public fw::WordByWordBus, public fw::Accounting {
  public:
    bool read32(uint64_t address, uint32_t& value) override {
        bytes_read += 4;
        if (accesses++ == fault_at) return false;
        std::memcpy(&value, &bytes.at(address), 4);
        return true;
    }
    bool write32(uint64_t address, uint32_t value) override {
        bytes_written += 4;
        if (accesses++ == fault_at) return false;
        std::memcpy(&bytes.at(address), &value, 4);
        return true;
    }
    void wait_irq() override {}
    bool holds_data() const override { return data; }
    void merged(const fw::MergeWork& work) override { total += work; }

    uint32_t word(uint64_t address) const {
        uint32_t value = 0;
        std::memcpy(&value, &bytes.at(address), 4);
        return value;
    }

    std::vector<uint8_t> bytes = std::vector<uint8_t>(kEnd, kOld);
    uint64_t accesses = 0, bytes_read = 0, bytes_written = 0, fault_at = UINT64_MAX;
    bool data = true;
    fw::MergeWork total;
};

/// One query tile with up to `kMergeBatch` key tiles.
fw::AttentionJob random_job(std::mt19937_64& random) {
    const auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    fw::AttentionJob job;
    job.query_heads = job.kv_heads = 1;
    job.nq = 1 + below(4);
    job.nk = 5 + below(4 * fw::kMergeBatch - 4);
    job.d_k = 8;
    job.d_v = 1 + below(24);
    job.bf16_output = below(2) == 1;
    job.want_lse = below(2) == 1;
    job.schedule =
        below(2) == 1 ? fw::ScheduleId::kQueryResident : fw::ScheduleId::kKeyValueResident;
    const uint32_t row = kBus + kDevice.beats(uint64_t{4} * job.d_v) * kBus;
    job.o = {kO, 0x2000, kDevice.beats(uint64_t{job.bf16_output ? 2u : 4u} * job.d_v) * kBus};
    job.lse = {kLse, 0x1000, kBus};
    job.state = {kState, row * 4, row};
    job.partial = {kPartial, row * 4, row};
    job.sink_state = {kSink, row, row};
    job.sink_logits = below(2) == 1;
    return job;
}

ReferenceRow random_row(std::mt19937_64& random, uint32_t d_v) {
    const auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    const uint32_t kind = below(8);
    const auto number = [&] {
        if (kind == 0) return static_cast<uint32_t>(random());  // NaN, Inf and subnormals too
        return 0x3c000000u + below(0x6000000) + (below(2) << 31);
    };
    ReferenceRow row;
    row.state.l = kind == 1 ? 0 : number() & ~spec::kSign;
    row.state.m = static_cast<int16_t>(below(kind == 2 ? 65536 : 12));
    row.state.flags = static_cast<uint16_t>(below(3) == 0 ? below(4) : 0);
    for (uint32_t j = 0; j < d_v; ++j) row.o.push_back(number());
    if (kind == 3) row.state = spec::RowState{};  // EMPTY, with whatever is in O
    return row;
}

/// Partial results in their slots, [key tile][row], and what rows begin with in `sink`.
std::vector<std::vector<ReferenceRow>> fill(Memory& memory, const fw::AttentionJob& job,
                                            std::mt19937_64& random, ReferenceRow& sink) {
    std::vector<std::vector<ReferenceRow>> tiles((job.nk + kDevice.m - 1) / kDevice.m);
    sink.o.assign(job.d_v, 0);
    if (job.sink_logits && random() % 4 != 0)
        sink.state = {static_cast<int16_t>(random() % 12), 0,
                      0x3f000000u + static_cast<uint32_t>(random() % 0x800000)};
    const uint32_t begin[] = {sink.state.l, spec::state_word(sink.state)};
    std::memcpy(&memory.bytes.at(kSink), begin, sizeof begin);
    // Rows, as bits: without a key, and with keys whose weights are all lost.
    const uint64_t see_nothing = random() % 4 == 0 ? random() : 0;
    const uint64_t sum_nothing = random() % 4 == 0 ? random() : 0;
    for (uint32_t t = 0; t < tiles.size(); ++t)
        for (uint32_t i = 0; i < job.nq; ++i) {
            tiles[t].push_back(random_row(random, job.d_v));
            if ((see_nothing >> i & 1) != 0) tiles[t].back().state = spec::RowState{};
            if ((sum_nothing >> i & 1) != 0) tiles[t].back().state.l = 0;
            const ReferenceRow& row = tiles[t].back();
            const uint64_t at = fw::row_address(job.partial, t, i);
            const uint32_t head[] = {row.state.l, spec::state_word(row.state)};
            std::memcpy(&memory.bytes.at(at), head, sizeof head);
            std::memcpy(&memory.bytes.at(at + kBus), row.o.data(), 4 * size_t{job.d_v});
        }
    return tiles;
}

/// Key tile after key tile, as the device merges.
ReferenceRow merged(const std::vector<std::vector<ReferenceRow>>& tiles, uint32_t row,
                    const ReferenceRow& sink) {
    ReferenceRow result = sink;
    for (const auto& tile : tiles) verify::reference_merge(tile[row], false, result);
    return result;
}

}  // namespace

TEST_CASE("o and lse are the golden device's, in whole beats") {
    auto random = test::test_random();
    Compared words("bytes of o and lse"), work("reports of work");
    uint64_t empty = 0, nan = 0, saturated = 0, div0 = 0;
    for (int n = 0; n < 3000; ++n) {
        const fw::AttentionJob job = random_job(random);
        const auto where = [&] { return "job " + std::to_string(n); };
        Memory memory;
        ReferenceRow sink;
        const auto tiles = fill(memory, job, random, sink);
        fw::Merger merger(memory, job, kDevice, &memory);
        REQUIRE(merger.merge_batch() == fw::Merged::kDone);
        fw::MergeWork expected;
        for (uint32_t i = 0; i < job.nq; ++i) {
            const ReferenceRow row = merged(tiles, i, sink);
            std::vector<uint8_t> o(job.o.pitch, 0);
            const auto stored = verify::reference_store(row, true, job.bf16_output);
            const uint32_t size = job.bf16_output ? 2 : 4;
            for (uint32_t j = 0; j < job.d_v; ++j) std::memcpy(&o[size * j], &stored[j], size);
            for (uint32_t b = 0; b < job.o.pitch; ++b)
                words.equal(memory.bytes[kO + i * job.o.pitch + b], o[b], where);
            const uint32_t lse[] = {row.state.l, spec::state_word(row.state), 0, 0};
            for (uint32_t w = 0; w < 4; ++w)
                words.equal(memory.word(kLse + i * kBus + 4 * w),
                            job.want_lse ? lse[w] : kOld * 0x01010101u, where);
            expected.rows_empty += row.state.m == spec::kEmpty ? 1 : 0;
            expected.rows_nan += (row.state.flags & spec::kRowNan) != 0 ? 1 : 0;
            expected.rows_saturated += (row.state.flags & spec::kRowSaturated) != 0 ? 1 : 0;
            expected.rows_div0 += spec::divides_by_zero(row.state) ? 1 : 0;
        }
        const uint64_t rows = uint64_t{job.nq} * tiles.size();
        work.equal(memory.total.rows, rows, where);
        work.equal(memory.total.rows_finished, job.nq, where);
        work.equal(memory.total.elements, rows * (job.d_v + 1) + uint64_t{job.nq} * job.d_v, where);
        work.equal(memory.total.bytes_read, memory.bytes_read, where);
        work.equal(memory.total.bytes_written, memory.bytes_written, where);
        work.equal(memory.total.rows_empty, expected.rows_empty, where);
        work.equal(memory.total.rows_nan, expected.rows_nan, where);
        work.equal(memory.total.rows_saturated, expected.rows_saturated, where);
        work.equal(memory.total.rows_div0, expected.rows_div0, where);
        empty += expected.rows_empty;
        nan += expected.rows_nan;
        saturated += expected.rows_saturated;
        div0 += expected.rows_div0;
        REQUIRE(merger.merge_batch() == fw::Merged::kDone);  // nothing is left
        work.equal(memory.total.rows, rows, where);
    }
    INFO(empty << " empty, " << nan << " NaN, " << saturated << " clamped, " << div0 << " by 0");
    CHECK((empty > 100 && nan > 100 && saturated > 100 && div0 > 100));
}

TEST_CASE("where memory holds no data nothing is touched, and the work is the same") {
    auto random = test::test_random();
    Compared work("reports of work");
    for (int n = 0; n < 200; ++n) {
        const fw::AttentionJob job = random_job(random);
        Memory memory, blind;
        ReferenceRow sink;
        fill(memory, job, random, sink);
        blind.data = false;
        REQUIRE(fw::Merger(memory, job, kDevice, &memory).merge_batch() == fw::Merged::kDone);
        REQUIRE(fw::Merger(blind, job, kDevice, &blind).merge_batch() == fw::Merged::kDone);
        work.equal(blind.accesses, 0u);
        work.equal(blind.total.rows, memory.total.rows);
        work.equal(blind.total.rows_finished, memory.total.rows_finished);
        work.equal(blind.total.elements, memory.total.elements);
        work.equal(blind.total.bytes_read, memory.total.bytes_read);
        work.equal(blind.total.bytes_written, memory.total.bytes_written);
    }
}

TEST_CASE("a bus error at any access ends the merge") {
    auto random = test::test_random();
    Compared faults("accesses that fail");
    for (int n = 0; n < 20; ++n) {
        fw::AttentionJob job = random_job(random);
        job.nk = 9;
        Memory good;
        ReferenceRow sink;
        fill(good, job, random, sink);
        REQUIRE(fw::Merger(good, job, kDevice, &good).merge_batch() == fw::Merged::kDone);
        for (uint64_t at = 0; at < good.accesses; ++at) {
            Memory memory;
            fill(memory, job, random, sink);
            memory.fault_at = at;
            faults.holds(
                fw::Merger(memory, job, kDevice, &memory).merge_batch() == fw::Merged::kBusFault,
                [] { return "bus fault"; });
            faults.equal(memory.accesses, at + 1);
        }
    }
}
