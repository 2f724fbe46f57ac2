// SPDX-License-Identifier: MIT
// The class of docs/use/write-a-schedule.md, cut out of the page, compiled into this program's
// table of schedules in the place of the shipped one, and run; and the shipped one is the same
// text.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/support/attention_run.h"

using namespace tessera;
using test::AttentionSetup;
using test::Compared;

namespace {

std::string text_of(const char* path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    REQUIRE(in.good());
    return text.str();
}

/// The lines of a header between the braces of its namespace.
std::vector<std::string> lines_of_class(const char* path) {
    std::istringstream in(text_of(path));
    std::vector<std::string> lines;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (line == "}  // namespace tessera::fw") return lines;
        if (inside) lines.push_back(line);
        if (line == "namespace tessera::fw {") inside = true;
    }
    return {};
}

fw::ScheduleId order_named(const std::string& name) {
    for (const host::ScheduleInfo& info : host::schedules())
        if (info.name == name) return info.id;
    FAIL("no schedule " << name);
    return {};
}

uint64_t key_bytes(const test::AttentionRun& run) {
    return run.outcome.counter(spec::Counter::kBytesK);
}

}  // namespace

TEST_CASE("the page has the shipped class, in at most 40 lines") {
    Compared lines("lines");
    const auto page = lines_of_class(TESSERA_DOCUMENTED_SCHEDULE);
    const auto shipped = lines_of_class(TESSERA_SHIPPED_SCHEDULE);
    REQUIRE(page.size() == shipped.size());
    for (size_t i = 0; i < page.size(); ++i) lines.equal(page[i], shipped[i]);
    const std::string text = text_of(TESSERA_SCHEDULE_PAGE);
    lines.holds(std::count(text.begin(), text.end(), '\n') <= 40, [] { return "too long"; });
}

TEST_CASE("the page's schedule computes exact attention, with the bits of query-resident") {
    const uint64_t seed = test::test_random()();
    Compared bound("elements and rows within the bound"), bits("elements and rows equal");
    Compared identities("counter identities"), bytes("runs that read keys less often");
    host::AttentionMask dense, causal, window;
    causal.causal = window.causal = true;
    window.window = 40;
    for (const host::AttentionMask& mask : {dense, causal, window})
        for (const uint32_t kv_heads : {1u, 3u})
            for (const auto profile : {spec::Profile::kStateful, spec::Profile::kStats}) {
                AttentionSetup s =
                    test::random_attention("tiny", 3, kv_heads, 151, 151, 16, 16, seed);
                s.problem.mask = mask;
                s.problem.want_lse = true;
                s.platform.params.profile = profile;
                const test::AttentionRun other = test::run_attention(s);
                s.problem.schedule = order_named("paired");
                const test::AttentionRun run = test::run_attention(s);
                INFO(s.name());
                test::check_bound(bound, s, run);
                test::check_identities(identities, run.outcome);
                REQUIRE(run.o.size() == other.o.size());
                for (size_t i = 0; i < run.o.size(); ++i)
                    bits.equal(test::bits_of(run.o[i]), test::bits_of(other.o[i]));
                for (size_t i = 0; i < run.lse.size(); ++i) bits.equal(run.lse[i], other.lse[i]);
                bytes.holds(4 * key_bytes(run) < 3 * key_bytes(other), [&] { return s.name(); });
            }
}
