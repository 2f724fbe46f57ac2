// SPDX-License-Identifier: MIT
// Jobs as words: each field in its place, byte by byte; jobs of all kinds come back as they were;
// and a mailbox runs the commands that the runner makes of the job itself.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "firmware/attention/sequencer.h"
#include "firmware/cover/cover_sequencer.h"
#include "firmware/elementwise/run_elementwise.h"
#include "firmware/gemm/gemm_sequencer.h"
#include "firmware/linear/linear_sequencer.h"
#include "firmware/runner/job_words.h"
#include "firmware/runner/mailbox.h"
#include "firmware/runner/runner.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/unit/mock_device.h"
#include "tests/unit/placed_jobs.h"
#include "tests/unit/random_jobs.h"

using namespace tessera;
using test::Compared;
using test::MockDevice;
using test::placed;

namespace {

constexpr spec::DeviceParams kDevice{8, 16, 4, 2, 16, spec::Profile::kStateful};
constexpr uint64_t kRecord = 0x7000;

/// Words as a little-endian machine of any width has them.
template <typename Words>
std::vector<uint32_t> words_of(const Words& job) {
    std::vector<uint8_t> bytes(sizeof job);
    std::memcpy(bytes.data(), &job, sizeof job);
    std::vector<uint32_t> words;
    for (size_t i = 0; i < bytes.size(); i += 4)
        words.push_back(bytes[i] | uint32_t{bytes[i + 1]} << 8 | uint32_t{bytes[i + 2]} << 16 |
                        uint32_t{bytes[i + 3]} << 24);
    return words;
}

/// The 64 bits of words n and n + 1 that hold their own numbers.
uint64_t at(uint32_t n) { return n | uint64_t{n + 1} << 32; }
fw::Tensor tensor(uint32_t n) { return {at(n), at(n + 2), n + 4}; }

/// Word n holds n, but for `others`.
void check_numbers(const std::vector<uint32_t>& words, size_t count,
                   const std::vector<std::pair<uint32_t, uint32_t>>& others, Compared& compared) {
    compared.equal(words.size(), count);
    for (uint32_t n = 0; n < words.size(); ++n) {
        uint32_t expected = n;
        for (const auto& [word, value] : others)
            if (word == n) expected = value;
        compared.equal(words[n], expected, [&] { return "word " + std::to_string(n); });
    }
}

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
    return job;
}

constexpr fw::JobArrays kNumbered{19 | uint64_t{20} << 32,  22 | uint64_t{23} << 32,
                                  26 | uint64_t{27} << 32,  31 | uint64_t{32} << 32,
                                  99 | uint64_t{100} << 32, 101 | uint64_t{102} << 32,
                                  103 | uint64_t{104} << 32};

template <typename Sequencer>
std::vector<uint32_t> commands_of(Sequencer sequencer) {
    std::vector<uint32_t> words;
    for (spec::Command c; sequencer.next(c);)
        for (const uint32_t word : spec::encode(c).word) words.push_back(word);
    return words;
}

/// Runs firmware on a device without engines. Every command that reaches it, in words.
template <typename Run>
std::vector<uint32_t> executed(const spec::DeviceParams& device, Run&& run) {
    std::vector<uint32_t> words;
    MockDevice mock(device, 1);
    mock.execute = [&](const spec::Command& c) {
        for (const uint32_t word : spec::encode(c).word) words.push_back(word);
    };
    mock.read_memory = [](uint64_t, uint32_t& value) { value = 0; };
    run(mock);
    CHECK(mock.faults.empty());
    return words;
}

constexpr fw::DriverConfig kConfig{MockDevice::kCsr, MockDevice::kRing, 64, kRecord, 0};

template <typename... Jobs>
std::vector<uint32_t> run_natively(const spec::DeviceParams& device, const Jobs&... jobs) {
    return executed(device, [&](MockDevice& mock) {
        fw::Driver driver(mock);
        REQUIRE(driver.init(kConfig).ok());
        REQUIRE(fw::Runner(driver).run(jobs...).ok());
    });
}

spec::MailboxWords mailbox_of(spec::JobKind kind, uint32_t count, uint64_t jobs,
                              uint64_t workspace) {
    spec::MailboxWords mailbox;
    mailbox.driver = {spec::double_word(kConfig.csr_base), spec::double_word(kConfig.ring_address),
                      spec::double_word(kConfig.record_address), kConfig.ring_descriptors, 0};
    mailbox.request = {static_cast<uint32_t>(kind), count, spec::double_word(jobs),
                       spec::double_word(workspace)};
    mailbox.answer.code = 99;
    return mailbox;
}

/// A request for jobs in words, through the mailbox.
template <typename Words>
std::vector<uint32_t> run_mailbox(const spec::DeviceParams& device, spec::JobKind kind,
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

TEST_CASE("every field of a job has its word") {
    Compared words("words");
    const std::vector<std::pair<uint32_t, uint32_t>> attention = {{0, 31}, {78, 2}};
    const fw::AttentionJob job = numbered_attention();
    check_numbers(words_of(fw::encode(job, kNumbered)), 97, attention, words);
    fw::CoverJob cover;
    cover.attention = job;
    cover.group_tokens = 97;
    cover.class_count = 98;
    cover.index_list = at(105);
    check_numbers(words_of(fw::encode(cover, kNumbered)), 107, attention, words);
    const fw::GemmJob gemm{
        1, 2, 3, 4, 5, true, tensor(6), tensor(11), tensor(16), tensor(21), fw::GemmStage::kScore};
    check_numbers(words_of(fw::encode(gemm)), 26, {{0, 0x402}}, words);
    const fw::LinearJob linear{1,          2,          3,         4,          5,
                               6,          true,       tensor(7), tensor(12), tensor(17),
                               tensor(22), tensor(27), tensor(32)};
    check_numbers(words_of(fw::encode(linear)), 37, {{0, 32}}, words);
    const auto matrix = [](uint32_t word) {
        return fw::MatrixView{tensor(word), word + 5, true, word + 6};
    };
    const fw::ElementwiseJob elementwise{
        fw::ElementFunction::kScale, 2, 3, 4, true, matrix(5), matrix(12), matrix(19)};
    check_numbers(words_of(fw::encode(elementwise)), 26, {{0, 0x3c0}}, words);
    words.holds(words_of(fw::encode(fw::decode(fw::encode(elementwise), fw::MappedMemory(0)))) ==
                    words_of(fw::encode(elementwise)),
                [] { return "elementwise"; });
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
        const spec::GemmWords gemm = fw::encode(test::random_gemm(random));
        words_equal(fw::encode(fw::decode(gemm, memory.mapped())), gemm, "gemm");
        const spec::LinearWords linear = fw::encode(test::random_linear(random));
        words_equal(fw::encode(fw::decode(linear, memory.mapped())), linear, "linear");
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
        runs.holds(run_mailbox(list.device, spec::JobKind::kAttention, words, memory) ==
                       run_natively(list.device, list.jobs.data(),
                                    static_cast<uint32_t>(list.jobs.size())),
                   [] { return "attention"; });
        const test::CoverList cover = test::random_cover(random);
        runs.holds(
            run_mailbox(cover.device, spec::JobKind::kCover, std::vector{placed(cover, memory)},
                        memory) == run_natively(cover.device, cover.job),
            [] { return "cover"; });
        const fw::GemmJob gemm = test::random_gemm(random);
        runs.holds(run_mailbox(kDevice, spec::JobKind::kGemm, std::vector{fw::encode(gemm)},
                               memory) == run_natively(kDevice, gemm),
                   [] { return "gemm"; });
        const fw::LinearJob linear = test::random_linear(random);
        runs.holds(run_mailbox(kDevice, spec::JobKind::kLinear, std::vector{fw::encode(linear)},
                               memory) == run_natively(kDevice, linear),
                   [] { return "linear"; });
    }
}

TEST_CASE("a mailbox does elementwise work as firmware itself does") {
    Compared bytes("words of memory written");
    fw::ElementwiseJob job;
    job.function = fw::ElementFunction::kSilu;
    job.rows = 5;
    job.columns = 12;
    job.a = {test::tensor_at(0x1000, 5, 36), 9, false, 0};
    job.y = {test::tensor_at(0x2000, 5, 18), 9, true, 0};
    const auto written = [&](auto&& run) {
        std::vector<uint64_t> all;
        (void)executed(kDevice, [&](MockDevice& mock) {
            mock.read_memory = [](uint64_t address, uint32_t& value) {
                value = 0x3f000000 + static_cast<uint32_t>(address) * 0x10001;
            };
            mock.write_memory = [&](uint64_t address, uint32_t value) {
                all.insert(all.end(), {address, value});
            };
            run(mock);
        });
        return all;
    };
    const auto natively = written([&](MockDevice& mock) {
        fw::Driver driver(mock);
        REQUIRE(driver.init(kConfig).ok());
        REQUIRE(fw::run_elementwise(job, driver, nullptr).ok());
    });
    test::DeviceMemory memory;
    const uint64_t at = memory.place(std::vector{fw::encode(job)});
    spec::MailboxWords mailbox = mailbox_of(spec::JobKind::kElementwise, 1, at, 0);
    const auto by_words =
        written([&](MockDevice& mock) { fw::answer(mailbox, mock, memory.mapped()); });
    bytes.equal(mailbox.answer.code, 0u);
    bytes.equal(by_words.size(), natively.size());
    for (size_t i = 0; i < std::min(by_words.size(), natively.size()); ++i)
        bytes.equal(by_words[i], natively[i]);
}

TEST_CASE("a mailbox answers what the runner says") {
    Compared answers("answers");
    test::DeviceMemory memory;
    const auto ask = [&](uint32_t kind, uint32_t count, uint64_t error_at) {
        auto random = test::test_random();
        const std::vector<spec::GemmWords> jobs(2, fw::encode(test::random_gemm(random)));
        spec::MailboxWords mailbox =
            mailbox_of(static_cast<spec::JobKind>(kind), count, memory.place(jobs), 0);
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
    answers.equal(ask(6, 1, UINT64_MAX).rule, static_cast<uint32_t>(fw::JobRule::kKind));
    answers.equal(ask(0, 1, UINT64_MAX).code, code(fw::Code::kBadJob));
    const spec::AnswerWords broken = ask(3, 1, 2);
    answers.equal(broken.code, code(fw::Code::kDeviceError));
    answers.equal(broken.error, static_cast<uint32_t>(spec::ErrorCode::kReadBus));
    answers.equal(broken.tag, 2u);
}
