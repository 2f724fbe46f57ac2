// SPDX-License-Identifier: MIT
// Jobs whose words are their fields: each in its place, jobs come back as they were, and a mailbox
// reads and writes what firmware itself does for the processor's own work.
#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "firmware/elementwise/run_elementwise.h"
#include "firmware/runner/field_words.h"
#include "firmware/runner/mailbox.h"
#include "tests/unit/mailbox_bench.h"
#include "tests/unit/placed_jobs.h"
#include "tests/unit/random_element_jobs.h"

using namespace tessera;
using test::check_numbers;
using test::Compared;
using test::MockDevice;
using test::words_of;

namespace {

/// Its word of the type is 1, whatever its number.
fw::MatrixView view_at_word(uint32_t n) { return {test::tensor_at_word(n), n + 5, true, n + 6}; }

/// Words that are the types of matrices, the first of which is at word `first`.
std::vector<std::pair<uint32_t, uint32_t>> types(uint32_t first, uint32_t matrices) {
    std::vector<std::pair<uint32_t, uint32_t>> words;
    for (uint32_t n = 0; n < matrices; ++n) words.emplace_back(first + 8 * n + 7, 1);
    return words;
}

/// Fields in numbers, others than 1, 2, 3, ... named; then matrices.
template <typename Job>
void check_fields(const Job& job, uint32_t matrices,
                  const std::vector<std::pair<uint32_t, uint32_t>>& others, Compared& compared) {
    const std::vector<uint32_t> words = words_of(fw::encode(job));
    const auto first = static_cast<uint32_t>(words.size()) - 8 * matrices;
    std::vector<std::pair<uint32_t, uint32_t>> all = types(first, matrices);
    all.insert(all.end(), others.begin(), others.end());
    check_numbers(words, first + size_t{8} * matrices, all, compared);
    compared.holds(words_of(fw::encode(fw::decode(fw::encode(job)))) == words,
                   [] { return "back and forth"; });
}

/// Accesses of memory in their order: addresses, and what was written.
template <typename Run>
std::vector<uint64_t> accesses_of(Run&& run) {
    std::vector<uint64_t> all;
    (void)test::executed(test::kMailboxDevice, [&](MockDevice& mock) {
        mock.read_memory = [&](uint64_t address, uint32_t& value) {
            value = 0x3f000000 + static_cast<uint32_t>(address) * 0x10001;
            all.push_back(address);
        };
        mock.write_memory = [&](uint64_t address, uint32_t value) {
            all.insert(all.end(), {address, value});
        };
        run(mock);
    });
    return all;
}

/// The answer of a request for one job.
template <typename Job>
spec::AnswerWords ask(const Job& job, MockDevice& mock) {
    test::DeviceMemory memory;
    const uint64_t at = memory.place(std::vector{fw::encode(job)});
    spec::MailboxWords mailbox = test::mailbox_of(Job::kKind, 1, at, 0);
    fw::answer(mailbox, mock, memory.mapped());
    return mailbox.answer;
}

template <typename Job>
void check_mailbox(const Job& job, Compared& compared) {
    const auto name = [] { return "kind " + std::to_string(Job::kKind); };
    const std::vector<uint64_t> natively = accesses_of([&](MockDevice& mock) {
        fw::Driver driver(mock);
        REQUIRE(driver.init(test::kMailboxConfig).ok());
        REQUIRE(fw::run_elementwise(job, driver, nullptr).ok());
    });
    const std::vector<uint64_t> by_words =
        accesses_of([&](MockDevice& mock) { compared.equal(ask(job, mock).code, 0u, name); });
    compared.equal(by_words.size(), natively.size(), name);
    for (size_t i = 0; i < std::min(by_words.size(), natively.size()); ++i)
        compared.equal(by_words[i], natively[i], name);
}

}  // namespace

TEST_CASE("every field of a job has its word, in the order of the contract") {
    Compared words("words");
    const auto view = view_at_word;
    const auto tensor = test::tensor_at_word;
    // Choices and flags are where they are with the number of their word, or named with their own.
    check_fields(fw::GemmJob{0, 1, 2, 3, 4, true, tensor(6), tensor(11), tensor(16), tensor(21),
                             fw::GemmStage::kScore},
                 0, {{5, 1}, {26, 1}}, words);
    check_fields(fw::LinearJob{0, 1, 2, 3, 4, 5, true, tensor(7), tensor(12), tensor(17),
                               tensor(22), tensor(27), tensor(32)},
                 0, {{6, 1}}, words);
    check_fields(
        fw::ElementwiseJob{fw::ElementFunction::kAdd, 1, 2, 3, true, view(5), view(13), view(21)},
        3, {{4, 1}}, words);
    for (const bool bias : {false, true})
        check_fields(fw::EpilogueJob{fw::Activation::kNone, fw::Scaling::kFactor, bias, !bias, 4, 5,
                                     6, view(7), view(15), view(23), view(31), view(39)},
                     5, {{2, bias ? 1 : 0}, {3, bias ? 0 : 1}}, words);
    check_fields(fw::GateJob{fw::Activation::kGeluTanh, 1, 2, view(3), view(11), view(19)}, 3,
                 {{0, 6}}, words);
    for (const bool gamma : {false, true})
        check_fields(fw::NormJob{fw::Norm::kL2, gamma, !gamma, 3, 4, 5, view(6), view(14), view(22),
                                 view(30)},
                     4, {{0, 3}, {1, gamma ? 1 : 0}, {2, gamma ? 0 : 1}}, words);
    check_fields(fw::RotaryJob{fw::RotaryPairs::kHalves, true, 2, 3, 4, 5, 6, 7, view(8), view(16),
                               view(24)},
                 3, {{0, 1}, {1, 1}}, words);
    check_fields(fw::GatherJob{true, 1, 2, 3, 4, view(5), view(13), view(21)}, 3, {{0, 1}}, words);
    check_fields(fw::PoolJob{0, 1, view(2), view(10)}, 2, {}, words);
}

TEST_CASE("jobs of the processor come back from their words, and a mailbox does them") {
    auto random = test::test_random();
    Compared jobs("jobs"), accesses("accesses of memory");
    const auto check = [&](const auto& job) {
        const auto words = fw::encode(job);
        jobs.holds(words_of(fw::encode(fw::decode(words))) == words_of(words),
                   [&] { return "kind " + std::to_string(job.kKind); });
        check_mailbox(job, accesses);
    };
    for (int n = 0; n < 60; ++n) {
        test::RandomElementJobs draw(random);
        check(draw.elementwise());
        check(draw.epilogue());
        check(draw.gate());
        check(draw.norm());
        check(draw.rotary());
        check(draw.gather());
        check(draw.pool());
    }
}

TEST_CASE("a function that there is not is refused") {
    auto random = test::test_random();
    Compared answers("answers");
    test::RandomElementJobs draw(random);
    const auto refuses = [&](auto job, auto field, uint32_t known) {
        using Function = std::remove_reference_t<decltype(job.*field)>;
        for (const uint32_t number : {known - 1, known, UINT32_MAX}) {
            job.*field = static_cast<Function>(number);
            (void)test::executed(test::kMailboxDevice, [&](MockDevice& mock) {
                const fw::JobRule rule = number < known ? fw::JobRule::kNone : fw::JobRule::kKind;
                answers.equal(ask(job, mock).rule, static_cast<uint32_t>(rule),
                              [&] { return std::to_string(number); });
            });
        }
    };
    fw::ElementwiseJob statistic = draw.elementwise();
    statistic.y = {test::tensor_at(0x100000, statistic.rows, 4 * statistic.columns),
                   statistic.columns, false, 0};
    refuses(statistic, &fw::ElementwiseJob::function, fw::kElementFunctions);
    refuses(draw.epilogue(), &fw::EpilogueJob::activation, fw::kActivations);
    refuses(draw.epilogue(), &fw::EpilogueJob::scaling, fw::kScalings);
    refuses(draw.gate(), &fw::GateJob::activation, fw::kActivations);
    refuses(draw.norm(), &fw::NormJob::norm, fw::kNorms);
    refuses(draw.rotary(), &fw::RotaryJob::pairs, fw::kRotaryPairs);
    refuses(test::random_gemm(random), &fw::GemmJob::stage, fw::kGemmStages);
}
