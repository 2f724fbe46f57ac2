// SPDX-License-Identifier: MIT
// Errors as those get them who use the library: which field they name, and what becomes of a
// process that does not come to its end.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/error.h"
#include "host/run/device_error.h"
#include "host/run/worker.h"
#include "include/tessera/error.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using test::Compared;

namespace {

/// What a worker's work came to.
struct Ending {
    const char* name;
    host::Worker::Work work;
    ErrorCode code;
    std::string text;
    std::string field = {}, value = {}, allowed = {};
};

[[noreturn]] void die_by(int signal) {
    ::signal(signal, SIG_DFL);  // Catch and sanitizers have handlers of their own
    ::raise(signal);
    ::_exit(0);
}

std::vector<Ending> endings() {
    using host::Bytes;
    constexpr auto kUser = ErrorCode::kUser, kInternal = ErrorCode::kInternal;
    return {
        {"crash", [](const RunHooks&) -> Bytes { die_by(SIGSEGV); }, kInternal,
         "the simulation ended early: killed by signal 11"},
        {"killed", [](const RunHooks&) -> Bytes { die_by(SIGKILL); }, kInternal,
         "the simulation ended early: killed by signal 9"},
        {"hang",
         [](const RunHooks&) -> Bytes {
             while (true) ::pause();
         },
         kInternal, "the simulation took longer than 1 s and was stopped"},
        {"memory", [](const RunHooks&) -> Bytes { throw std::bad_alloc(); }, kUser,
         "out of host memory; try a smaller problem, or `outputs.timing_only`"},
        {"lost bytes", [](const RunHooks&) -> Bytes { die_by(SIGBUS); }, kUser,
         "a mapped file has lost its bytes: an input was cut short while it was read"},
        {"user",
         [](const RunHooks&) -> Bytes {
             throw host::bad_field("workload.scale", "1\n", "with `workload.lse`");
         },
         kUser, "`experiment`: `workload.scale` is 1\\x0a; allowed: with `workload.lse`",
         "workload.scale", "1\n", "with workload.lse"},
        {"device", [](const RunHooks&) -> Bytes { throw host::DeviceError("device error 3: x"); },
         ErrorCode::kDevice, "device error 3: x"},
        {"bug", [](const RunHooks&) -> Bytes { throw std::logic_error("2 is not 3"); }, kInternal,
         "the simulation ended early: exception: 2 is not 3"},
        {"exit", [](const RunHooks&) -> Bytes { ::_exit(7); }, kInternal,
         "the simulation ended early: child ended with 7"},
    };
}

}  // namespace

TEST_CASE("a process that does not come to its end is an error that says why") {
    Compared compared("parts of errors");
    for (const Ending& e : endings()) {
        const auto where = [&] { return e.name; };
        host::Worker worker(e.work, 1);
        try {
            worker.finish();
            compared.holds(false, where);
        } catch (const Error& error) {
            compared.equal(static_cast<int>(error.code()), static_cast<int>(e.code), where);
            compared.equal(error.text(), e.text, where);
            compared.equal(error.field(), e.field, where);
            compared.equal(error.value(), e.value, where);
            compared.equal(error.allowed(), e.allowed, where);
        }
    }
}

TEST_CASE("what a process says reaches the hooks, its result the caller") {
    Compared compared("messages and results");
    constexpr size_t kLarge = 3'000'000;  // more than a pipe holds
    for (const size_t size : {size_t{0}, size_t{1}, kLarge}) {
        host::Worker worker([size](const RunHooks& hooks) {
            hooks.progress("reading", 0);
            hooks.note("a note");
            hooks.progress("simulating", 0.25);
            host::Bytes bytes(size);
            for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7);
            return bytes;
        });
        std::vector<std::string> said;
        RunHooks hooks;
        hooks.progress = [&](const std::string& phase, double share) {
            const std::string text = phase + " " + std::to_string(share);
            if (said.empty() || said.back() != text) said.push_back(text);
            return true;
        };
        hooks.note = [&](const std::string& text) { said.push_back(text); };
        const host::Bytes bytes = worker.finish(hooks);
        const std::vector<std::string> expected = {"reading 0.000000", "a note",
                                                   "simulating 0.250000"};
        compared.holds(said == expected, [&] { return std::to_string(said.size()) + " messages"; });
        compared.equal(bytes.size(), size);
        for (size_t i = 0; i < bytes.size(); ++i)
            if (bytes[i] != static_cast<uint8_t>(i * 7))
                compared.holds(false, [&] { return "byte " + std::to_string(i); });
    }
}

TEST_CASE("hooks end a process that says nothing more") {
    Compared compared("ends");
    host::Worker worker([](const RunHooks& hooks) {
        hooks.progress("simulating", 0);
        ::sleep(100);
        return host::Bytes();
    });
    int calls = 0;
    RunHooks hooks;
    hooks.progress = [&](const std::string&, double) { return ++calls < 3; };
    const auto start = std::chrono::steady_clock::now();
    try {
        worker.finish(hooks);
        compared.holds(false, [] { return "finished"; });
    } catch (const Error& error) {
        compared.equal(static_cast<int>(error.code()), static_cast<int>(ErrorCode::kCancelled));
    }
    compared.equal(calls, 3);
    compared.holds(std::chrono::steady_clock::now() - start < std::chrono::seconds(50),
                   [] { return "the time it took"; });
}

TEST_CASE("fields between backticks get other names, all else stays") {
    auto random = test::test_random();
    Compared compared("texts");
    const auto below = [&](size_t n) {
        return std::uniform_int_distribution<size_t>(0, n - 1)(random);
    };
    // Text, and what becomes of it where every field is named X.
    const std::vector<std::pair<std::string, std::string>> parts = {
        {"`workload.scale`", "X"},
        {"`experiment`", "X"},
        {"`outputs.check=false`", "X"},
        {"only with ", "only with "},
        {"`a word`", "`a word`"},
        {"`Device.M`", "`Device.M`"},
        {"", ""},
        {"``", "``"},
        {"`experiments`", "`experiments`"}};
    for (int n = 0; n < 2000; ++n) {
        std::string text, expected;
        for (size_t i = below(6); i > 0; --i) {
            const auto& part = parts[below(parts.size())];
            text += part.first + ";";
            expected += part.second + ";";
        }
        compared.equal(with_names(text, [](const std::string&) { return "X"; }), expected,
                       [&] { return text; });
        compared.equal(with_names(text, [](const std::string&) { return ""; }), text,
                       [&] { return text; });
    }
    compared.equal(with_names("`a.b", [](const std::string&) { return "X"; }), std::string("`a.b"));
}

TEST_CASE("an error is about the field that its text begins with") {
    Compared compared("fields");
    const auto field_of = [](const char* text) { return Error(ErrorCode::kUser, text).field(); };
    compared.equal(field_of("`workload.scale` is 3"), std::string("workload.scale"));
    compared.equal(field_of("`experiment`: `workload.lse` is 3"), std::string("workload.lse"));
    compared.equal(field_of("`outputs.check=false` is 3"), std::string("outputs.check"));
    compared.equal(field_of("x.npy: is no `workload.lse`"), std::string());
    compared.equal(field_of("`experiment`: "), std::string());
    const Error error(ErrorCode::kUser, "x.npy: `workload.lse` is y", {"workload.lse", "y", "z"});
    compared.equal(std::string(error.what()), std::string("x.npy: workload.lse is y"));
    compared.equal(error.value() + error.allowed(), std::string("yz"));
}
