// SPDX-License-Identifier: MIT
// Models of tasks on exact attention: right where their memory is large enough, wrong one below.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/task/catalogue.h"
#include "host/task/task_run.h"
#include "tests/support/compared.h"
#include "tests/support/exact_runner.h"

using namespace tessera;
using test::Compared;

namespace {

struct Point {
    const char *task, *model;
    uint64_t size, reach, columns;
    bool right;
    uint64_t block = 0, summaries = 0;
};

/// Edges: digits need 2 columns each for addresses below 16, 256, ...; sparse needs block /
/// summaries columns, linear the root of what it stores, a ring that of what it keeps.
const std::vector<Point> kPoints = {{"reg", "standard", 40, 0, 4, true},
                                    {"reg", "standard", 40, 0, 3, false},
                                    {"reg", "sparse", 32, 0, 8, true},
                                    {"reg", "sparse", 32, 0, 7, false},
                                    {"reg", "sparse", 32, 0, 4, true, 8, 2},
                                    {"reg", "sparse", 128, 0, 4, true, 8, 4},
                                    {"reg", "sparse", 128, 0, 15, false},
                                    {"reg", "linear", 32, 0, 8, true},
                                    {"reg", "linear", 32, 0, 7, false},
                                    {"lis", "standard", 40, 0, 11, true},
                                    {"lis", "linear", 30, 0, 14, true},
                                    {"lis", "linear", 30, 0, 11, false},
                                    {"lis", "linear", 46, 0, 14, true},
                                    {"ed", "standard", 6, 0, 4, true},
                                    {"ed", "sparse", 6, 0, 4, true},
                                    {"ed", "sparse", 14, 0, 8, true},
                                    {"ed", "sparse", 14, 0, 7, false},
                                    {"ed", "linear", 6, 0, 7, true},
                                    {"ed", "linear", 6, 0, 6, false},
                                    {"ed", "ring", 5, 0, 4, true},
                                    {"ed", "ring", 5, 0, 3, false},
                                    {"ed-local", "standard", 10, 5, 4, true},
                                    {"ed-local", "window", 30, 5, 4, true},
                                    {"ed-local", "sparse", 20, 15, 16, true},
                                    {"ed-local", "sparse", 20, 15, 15, false},
                                    {"ed-local", "linear", 5, 3, 5, true},
                                    {"ed-local", "linear", 16, 15, 8, false},
                                    {"ed-local", "ring", 30, 3, 2, true},
                                    {"ed-local", "ring", 30, 7, 3, true},
                                    {"ed-local", "ring", 30, 15, 3, false},
                                    {"reg-local", "standard", 30, 4, 4, true},
                                    {"reg-local", "window", 150, 4, 4, true},
                                    {"reg-local", "sparse", 60, 8, 8, true},
                                    {"reg-local", "sparse", 60, 8, 6, false},
                                    {"reg-local", "linear", 25, 4, 5, true},
                                    {"reg-local", "linear", 60, 4, 7, false},
                                    {"arithmetic", "standard", 4, 0, 4, true},
                                    {"arithmetic", "standard", 4, 0, 3, false},
                                    {"arithmetic", "window", 10, 0, 4, true},
                                    {"arithmetic", "sparse", 10, 0, 8, true},
                                    {"arithmetic", "sparse", 10, 0, 7, false},
                                    {"arithmetic", "linear", 4, 0, 8, true},
                                    {"arithmetic", "linear", 4, 0, 4, false},
                                    {"arithmetic", "ring", 4, 0, 5, true},
                                    {"arithmetic", "ring", 4, 0, 4, false},
                                    {"arithmetic", "ring", 10, 0, 7, true},
                                    {"arithmetic", "ring", 10, 0, 6, false},
                                    {"reg-local", "ring", 60, 9, 3, true},
                                    {"reg-local", "ring", 60, 10, 3, false}};

std::string text_of(const Point& point) {
    return std::string(point.task) + " " + point.model + ", size " + std::to_string(point.size) +
           ", columns " + std::to_string(point.columns);
}

host::TaskSetup setup_of(const Point& point, uint64_t seed) {
    TaskOptions options;
    options.name = point.task;
    options.model = point.model;
    options.size = point.size;
    if (point.reach != 0) options.reach = point.reach;
    options.columns = point.columns;
    options.seed = seed;
    Experiment experiment;
    experiment.workload.mask.block = point.block;
    experiment.workload.mask.summary = point.summaries;
    return host::make_task(options, experiment);
}

}  // namespace

TEST_CASE("task models: chains are right on one side of each edge, wrong on the other") {
    const uint64_t seed = test::test_seed();
    Compared chains("chains"), forms("closed forms"), elements("operands that bf16 keeps");
    test::ExactRunner runner;
    for (const Point& point : kPoints) {
        const auto where = [&] { return text_of(point) + ", seed " + std::to_string(seed); };
        const host::TaskSetup setup = setup_of(point, seed);
        const host::TaskResult result = host::run_pass(*setup.task, host::models_of(setup), runner);
        chains.equal(result.right == result.asked, point.right, where);
        forms.equal(result.unexpected, uint64_t{0}, where);
        if (result.expected_right) forms.equal(*result.expected_right, result.right, where);
        if (point.right) forms.holds(result.expected_right.has_value(), where);
    }
    elements.add(runner.elements(), runner.rounded(), [] { return ""; });
}

TEST_CASE("task models: lis under a mask has the lengths of what can be seen") {
    Compared forms("closed forms"), lengths("lengths");
    test::ExactRunner runner;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        TaskOptions options;
        options.name = "lis";
        options.size = 40 + 3 * seed;
        options.seed = seed;
        Experiment experiment;
        experiment.workload.mask.window = *options.size + 1 + 2 * seed;
        experiment.workload.mask.sinks = seed;
        const host::TaskSetup setup = host::make_task(options, experiment);
        const host::TaskResult result = host::run_pass(*setup.task, host::models_of(setup), runner);
        const auto where = [&] { return setup.title; };
        forms.equal(result.unexpected, uint64_t{0}, where);
        forms.equal(result.expected_right.value_or(0), result.right, where);
        // An answer is one more than the largest length seen whose number is lower.
        for (uint64_t i = 1; i < *options.size; ++i) {
            const uint64_t p = *options.size + i;
            const int64_t number = result.tokens[p + 1][1];
            int64_t best = 0;
            for (uint64_t j = *options.size + 1; j <= p; ++j)
                if (p - j < experiment.workload.mask.window && result.tokens[j][1] < number)
                    best = std::max(best, result.tokens[j][0]);
            lengths.equal(result.answers[p][0], best + 1, where);
        }
    }
}

TEST_CASE("task models: listops is right where every operator sees its lists") {
    Compared values("values"), forms("closed forms");
    test::ExactRunner runner;
    uint64_t wrong = 0;
    for (uint64_t seed = 1; seed <= 12; ++seed) {
        TaskOptions options;
        options.name = "listops";
        options.tokens = 120;
        options.seed = seed;
        Experiment experiment;
        if (seed % 3 != 0) {
            experiment.workload.mask.window = 8 * (seed % 3) + seed;
            experiment.workload.mask.sinks = seed % 2;
        }
        const host::TaskSetup setup = host::make_task(options, experiment);
        const host::TaskResult result = host::run_pass(*setup.task, host::models_of(setup), runner);
        const auto where = [&] { return setup.title; };
        forms.equal(result.unexpected, uint64_t{0}, where);
        forms.equal(result.expected_right.value_or(0), result.right, where);
        if (seed % 3 == 0) values.equal(result.right, result.asked, where);  // which sees all
        if (result.right != result.asked) ++wrong;
    }
    values.holds(wrong >= 4, [&] { return std::to_string(wrong) + " wrong behind windows"; });
}

TEST_CASE("task models: token by token gives the answers of one pass, up to the first wrong one") {
    const uint64_t seed = test::test_seed();
    Compared tokens("tokens");
    test::ExactRunner runner;
    for (const Point& point : kPoints) {
        if (point.size > 40) continue;
        const auto where = [&] { return text_of(point) + ", seed " + std::to_string(seed); };
        const host::TaskSetup setup = setup_of(point, seed);
        const host::TaskResult pass = host::run_pass(*setup.task, host::models_of(setup), runner);
        const host::TaskResult alone =
            host::run_token_by_token(*setup.task, host::models_of(setup), runner, {});
        tokens.equal(alone.first_wrong.has_value(), pass.first_wrong.has_value(), where);
        const uint64_t end =
            pass.first_wrong ? pass.first_wrong->position + 1 : setup.task->tokens();
        for (uint64_t p = 0; p < end; ++p)
            if (setup.task->counts(p) || setup.task->emits(p))
                tokens.equal(alone.answers[p], pass.answers[p], where);
        if (pass.first_wrong && alone.first_wrong)
            tokens.equal(alone.first_wrong->position, pass.first_wrong->position, where);
    }
}

namespace {

/// Can the token at i see the one at j? Written out for these masks.
bool sees(const Experiment::Mask& mask, uint64_t i, uint64_t j) {
    if (j > i) return false;
    const bool window = mask.window != 0 && j + mask.window > i;
    const bool own = mask.block != 0 && j / mask.block == i / mask.block;
    const bool summary =
        mask.summary != 0 && j % mask.block >= mask.block - mask.summary && mask.block != 0;
    const bool any = mask.window == 0 && mask.sinks == 0 && mask.block == 0;
    return any || window || j < mask.sinks || own || summary;
}

Experiment::Mask mask_of(uint64_t window, uint64_t sinks, uint64_t block, uint64_t summary) {
    Experiment::Mask mask;
    mask.window = window;
    mask.sinks = sinks;
    mask.block = block;
    mask.summary = summary;
    return mask;
}

}  // namespace

TEST_CASE("task mqar: as many values come back as there are pairs that a query sees") {
    const uint64_t seed = test::test_seed();
    Compared shares("shares");
    test::ExactRunner runner;
    for (const char* layout : {"first", "spread"})
        for (const Experiment::Mask& mask :
             {mask_of(0, 0, 0, 0), mask_of(64, 0, 0, 0), mask_of(64, 33, 0, 0),
              mask_of(0, 0, 32, 0), mask_of(0, 0, 32, 1), mask_of(0, 0, 32, 8)}) {
            TaskOptions options;
            options.name = "mqar";
            options.tokens = 256;
            options.layout = layout;
            options.seed = seed;
            Experiment experiment;
            experiment.workload.mask = mask;
            const host::TaskSetup setup = host::make_task(options, experiment);
            const host::TaskResult result =
                host::run_pass(*setup.task, host::models_of(setup), runner);
            uint64_t visible = 0;
            for (uint64_t i = 0; i < 256; ++i)
                for (uint64_t j = 1; j < i && setup.task->counts(i); ++j) {
                    const bool pair = setup.task->token(j)[0] == 2 &&
                                      setup.task->token(j - 1)[1] == setup.task->token(i)[1];
                    if (pair && sees(mask, i, j) && sees(mask, j, j - 1)) ++visible;
                }
            const auto where = [&] {
                return std::string(layout) + ", window " + std::to_string(mask.window);
            };
            shares.equal(result.right, visible, where);
            shares.equal(result.expected_right.value_or(0), visible, where);
            shares.equal(result.unexpected, uint64_t{0}, where);
        }
}

TEST_CASE("task induction: right where the last symbols have had one continuation only") {
    const uint64_t seed = test::test_seed();
    Compared symbols("symbols");
    test::ExactRunner runner;
    for (const uint64_t gram : {1U, 2U, 3U}) {
        TaskOptions options;
        options.name = "induction";
        options.tokens = 128;
        options.symbols = 16;
        options.gram = gram;
        options.seed = seed;
        const host::TaskSetup setup = host::make_task(options, {});
        const host::TaskResult result = host::run_pass(*setup.task, host::models_of(setup), runner);
        std::map<std::vector<int64_t>, std::set<int64_t>> continuations;
        std::vector<int64_t> text;
        for (uint64_t p = 0; p + 1 < 128; ++p) {
            text.push_back(setup.task->token(p)[0]);
            if (text.size() < gram) continue;
            const auto end = static_cast<ptrdiff_t>(text.size()),
                       begin = end - static_cast<ptrdiff_t>(gram);
            const std::vector<int64_t> last(text.begin() + begin, text.begin() + end);
            const int64_t next = setup.task->token(p + 1)[0];
            if (setup.task->counts(p))
                symbols.equal(result.answers[p] == setup.task->answer(p),
                              continuations[last] == std::set<int64_t>{next},
                              [&] { return std::to_string(p); });
            continuations[last].insert(next);
        }
        symbols.equal(result.unexpected, uint64_t{0});
    }
}

TEST_CASE(
    "task vartrack: right where a query sees every link of its chain, and doubling is as good") {
    const uint64_t seed = test::test_seed();
    Compared values("values");
    test::ExactRunner runner;
    for (const uint64_t hops : {1U, 3U})
        for (const uint64_t window : {0U, 60U})
            for (const bool doubling : {false, true}) {
                if (doubling && window != 0) continue;  // links need not be seen by the query
                TaskOptions options;
                options.name = "vartrack";
                options.tokens = 100;
                options.chains = 12;
                options.hops = hops;
                options.doubling = doubling;
                options.seed = seed;
                Experiment experiment;
                experiment.workload.mask.window = window;
                const host::TaskSetup setup = host::make_task(options, experiment);
                const host::TaskResult result =
                    host::run_pass(*setup.task, host::models_of(setup), runner);
                std::map<int64_t, uint64_t> places;
                for (uint64_t p = 0; p < 100; ++p) {
                    const host::Fields token = setup.task->token(p);
                    if (token[2] != host::kNothing) places[token[2]] = p;
                    if (!setup.task->counts(p)) continue;
                    bool seen = true;
                    for (host::Fields at = token; at[1] == 0;) {
                        const uint64_t place = places.at(at[0]);
                        seen = seen && sees(experiment.workload.mask, p, place);
                        at = setup.task->token(place);
                    }
                    values.equal(result.answers[p] == setup.task->answer(p), seen);
                }
                values.equal(result.unexpected, uint64_t{0});
            }
}
