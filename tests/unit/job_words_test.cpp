// SPDX-License-Identifier: MIT
// Jobs as words: each field of those with arrays in its place, byte by byte; jobs of all kinds come
// back as they were; and a mailbox runs the commands that the runner makes of the job itself. The
// other fields, and the processor's own work: field_words_test.cpp.
#include <vector>

#include "firmware/attention/sequencer.h"
#include "firmware/cover/cover_sequencer.h"
#include "firmware/gemm/gemm_sequencer.h"
#include "firmware/linear/linear_sequencer.h"
#include "firmware/runner/field_words.h"
#include "firmware/runner/job_words.h"
#include "firmware/runner/mailbox.h"
#include "firmware/runner/runner.h"
#include "tests/unit/mailbox_bench.h"
#include "tests/unit/placed_jobs.h"
#include "tests/unit/random_jobs.h"

using namespace tessera;
using test::check_numbers;
using test::Compared;
using test::executed;
using test::mailbox_of;
using test::MockDevice;
using test::placed;
using test::words_of;

namespace {

constexpr spec::DeviceParams kDevice = test::kMailboxDevice;
constexpr uint64_t kRecord = test::kMailboxRecord;

uint64_t at(uint32_t n) { return test::at_word(n); }
fw::Tensor tensor(uint32_t n) { return test::tensor_at_word(n); }

fw::AttentionJob numbered_attention() {
    fw::AttentionJob job;
    job.stacked = job.bf16_output = job.want_lse = job.sink_logits = true;
    job.sentinel.query_column = true;
    job.schedule = fw::ScheduleId::kKeyValueResident;
    job.query_heads = 2;
    job.kv_heads = 3;
    job.nq = 4;
    job.nk = 5;
    job.d_k = 6;
    job.d_v = 7;
    job.factor = 8;
    job.mask = {9, 10, 11, 12, 13, 14, 15, 16};
    job.q_position = 17;
    job.k_position = 18;
    job.document_count = 21;
    job.tile_flags_stride = at(24);
    job.query_list = {nullptr, 28, at(29)};
    job.key_list = {nullptr, 33, at(34)};
    job.q = tensor(36);
    job.k = tensor(41);
    job.v = tensor(46);
    job.o = tensor(51);
    job.state = tensor(56);
    job.partial = tensor(61);
    job.lse = tensor(66);
    job.sink_state = tensor(71);
    job.summary_list = at(76);
    job.sentinel = {fw::SentinelForm::kSplit, true, 79, tensor(80), tensor(85), tensor(90)};
    job.peers = 95;
    job.share = 96;
    job.pages = {nullptr, 99, 100};
    job.order_count = 103;
    return job;
}

constexpr fw::JobArrays kNumbered{
    19 | uint64_t{20} << 32,   22 | uint64_t{23} << 32,   26 | uint64_t{27} << 32,
    31 | uint64_t{32} << 32,   97 | uint64_t{98} << 32,   101 | uint64_t{102} << 32,
    106 | uint64_t{107} << 32, 108 | uint64_t{109} << 32, 110 | uint64_t{111} << 32};

template <typename Sequencer>
std::vector<uint32_t> commands_of(Sequencer sequencer) {
    std::vector<uint32_t> words;
    for (spec::Command c; sequencer.next(c);)
        for (const uint32_t word : spec::encode(c).word) words.push_back(word);
    return words;
}

template <typename... Jobs>
std::vector<uint32_t> run_natively(const spec::DeviceParams& device, const Jobs&... jobs) {
    return executed(device, [&](MockDevice& mock) {
        fw::Driver driver(mock);
        REQUIRE(driver.init(test::kMailboxConfig).ok());
        REQUIRE(fw::Runner(driver).run(jobs...).ok());
    });
}

/// A request for jobs in words, through the mailbox.
template <typename Words>
std::vector<uint32_t> run_mailbox(const spec::DeviceParams& device, uint32_t kind,
                                  const std::vector<Words>& jobs, test::DeviceMemory& memory) {
    const uint64_t address = memory.place(jobs);
    const uint64_t workspace = memory.room(spec::kJobWorkspaceBytes * jobs.size());
    spec::MailboxWords mailbox =
        mailbox_of(kind, static_cast<uint32_t>(jobs.size()), address, workspace);
    auto words =
        executed(device, [&](MockDevice& mock) { fw::answer(mailbox, mock, memory.mapped()); });
    CHECK(mailbox.answer.code == 0);
    return words;
}

}  // namespace

TEST_CASE("every field of a job with arrays has its word") {
    Compared words("words");
    const std::vector<std::pair<uint32_t, uint32_t>> attention = {{0, 31}, {78, 2}};
    const fw::AttentionJob job = numbered_attention();
    check_numbers(words_of(fw::encode(job, kNumbered)), 104, attention, words);
    fw::CoverJob cover;
    cover.attention = job;
    cover.group_tokens = 104;
    cover.class_count = 105;
    cover.index_list = at(112);
    check_numbers(words_of(fw::encode(cover, kNumbered)), 114, attention, words);
}

TEST_CASE("jobs of all kinds come back from their words") {
    auto random = test::test_random();
    Compared jobs("jobs");
    const auto words_equal = [&](const auto& first, const auto& second, const char* kind) {
        jobs.holds(words_of(first) == words_of(second), [&] { return kind; });
    };
    for (int n = 0; n < 200; ++n) {
        test::DeviceMemory memory;
        const test::JobList list =
            n % 4 == 0 ? test::random_sentinel_list(random) : test::random_list(random);
        for (size_t i = 0; i < list.jobs.size(); ++i) {
            const spec::AttentionWords words =
                placed(list.jobs[i], i < list.arrays.size() ? list.arrays[i] : verify::MaskArrays(),
                       memory);
            const fw::AttentionJob job = fw::decode(words, memory.mapped());
            jobs.holds(commands_of(fw::Sequencer(job, list.device, kRecord)) ==
                           commands_of(fw::Sequencer(list.jobs[i], list.device, kRecord)),
                       [] { return "attention"; });
        }
        const test::CoverList cover = test::random_cover(random);
        const fw::CoverJob by_cover = fw::decode(placed(cover, memory), memory.mapped());
        jobs.holds(commands_of(fw::CoverSequencer(by_cover, cover.device, kRecord)) ==
                       commands_of(fw::CoverSequencer(cover.job, cover.device, kRecord)),
                   [] { return "cover"; });
        const auto gemm = fw::encode(test::random_gemm(random));
        words_equal(fw::encode(fw::decode(gemm)), gemm, "gemm");
        const auto linear = fw::encode(test::random_linear(random));
        words_equal(fw::encode(fw::decode(linear)), linear, "linear");
    }
    const spec::AttentionWords numbered = fw::encode(numbered_attention(), {});
    words_equal(fw::encode(fw::decode(numbered, fw::MappedMemory(0)), {}), numbered, "numbered");
}

TEST_CASE("a mailbox runs the commands of the job itself, whatever its kind") {
    auto random = test::test_random();
    Compared runs("runs by mailbox");
    for (int n = 0; n < 60; ++n) {
        test::DeviceMemory memory;
        const test::JobList list = test::random_list(random);
        std::vector<spec::AttentionWords> words;
        for (size_t i = 0; i < list.jobs.size(); ++i)
            words.push_back(placed(list.jobs[i], list.arrays[i], memory));
        runs.holds(run_mailbox(list.device, fw::AttentionJob::kKind, words, memory) ==
                       run_natively(list.device, list.jobs.data(),
                                    static_cast<uint32_t>(list.jobs.size())),
                   [] { return "attention"; });
        const test::CoverList cover = test::random_cover(random);
        runs.holds(
            run_mailbox(cover.device, fw::CoverJob::kKind, std::vector{placed(cover, memory)},
                        memory) == run_natively(cover.device, cover.job),
            [] { return "cover"; });
        const fw::GemmJob gemm = test::random_gemm(random);
        runs.holds(run_mailbox(kDevice, fw::GemmJob::kKind, std::vector{fw::encode(gemm)},
                               memory) == run_natively(kDevice, gemm),
                   [] { return "gemm"; });
        const fw::LinearJob linear = test::random_linear(random);
        runs.holds(run_mailbox(kDevice, fw::LinearJob::kKind, std::vector{fw::encode(linear)},
                               memory) == run_natively(kDevice, linear),
                   [] { return "linear"; });
    }
}

TEST_CASE("a mailbox answers what the runner says") {
    Compared answers("answers");
    test::DeviceMemory memory;
    const auto ask = [&](uint32_t kind, uint32_t count, uint64_t error_at) {
        auto random = test::test_random();
        const std::vector jobs(2, fw::encode(test::random_gemm(random)));
        spec::MailboxWords mailbox = mailbox_of(kind, count, memory.place(jobs), 0);
        mailbox.ready = 1;
        (void)executed(kDevice, [&](MockDevice& mock) {
            mock.error_at = error_at;
            fw::answer(mailbox, mock, memory.mapped());
        });
        answers.equal(mailbox.ready, 1u);
        return mailbox.answer;
    };
    const auto code = [](fw::Code c) { return static_cast<uint32_t>(c); };
    answers.equal(ask(3, 2, UINT64_MAX).code, code(fw::Code::kOk));
    answers.equal(ask(3, 0, UINT64_MAX).rule, static_cast<uint32_t>(fw::JobRule::kEmpty));
    answers.equal(ask(12, 1, UINT64_MAX).rule, static_cast<uint32_t>(fw::JobRule::kKind));
    answers.equal(ask(0, 1, UINT64_MAX).code, code(fw::Code::kBadJob));
    const spec::AnswerWords broken = ask(3, 1, 2);
    answers.equal(broken.code, code(fw::Code::kDeviceError));
    answers.equal(broken.error, static_cast<uint32_t>(spec::ErrorCode::kReadBus));
    answers.equal(broken.tag, 2u);
}
