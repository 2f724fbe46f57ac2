// SPDX-License-Identifier: MIT
// Firmware's state between two commands is a plain value: whoever copies it there has two that go
// on alike, and neither notices the other. Sequencers of all kinds, and the runner's loop with
// merge batches and retries.
#include <cstring>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "firmware/gemm/gemm_sequencer.h"
#include "firmware/linear/linear_sequencer.h"
#include "firmware/runner/job_loop.h"
#include "firmware/runner/work.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/unit/random_jobs.h"

using namespace tessera;
using spec::Command;
using test::Compared;

namespace {

constexpr uint64_t kRecord = 0x7000;

static_assert(std::is_trivially_copyable_v<fw::Sequencer>);
static_assert(std::is_trivially_copyable_v<fw::JobLoop<fw::AttentionWork>>);
static_assert(std::is_trivially_copyable_v<fw::JobLoop<fw::CoverWork>>);
static_assert(std::is_trivially_copyable_v<fw::JobLoop<fw::PlainWork<fw::GemmSequencer>>>);
static_assert(std::is_trivially_copyable_v<fw::JobLoop<fw::PlainWork<fw::LinearSequencer>>>);

std::string text(const Command& command, const fw::Origin& from) {
    std::string words;
    for (const uint32_t word : spec::encode(command).word) words += std::to_string(word) + " ";
    for (const uint32_t word :
         {static_cast<uint32_t>(from.purpose), from.job, from.head, from.q_tile, from.k_tile,
          uint32_t{from.summaries}, uint32_t{from.retry}, from.line, from.token})
        words += std::to_string(word) + ",";
    return words;
}

/// A sequencer as something to pull from.
template <typename Sequencer>
struct Commands {
    Sequencer sequencer;
    bool next(std::string& out) {
        Command c;
        if (!sequencer.next(c)) return false;
        out = text(c, sequencer.origin());
        return true;
    }
};

/// Memory and device of a loop: what a store leaves is drawn anew, so that a merger finds shares
/// that tell their sums, and some that do not.
class Memory final : public fw::WordByWordBus {
  public:
    bool read32(uint64_t address, uint32_t& value) override {
        const auto written = words_.find(address);
        const uint64_t mixed = (address + stores_ * 0x10001) * 0x9e3779b97f4a7c15u >> 60;
        value = written != words_.end() ? written->second : mixed < 3 ? 0 : 0x3f803f80;
        return true;
    }
    bool write32(uint64_t address, uint32_t value) override {
        words_[address] = value;
        return true;
    }
    void wait_irq() override {}
    void store() { ++stores_; }

  private:
    std::unordered_map<uint64_t, uint32_t> words_;
    uint64_t stores_ = 0;
};

/// A loop with its memory.
template <typename Work>
struct Acts {
    fw::JobLoop<Work> loop;
    Memory* memory;
    bool next(std::string& out) {
        Command c;
        const fw::Act act = loop.next(c);
        out = std::to_string(static_cast<uint32_t>(act)) + (loop.retrying() ? "r " : " ");
        if (act == fw::Act::kSubmit) out += text(c, loop.work.origin());
        if (act == fw::Act::kSubmit && c.is_store()) memory->store();
        if (act == fw::Act::kMerge && !loop.merge()) out += "bus fault";
        return act != fw::Act::kEnd;
    }
};

constexpr size_t kFurther = 80;  ///< so far a copy goes

/// `make` gives what is pulled from, at its beginning, in fresh memory.
template <typename Make>
void check_copies(Make&& make, Memory& memory, Compared& copies) {
    std::vector<std::string> all;
    memory = Memory();
    auto whole = make();
    for (std::string one; whole.next(one);) all.push_back(one);
    memory = Memory();
    auto original = make();
    for (size_t n = 0; n <= all.size(); ++n) {
        const Memory before = memory;
        auto copy = original;
        std::string one;
        for (size_t i = n; i < std::min(all.size(), n + kFurther); ++i) {
            if (!copy.next(one)) one = "end";
            copies.holds(one == all[i], [&] {
                return "copied at " + std::to_string(n) + ", command " + std::to_string(i);
            });
        }
        memory = before;
        const bool more = original.next(one);
        copies.holds(more == (n < all.size()) && (!more || one == all[n]),
                     [&] { return "original, command " + std::to_string(n); });
    }
}

template <typename Sequencer>
void check_sequencer(const Sequencer& sequencer, Compared& copies) {
    Memory none;
    check_copies([&] { return Commands<Sequencer>{sequencer}; }, none, copies);
}

template <typename Work, typename... Arguments>
void check_loop(Compared& copies, const Arguments&... arguments) {
    Memory memory;
    check_copies(
        [&] {
            return Acts<Work>{{Work(arguments..., memory, nullptr)}, &memory};
        },
        memory, copies);
}

}  // namespace

TEST_CASE("sequencers of attention jobs go on from a copy") {
    auto random = test::test_random();
    Compared copies("commands behind copies");
    for (int n = 0; n < 40; ++n) {
        test::JobList list =
            n % 4 == 0 ? test::random_sentinel_list(random) : test::random_list(random);
        if (list.jobs.size() > 2) list.jobs.resize(2);
        for (fw::AttentionJob& job : list.jobs)
            if (n % 3 == 0 && job.peers == 0) job.schedule = static_cast<fw::ScheduleId>(2);
        check_sequencer(fw::Sequencer(list.jobs.data(), static_cast<uint32_t>(list.jobs.size()),
                                      list.device, kRecord),
                        copies);
    }
}

TEST_CASE("sequencers of other jobs go on from a copy") {
    auto random = test::test_random();
    Compared copies("commands behind copies");
    const spec::DeviceParams device{8, 16, 4, 2, 16, spec::Profile::kStateful};
    for (int n = 0; n < 20; ++n) {
        const test::CoverList list = test::random_cover(random);
        check_sequencer(fw::CoverSequencer(list.job, list.device, kRecord), copies);
        const fw::GemmJob gemm = test::random_gemm(random);
        check_sequencer(fw::GemmSequencer(gemm, device), copies);
        const fw::LinearJob linear = test::random_linear(random);
        check_sequencer(fw::LinearSequencer(linear, device, kRecord), copies);
    }
}

TEST_CASE("the runner's loop goes on from a copy, merge batches and retries included") {
    auto random = test::test_random();
    Compared copies("acts behind copies");
    for (int n = 0; n < 24; ++n) {
        test::JobList list =
            n % 2 == 0 ? test::random_sentinel_list(random) : test::random_list(random);
        const uint32_t count = std::min<uint32_t>(2, static_cast<uint32_t>(list.jobs.size()));
        check_loop<fw::AttentionWork>(copies, list.jobs.data(), count, list.device, kRecord);
        const test::CoverList cover = test::random_cover(random);
        check_loop<fw::CoverWork>(copies, cover.job, cover.device, kRecord);
    }
}

TEST_CASE("a loop of sentinels retries, and is done with it") {
    auto random = test::test_random();
    Compared retries("loops of acts");
    uint64_t retried = 0;
    for (int n = 0; n < 20; ++n) {
        const test::JobList list = test::random_sentinel_list(random);
        Memory memory;
        Acts<fw::AttentionWork> acts{
            {fw::AttentionWork(list.jobs.data(), static_cast<uint32_t>(list.jobs.size()),
                               list.device, kRecord, memory, nullptr)},
            &memory};
        uint64_t fences = 0, waits = 0;
        for (std::string act; acts.next(act);) {
            fences += act[0] == '1' ? 1 : 0;
            waits += act[0] == '2' ? 1 : 0;
            retried += act[1] == 'r' ? 1 : 0;
            retries.holds(fences - waits <= 1, [] { return "two FENCEs under way"; });
        }
        retries.equal(fences, waits);
    }
    retries.holds(retried != 0, [] { return "nothing was retried"; });
}
