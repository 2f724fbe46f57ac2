// SPDX-License-Identifier: MIT
// Sweeps: whatever happens to a point is its outcome, the others go on, and a sweep that was broken
// off goes on from its store.
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <new>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <thread>

#include "host/error.h"
#include "host/report/document_json.h"
#include "host/run/device_error.h"
#include "host/sweep/grid.h"
#include "host/sweep/sweep.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/scratch.h"

using namespace tessera::host;
using tessera::ErrorCode;
using tessera::test::Compared;

namespace {

Document document(const std::string& name) {
    return {name + "\n", Section{"", {fact("name", name), fact("number", 7)}}, {}};
}

SweepPoint good(const std::string& name) {
    return {name, [name] { return document(name); }};
}

template <typename Error>
SweepPoint throwing(const std::string& name, const Error& error) {
    return {name, [error]() -> Document { throw error; }};
}

SweepPoint crashing(const std::string& name) {
    return {name, [name] {
                ::raise(SIGKILL);
                return document(name);
            }};
}

SweepPoint hanging(const std::string& name) {
    return {name, [name] {
                while (true) ::pause();
                return document(name);
            }};
}

Executor processes(size_t at_once, unsigned seconds = kSimulationSeconds) {
    return [=](const std::vector<SweepPoint>& points, const Ends& ends) {
        run_in_processes(points, {at_once, seconds}, ends);
    };
}

struct Expected {
    std::string name, state;
    ErrorCode code;  ///< if the state is not "ok"
    std::string message;
};

void are(const std::vector<Outcome>& outcomes, const std::vector<Expected>& expected,
         Compared& records) {
    REQUIRE(outcomes.size() == expected.size());
    for (size_t i = 0; i < outcomes.size(); ++i) {
        const Expected& e = expected[i];
        const Outcome& o = outcomes[i];
        const std::string text = o.error ? o.error->text() : "";
        records.equal(std::string(state_name(o)), e.state, [&] { return e.name + ": " + text; });
        records.holds(text.find(e.message) != std::string::npos, [&] { return text; });
        if (o.error) records.equal(o.error->code(), e.code, [&] { return e.name; });
        if (o.error) continue;
        records.equal(outcomes[i].document.title, e.name + "\n");
        records.equal(outcomes[i].document.content.text("name"), e.name);
    }
}

}  // namespace

TEST_CASE("a point that crashes, hangs or is refused is a record, and the others go on") {
    const std::vector<SweepPoint> points = {crashing("crash"),
                                            hanging("hang"),
                                            throwing("refused", UserError("no such device")),
                                            good("good"),
                                            throwing("device", DeviceError("bad descriptor")),
                                            throwing("memory", std::bad_alloc()),
                                            throwing("bug", std::logic_error("impossible")),
                                            good("last")};
    const std::vector<Expected> expected = {
        {"crash", "failed", ErrorCode::kInternal, "killed by signal 9"},
        {"hang", "failed", ErrorCode::kInternal, "took longer than 1 s"},
        {"refused", "refused", ErrorCode::kUser, "no such device"},
        {"good", "ok", {}, ""},
        {"device", "failed", ErrorCode::kDevice, "bad descriptor"},
        {"memory", "refused", ErrorCode::kUser, "out of host memory"},
        {"bug", "failed", ErrorCode::kInternal, "impossible"},
        {"last", "ok", {}, ""}};
    Compared records("records");
    for (const size_t at_once : {1, 2, 8})
        are(sweep(points, processes(at_once, 1)), expected, records);
    // Those that leave this process alone.
    are(sweep({points.begin() + 2, points.end()}, run_inline),
        {expected.begin() + 2, expected.end()}, records);
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
        std::vector<SweepPoint> points;
        points.reserve(9);
        for (int i = 0; i < 9; ++i)
            points.push_back({std::to_string(i), [shared, at_once] {
                                  ++shared->started;
                                  const int running = ++shared->running;
                                  int most = shared->most;
                                  while (most < running &&
                                         !shared->most.compare_exchange_weak(most, running)) {
                                  }
                                  // Until as many run as may; the last of all alone.
                                  const int wanted = std::min(at_once, 9);
                                  while (shared->most < wanted) std::this_thread::yield();
                                  --shared->running;
                                  return document("x");
                              }});
        size_t told = 0;
        sweep(points, processes(static_cast<size_t>(at_once)), nullptr,
              [&](size_t ended) { counts.equal(ended, ++told); });
        counts.equal(shared->most.load(), at_once);
        counts.equal(shared->started.load(), 9);
        counts.equal(told, size_t{9});
    }
    ::munmap(memory, sizeof(Shared));
}

TEST_CASE("a store is read back, and a sweep goes on where it ended") {
    const tessera::test::Scratch scratch;
    const std::string path = scratch / "sweep.jsonl";
    const std::vector<std::string> names = {"a", "b, \"c\"", "d", "e"};
    std::vector<SweepPoint> points = {
        good(names[0]), throwing(names[1], bad_field("workload.scale", "x", "a number")),
        good(names[2]), throwing(names[3], DeviceError("no"))};
    const std::vector<Expected> expected = {
        {names[0], "ok", {}, ""},
        {names[1], "refused", ErrorCode::kUser, "`workload.scale` is x; allowed: a number"},
        {names[2], "ok", {}, ""},
        {names[3], "failed", ErrorCode::kDevice, "no"}};
    Compared records("records");
    {
        SweepStore store(path);
        records.equal(store.size(), size_t{0});
        are(sweep({points.begin(), points.begin() + 2}, run_inline, &store),
            {expected.begin(), expected.begin() + 2}, records);
    }
    std::ofstream(path, std::ios::app) << "{\"point\": \"d\", \"state\": \"o";  // killed here
    std::set<std::string> ran;
    for (SweepPoint& point : points)
        point.work = [&ran, name = point.name, work = point.work] {
            ran.insert(name);
            return work();
        };
    {
        SweepStore store(path);
        records.equal(store.size(), size_t{2});
        are(sweep(points, run_inline, &store), expected, records);
        records.equal(ran == std::set<std::string>{names[2], names[3]}, true);
    }
    ran.clear();
    SweepStore store(path);
    are(sweep(points, run_inline, &store), expected, records);
    records.equal(ran.size(), size_t{0});
    records.equal(store.find("f"), nullptr);
    const tessera::Error& error = store.find(names[1])->error.value();  // its fields, too
    records.equal(error.field() + error.value() + error.allowed(), "workload.scalexa number");
    std::ifstream file(path);
    uint64_t lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
        const auto json = nlohmann::json::parse(line);
        records.equal(json.at("point"), names[lines]);
        records.equal(json.at("state"), expected[lines].state);
    }
    records.equal(lines, uint64_t{4});
}

TEST_CASE("a store that is none is an error of the user") {
    const tessera::test::Scratch scratch;
    Compared errors("errors");
    const auto refused = [&](const std::string& text, const std::string& part) {
        const std::string path = scratch / "bad.jsonl";
        std::ofstream(path) << text;
        try {
            const SweepStore store(path);
            errors.holds(false, [&] { return text; });
        } catch (const UserError& error) {
            errors.holds(std::string(error.what()).find(part) != std::string::npos,
                         [&] { return error.what(); });
        }
    };
    refused("nonsense\n", "line 1");
    const std::string good =
        "{\"point\": \"a\", \"state\": \"failed\", \"error\": {\"code\": \"device\", \"message\": "
        "\"\", \"field\": \"\", \"value\": \"\", \"allowed\": \"\"}}\n";
    refused(good + "[]\n", "line 2");
    refused("{\"point\": \"a\", \"state\": \"ok\"}\n", "line 1");
    CHECK_THROWS_AS(SweepStore(scratch / "no/such/folder"), UserError);
}

TEST_CASE("a grid is every combination, the last axis fastest") {
    struct Point {
        int x = 1, y = 2;
    };
    const std::vector<Axis<Point>> axes = {
        {"x", {{"ten", [](Point& p) { p.x = 10; }}, {"twenty", [](Point& p) { p.x = 20; }}}},
        {"y",
         {{"3", [](Point& p) { p.y = 3; }}, {"4", [](Point& p) { p.y = 4; }}, {"5", [](Point& p) {
                                                                                   p.y = 5;
                                                                               }}}}};
    const auto points = grid(Point{}, axes);
    Compared values("values");
    REQUIRE(points.size() == 6);
    for (int i = 0; i < 6; ++i) {
        values.equal(points[i].point.x, i < 3 ? 10 : 20);
        values.equal(points[i].point.y, 3 + i % 3);
        values.equal(points[i].values[0], i < 3 ? "ten" : "twenty");
        values.equal(points[i].values[1], std::to_string(3 + i % 3));
    }
    values.equal(grid(Point{}, {}).size(), size_t{1});
    values.equal(grid(Point{}, {axes[0], {"none", {}}}).size(), size_t{0});
}
