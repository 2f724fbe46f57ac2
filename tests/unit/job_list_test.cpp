// SPDX-License-Identifier: MIT
// Lists of jobs: the steps and commands of a list are those of its jobs, one after the other, with
// no FENCE between them and banks that go on alternating.
#include <string>
#include <vector>

#include "firmware/attention/sequencer.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/unit/random_jobs.h"

using namespace tessera;
using spec::Command;
using spec::Opcode;
using test::Compared;
using List = test::JobList;

namespace {

constexpr uint64_t kRecord = 0x7000;

std::vector<Command> commands_of(fw::Sequencer sequencer) {
    std::vector<Command> commands;
    for (Command c; sequencer.next(c);) commands.push_back(c);
    return commands;
}

/// Where a result goes that firmware merges depends on those before it, banks do too.
std::string text(const List& list, Command c) {
    const uint64_t slots = list.jobs[0].partial.address;
    const bool partial =
        c.opcode == Opcode::kStoreState && c.address >= slots && c.address < slots + 0x1000000;
    if (partial) c.address = slots;
    c.q_bank = c.k_bank = c.v_bank = c.state_bank = 0;
    const spec::Descriptor d = spec::encode(c);
    std::string words;
    for (const uint32_t word : d.word) words += std::to_string(word) + " ";
    return words;
}

bool ends_merge_batch(const Command& c) {
    return c.opcode == Opcode::kFence && c.has(spec::kFlagInterrupt);
}

/// A tile goes to the bank that the last ATTEND did not use, whatever job that was of; keys that
/// come a call early go to the bank that the next one does not use, and the one behind it does.
void check_banks(const std::vector<Command>& all, Compared& banks) {
    std::vector<uint32_t> used;  // banks of keys, ATTEND by ATTEND
    for (const Command& c : all)
        if (c.opcode == Opcode::kAttend) used.push_back(c.k_bank);
    size_t next = 0;
    uint32_t q_bank = 1, k_bank = 1;
    for (const Command& c : all) {
        if (c.opcode == Opcode::kLoadQ) banks.equal(c.q_bank, 1 - q_bank);
        if (c.opcode == Opcode::kLoadK) {
            const bool early = c.k_bank != used.at(next);
            banks.equal(c.k_bank, early ? used.at(next + 1) : 1 - k_bank);
        }
        if (c.opcode != Opcode::kAttend) continue;
        q_bank = c.q_bank;
        k_bank = c.k_bank;
        ++next;
    }
}

}  // namespace

TEST_CASE("the steps of a list are those of its jobs") {
    auto random = test::test_random();
    Compared steps("steps of lists");
    for (int n = 0; n < 400; ++n) {
        const List list = test::random_list(random);
        fw::Planner whole(list.jobs.data(), static_cast<uint32_t>(list.jobs.size()), 8);
        fw::Step a, b;
        for (size_t i = 0; i < list.jobs.size(); ++i) {
            fw::Planner one(list.jobs[i], 8);
            for (bool first = true; one.next(b); first = false) {
                const bool more = whole.next(a);
                steps.holds(
                    more && &whole.job() == &list.jobs[i] && a.new_job == first &&
                        a.query_head == b.query_head && a.kv_head == b.kv_head &&
                        a.q_tile == b.q_tile && a.k_tile == b.k_tile && a.q_rows == b.q_rows &&
                        a.k_rows == b.k_rows && a.keys == b.keys && a.first == b.first &&
                        a.last == b.last && a.new_query == b.new_query && a.new_key == b.new_key,
                    [&] { return "list " + std::to_string(n) + ", job " + std::to_string(i); });
                if (!more) return;
            }
        }
        steps.equal(whole.next(a), false);
    }
}

TEST_CASE("the commands of a list are those of its jobs, with no FENCE between them") {
    auto random = test::test_random();
    Compared commands("commands of lists, banks left out"), banks("banks of loads");
    for (int n = 0; n < 400; ++n) {
        const List list = test::random_list(random);
        std::vector<std::string> expected, actual;
        const std::vector<Command> all = commands_of(
            {list.jobs.data(), static_cast<uint32_t>(list.jobs.size()), list.device, kRecord});
        for (const fw::AttentionJob& job : list.jobs)
            for (const Command& c : commands_of({job, list.device, kRecord}))
                if (!ends_merge_batch(c)) expected.push_back(text(list, c));
        uint64_t partials = 0, batches = 0;
        for (const Command& c : all) {
            if (ends_merge_batch(c)) {
                ++batches;
                commands.equal(partials % fw::kMergeBatch, 0u);
                continue;
            }
            actual.push_back(text(list, c));
            const fw::Tensor& slots = list.jobs[0].partial;
            if (c.opcode != Opcode::kStoreState || list.device.profile != spec::Profile::kStats ||
                c.address - slots.address >= fw::kPartialSlots * slots.head_stride)
                continue;
            commands.equal(c.address, fw::row_address(slots, partials % fw::kPartialSlots, 0));
            ++partials;
        }
        commands.equal(batches, partials == 0 ? 0 : (partials - 1) / fw::kMergeBatch);
        commands.equal(actual.size(), expected.size());
        for (size_t i = 0; i < std::min(actual.size(), expected.size()); ++i)
            commands.holds(actual[i] == expected[i], [&] {
                return "list " + std::to_string(n) + ", command " + std::to_string(i);
            });
        check_banks(all, banks);
    }
}

TEST_CASE("keys of the next call come before the values of a call of one lane group") {
    Compared compared("orders of commands");
    List list;
    list.device.lanes = 2;  // lane groups of 4 rows
    list.jobs.resize(1);
    fw::AttentionJob& job = list.jobs[0];
    job.kv_heads = job.query_heads = 1;
    job.nk = 20;  // three tiles
    job.d_k = job.d_v = 8;
    for (const uint32_t rows : {1u, 4u, 5u, 8u}) {
        job.nq = rows;
        std::string order;
        for (const Command& c : commands_of({job, list.device, kRecord}))
            order += std::string(spec::opcode_name(c.opcode)) + " ";
        compared.equal(order,
                       rows <= 4 ? "LOAD_Q LOAD_K LOAD_K LOAD_V ATTEND LOAD_K LOAD_V ATTEND LOAD_V "
                                   "ATTEND STORE_O "
                                 : "LOAD_Q LOAD_K LOAD_V ATTEND LOAD_K LOAD_V ATTEND LOAD_K LOAD_V "
                                   "ATTEND STORE_O ");
    }
}
