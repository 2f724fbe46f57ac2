// SPDX-License-Identifier: MIT
// Sweeps: whatever happens to a point is its outcome, the others go on, and a sweep that was broken
// off goes on from its store. Fronts and sensitivities against their definitions.
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <map>
#include <new>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <thread>

#include "host/error.h"
#include "host/run/device_error.h"
#include "host/sweep/analysis.h"
#include "host/sweep/executor.h"
#include "host/sweep/objective.h"
#include "host/sweep/sweep.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/scratch.h"

using namespace tessera::host;
using tessera::ErrorCode;
using tessera::test::Compared;

namespace {

PointWork good(const std::string& name) {
    return [name] { return name; };
}

template <typename Error>
PointWork throwing(const Error& error) {
    return [error]() -> std::string { throw error; };
}

std::string crash() {
    ::raise(SIGKILL);
    return "";
}

std::string hang() {
    while (true) ::pause();
    return "";
}

/// Outcomes in the order of the points.
std::vector<Outcome> outcomes_of(const std::vector<PointWork>& points,
                                 const ProcessLimits& limits) {
    std::vector<Outcome> outcomes(points.size());
    run_in_processes(points, limits,
                     [&](size_t i, Outcome outcome) { outcomes[i] = std::move(outcome); });
    return outcomes;
}

/// An executor that invents outcomes: point i of those that it is given, `refused` or with a
/// figure. After `most` points it throws, as if it had been killed.
Executor inventing(size_t& ran, size_t most = SIZE_MAX) {
    return [&ran, most](const std::vector<PointWork>& points, const Ends& ends) {
        for (size_t i = 0; i < points.size(); ++i) {
            if (ran == most) throw std::runtime_error("killed");
            ++ran;
            if (i % 3 == 2)
                ends(i, {{}, UserError("no such device")});
            else
                ends(i, {R"({"outcome": {"state": "ok", "figures": {"derived.cycles": 7}},
                             "definitions": [["derived.cycles", "cycle", "counter cycles"]]})",
                         {}});
        }
    };
}

constexpr const char* kGrid = R"({"fields": {"workload.random.tokens": [8, 16, 24],
                                             "workload.random.heads": [1, 2]},
                                  "points": {"again": {"workload.random.tokens": 8}}})";

}  // namespace

TEST_CASE("a point that crashes, hangs or is refused is a record, and the others go on") {
    struct Expected {
        const char* state;
        ErrorCode code;
        const char* message;
    };
    const std::vector<PointWork> points = {crash,
                                           hang,
                                           throwing(UserError("no such device")),
                                           good("good"),
                                           throwing(DeviceError("bad descriptor")),
                                           throwing(std::bad_alloc()),
                                           throwing(std::logic_error("impossible")),
                                           good("last")};
    const std::vector<Expected> expected = {
        {"failed", ErrorCode::kInternal, "killed by signal 9"},
        {"failed", ErrorCode::kInternal, "took longer than 1 s"},
        {"refused", ErrorCode::kUser, "no such device"},
        {"", {}, "good"},
        {"failed", ErrorCode::kDevice, "bad descriptor"},
        {"refused", ErrorCode::kUser, "out of host memory"},
        {"failed", ErrorCode::kInternal, "impossible"},
        {"", {}, "last"}};
    Compared records("records");
    for (const size_t at_once : {1, 2, 8}) {
        const std::vector<Outcome> outcomes = outcomes_of(points, {at_once, 1});
        for (size_t i = 0; i < points.size(); ++i) {
            const Outcome& o = outcomes[i];
            const std::string text = o.error ? o.error->text() : o.result;
            records.equal(std::string(o.error ? state_name(*o.error) : ""), expected[i].state,
                          [&] { return text; });
            records.holds(text.find(expected[i].message) != std::string::npos,
                          [&] { return text; });
            if (o.error) records.equal(o.error->code(), expected[i].code);
        }
    }
}

TEST_CASE("so many points run at once, and no more") {
    struct Shared {
        std::atomic<int> running{0}, most{0}, started{0};
    };
    void* memory =
        ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    Compared counts("counts");
    for (const int at_once : {1, 3}) {
        Shared* shared = new (memory) Shared;
        std::vector<PointWork> points;
        points.reserve(9);
        for (int i = 0; i < 9; ++i)
            points.emplace_back([shared, at_once] {
                ++shared->started;
                const int running = ++shared->running;
                int most = shared->most;
                while (most < running && !shared->most.compare_exchange_weak(most, running)) {
                }
                // Until as many run as may; the last of all alone.
                const int wanted = std::min(at_once, 9);
                while (shared->most < wanted) std::this_thread::yield();
                --shared->running;
                return std::string("x");
            });
        size_t told = 0;
        run_in_processes(points, {static_cast<size_t>(at_once)}, [&](size_t, const Outcome& o) {
            ++told;
            counts.equal(o.result, "x");
        });
        counts.equal(shared->most.load(), at_once);
        counts.equal(shared->started.load(), 9);
        counts.equal(told, size_t{9});
    }
    ::munmap(memory, sizeof(Shared));
}

TEST_CASE("a sweep goes on where it ended, and runs equal experiments once") {
    const tessera::test::Scratch scratch;
    const Grid grid("grid.json", kGrid);
    const PointList points(grid, {});
    Compared counts("counts");
    counts.equal(points.size(), size_t{7});
    size_t ran = 0;
    {
        SweepStore store(scratch.path(), LineFile::Access::kAppend);
        CHECK_THROWS(sweep(points, inventing(ran, 4), store));
    }
    const std::string half = R"({"point": "x", "remarks": ")" + std::string(10000, 'x');
    std::ofstream(scratch / "points.jsonl", std::ios::app) << half;  // killed here
    {
        SweepStore store(scratch.path(), LineFile::Access::kAppend);
        counts.equal(store.hashes().size(), size_t{4});
        size_t more = 0, told = 0, last = 0;
        sweep(points, inventing(more), store, [&](size_t ended) {
            ++told;
            last = ended;
        });
        counts.equal(more, size_t{2});  // "again" has the experiment of a point of the grid
        counts.equal(told, size_t{2});
        counts.equal(last, points.size());
        counts.equal(missing(points, store).size(), size_t{0});
        size_t none = 0;
        sweep(points, inventing(none), store);
        counts.equal(none, size_t{0});
    }
    const std::string all = tessera::test::read_text(scratch / "points.jsonl");
    counts.equal(all.back(), '\n');
    counts.equal(all.find("xxx"), std::string::npos);
    const SweepStore store(scratch.path(), LineFile::Access::kRead);
    counts.equal(store.hashes().size(), size_t{6});
    counts.equal(store.definitions().size(), size_t{1});
    std::map<std::string, int> states;
    for (const std::string& hash : points.hashes) ++states[store.outcome(hash).at("state")];
    counts.equal(states["ok"] + states["refused"], 7);
    counts.holds(states["refused"] >= 1, [] { return "refused points are records"; });
}

TEST_CASE("shards have each point once, and a store of other points is refused") {
    const Grid grid("grid.json", kGrid);
    Compared indices("indices");
    for (const uint64_t count : {1, 2, 3, 9}) {
        std::set<size_t> seen;
        size_t all = 0;
        for (uint64_t number = 1; number <= count; ++number) {
            const PointList shard(grid, {number, count});
            all += shard.size();
            for (const size_t i : shard.indices) indices.equal(seen.insert(i).second, true);
        }
        indices.equal(all, grid.size());
    }
    const tessera::test::Scratch scratch;
    size_t ran = 0;
    SweepStore store(scratch.path(), LineFile::Access::kAppend);
    sweep(PointList(grid, {}), inventing(ran), store);
    refuse_strangers(PointList(grid, {}), store);
    CHECK_THROWS_AS(refuse_strangers(PointList(grid, {1, 2}), store), UserError);
    CHECK_THROWS_AS(SweepStore(scratch / "no/such/folder", LineFile::Access::kAppend), UserError);
}

TEST_CASE("a store that is none is an error of the user") {
    const tessera::test::Scratch scratch;
    Compared errors("errors");
    const std::string good =
        R"({"point": "a", "hash": "1", "version": "x", "state": "ok", "figures": {"a.b": 1}})"
        "\n";
    const auto refused = [&](const std::string& text, const std::string& part) {
        std::ofstream(scratch / "points.jsonl") << text;
        std::string message;
        try {
            const SweepStore store(scratch.path(), LineFile::Access::kAppend);
        } catch (const UserError& error) {
            message = error.what();
        }
        errors.holds(message.find(part) != std::string::npos, [&] { return text + message; });
    };
    refused("nonsense\n", "line 1");
    refused(good + "[]\n", "line 2");
    refused(good + good +
                R"({"hash": "1", "version": "x", "state": "fine", "figures": {}})"
                "\n",
            "line 3");
    refused(R"({"hash": "1", "version": "x", "state": "ok", "figures": {"a": "b"}})"
            "\n",
            "line 1");
    refused(R"({"hash": "1", "version": "x", "state": "failed"})"
            "\n",
            "line 1");
    std::ofstream(scratch / "points.jsonl") << good;
    const SweepStore store(scratch.path(), LineFile::Access::kAppend);  // of another version
    errors.equal(store.foreign().at("x"), uint64_t{1});
    errors.equal(store.hashes().size(), size_t{0});
}

TEST_CASE("the front has the points that no other beats") {
    auto random = tessera::test::test_random();
    Compared points("points");
    for (int round = 0; round < 30; ++round) {
        const size_t count = 1 + random() % 40, figures = 1 + random() % 3;
        FigureValues values(figures, std::vector<double>(count));
        std::vector<bool> most;
        for (auto& list : values) {
            most.push_back(random() % 2 == 0);
            for (double& x : list) x = random() % 10 == 0 ? NAN : static_cast<double>(random() % 8);
        }
        const std::vector<size_t> front = pareto_front(values, most);
        const auto known = [&](size_t i) {
            return std::none_of(values.begin(), values.end(),
                                [&](const auto& list) { return std::isnan(list[i]); });
        };
        for (size_t i = 0; i < count; ++i) {
            bool on = known(i);
            for (size_t j = 0; j < count && on; ++j) {
                if (!known(j)) continue;
                size_t better = 0, worse = 0;
                for (size_t f = 0; f < figures; ++f) {
                    const double a = values[f][j], b = values[f][i];
                    better += (most[f] ? a > b : a < b) ? 1 : 0;
                    worse += (most[f] ? a < b : a > b) ? 1 : 0;
                }
                on = better == 0 || worse != 0;
            }
            points.equal(std::count(front.begin(), front.end(), i) == 1, on);
        }
    }
}

TEST_CASE("a sensitivity is the mean ratio over points that differ in one field") {
    const Grid grid("grid.json", R"({"fields": {"workload.random.heads": [1, 2],
                                                "workload.random.tokens": [8, 16, 24]},
                                     "points": {"named": {}}})");
    const PointList points(grid, {});
    // heads 1: 2, 8, none; heads 2: 6, 6, 5; the named point is no neighbour of any
    const FigureValues values = {{2, 8, NAN, 6, 6, 5, 1000}};
    const std::vector<Sensitivity> all = sensitivities(points, values);
    REQUIRE(all.size() == 2);
    Compared figures("figures");
    figures.equal(all[0].sets, uint64_t{2});  // 2 and 6; 8 and 6
    figures.holds(std::fabs(all[0].mean_ratio - std::sqrt(3.0 * 8 / 6)) < 1e-12,
                  [&] { return std::to_string(all[0].mean_ratio); });
    figures.equal(all[0].largest_ratio, 3.0);
    figures.equal(all[1].sets, uint64_t{2});  // 2 and 8; 6, 6 and 5
    figures.holds(std::fabs(all[1].mean_ratio - std::sqrt(4.0 * 6 / 5)) < 1e-12,
                  [&] { return std::to_string(all[1].mean_ratio); });
    figures.equal(all[1].largest_ratio, 4.0);
}

TEST_CASE("a figure is called by its path, or by its name where that is clear") {
    const std::set<std::string> paths = {"derived.cycles", "counters.cycles", "counters.x.busy",
                                         "counters.y.busy", "error.max_abs"};
    Compared names("names");
    const auto name = [&](const std::string& given) {
        try {
            return objectives_of({given}, paths).front().name();
        } catch (const UserError& error) {
            return std::string(error.what());
        }
    };
    names.equal(name("cycles"), "derived.cycles");
    names.equal(name("max:counters.cycles"), "max:counters.cycles");
    names.equal(name("max_abs"), "error.max_abs");
    names.holds(name("busy").find("one of counters.x.busy, counters.y.busy") != std::string::npos,
                [&] { return name("busy"); });
    names.holds(name("gates").find("gates") != std::string::npos, [&] { return name("gates"); });
    CHECK_THROWS_AS(objectives_of({"cycles", "derived.cycles"}, paths), UserError);
}
