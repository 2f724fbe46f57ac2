// SPDX-License-Identifier: MIT
// The processor's own work as words: each field in its place, jobs come back as they were, and a
// mailbox reads and writes what firmware itself does for the job.
#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "firmware/elementwise/run_elementwise.h"
#include "firmware/runner/element_words.h"
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
spec::AnswerWords ask(spec::JobKind kind, const Job& job, MockDevice& mock) {
    test::DeviceMemory memory;
    const uint64_t at = memory.place(std::vector{fw::encode(job)});
    spec::MailboxWords mailbox = test::mailbox_of(kind, 1, at, 0);
    fw::answer(mailbox, mock, memory.mapped());
    return mailbox.answer;
}

template <typename Job>
void check_mailbox(spec::JobKind kind, const Job& job, Compared& compared) {
    const auto name = [kind] { return "kind " + std::to_string(static_cast<uint32_t>(kind)); };
    const std::vector<uint64_t> natively = accesses_of([&](MockDevice& mock) {
        fw::Driver driver(mock);
        REQUIRE(driver.init(test::kMailboxConfig).ok());
        REQUIRE(fw::run_elementwise(job, driver, nullptr).ok());
    });
    const std::vector<uint64_t> by_words =
        accesses_of([&](MockDevice& mock) { compared.equal(ask(kind, job, mock).code, 0u, name); });
    compared.equal(by_words.size(), natively.size(), name);
    for (size_t i = 0; i < std::min(by_words.size(), natively.size()); ++i)
        compared.equal(by_words[i], natively[i], name);
}

}  // namespace

TEST_CASE("every field of a job of the processor has its word") {
    Compared words("words");
    const auto view = view_at_word;
    check_fields(
        fw::ElementwiseJob{fw::ElementFunction::kScale, 2, 3, 4, true, view(5), view(13), view(21)},
        3, {{0, 0x200}}, words);
    check_fields(fw::EpilogueJob{fw::Activation::kRelu, fw::Scaling::kColumns, true, false, 3, 4, 5,
                                 view(6), view(14), view(22), view(30), view(38)},
                 5, {{0, 0x80}}, words);
    check_fields(fw::EpilogueJob{fw::Activation::kRelu, fw::Scaling::kColumns, false, true, 3, 4, 5,
                                 view(6), view(14), view(22), view(30), view(38)},
                 5, {{0, 0x100}}, words);
    check_fields(fw::GateJob{fw::Activation::kGeluTanh, 1, 2, view(3), view(11), view(19)}, 3,
                 {{0, 6}}, words);
    check_fields(
        fw::NormJob{fw::Norm::kWhole, true, false, 2, 3, 4, view(5), view(13), view(21), view(29)},
        4, {{0, 0x800}}, words);
    check_fields(
        fw::NormJob{fw::Norm::kWhole, false, true, 2, 3, 4, view(5), view(13), view(21), view(29)},
        4, {{0, 0x1000}}, words);
    check_fields(fw::RotaryJob{fw::RotaryPairs::kHalves, true, 2, 3, 4, 5, 6, 7, view(8), view(16),
                               view(24)},
                 3, {{0, 0x40}}, words);
    check_fields(fw::GatherJob{true, 1, 2, 3, 4, view(5), view(13), view(21)}, 3, {{0, 0x40}},
                 words);
    check_fields(fw::PoolJob{0, 1, view(2), view(10)}, 2, {}, words);
}

TEST_CASE("jobs of the processor come back from their words, and a mailbox does them") {
    auto random = test::test_random();
    Compared jobs("jobs"), accesses("accesses of memory");
    const auto check = [&](spec::JobKind kind, const auto& job) {
        const auto words = fw::encode(job);
        jobs.holds(words_of(fw::encode(fw::decode(words))) == words_of(words),
                   [&] { return "kind " + std::to_string(static_cast<uint32_t>(kind)); });
        check_mailbox(kind, job, accesses);
    };
    for (int n = 0; n < 60; ++n) {
        test::RandomElementJobs draw(random);
        check(spec::JobKind::kElementwise, draw.elementwise());
        check(spec::JobKind::kEpilogue, draw.epilogue());
        check(spec::JobKind::kGate, draw.gate());
        check(spec::JobKind::kNorm, draw.norm());
        check(spec::JobKind::kRotary, draw.rotary());
        check(spec::JobKind::kGather, draw.gather());
        check(spec::JobKind::kPool, draw.pool());
    }
}

TEST_CASE("a function that there is not is refused") {
    auto random = test::test_random();
    Compared answers("answers");
    test::RandomElementJobs draw(random);
    const auto refuses = [&](spec::JobKind kind, auto job, auto field, uint32_t known) {
        using Function = std::remove_reference_t<decltype(job.*field)>;
        for (const uint32_t number : {known - 1, known, UINT32_MAX}) {
            job.*field = static_cast<Function>(number);
            (void)test::executed(test::kMailboxDevice, [&](MockDevice& mock) {
                const fw::JobRule rule = number < known ? fw::JobRule::kNone : fw::JobRule::kKind;
                answers.equal(ask(kind, job, mock).rule, static_cast<uint32_t>(rule),
                              [&] { return std::to_string(number); });
            });
        }
    };
    fw::ElementwiseJob statistic = draw.elementwise();
    statistic.y = {test::tensor_at(0x100000, statistic.rows, 4 * statistic.columns),
                   statistic.columns, false, 0};
    refuses(spec::JobKind::kElementwise, statistic, &fw::ElementwiseJob::function,
            fw::kElementFunctions);
    refuses(spec::JobKind::kEpilogue, draw.epilogue(), &fw::EpilogueJob::activation,
            fw::kActivations);
    refuses(spec::JobKind::kEpilogue, draw.epilogue(), &fw::EpilogueJob::scaling, fw::kScalings);
    refuses(spec::JobKind::kGate, draw.gate(), &fw::GateJob::activation, fw::kActivations);
    refuses(spec::JobKind::kNorm, draw.norm(), &fw::NormJob::norm, fw::kNorms);
    refuses(spec::JobKind::kRotary, draw.rotary(), &fw::RotaryJob::pairs, fw::kRotaryPairs);
}
