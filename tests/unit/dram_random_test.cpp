// SPDX-License-Identifier: MIT
// Properties of a DRAM channel under random traffic on random DRAMs: no constraint is ever
// violated, a run is as good as its transactions, and when run() is called does not matter.
#include <algorithm>
#include <map>
#include <tuple>

#include "tests/support/compared.h"
#include "tests/support/dram_checker.h"
#include "tests/support/dram_clocked.h"
#include "tests/support/dram_log.h"
#include "tests/support/dram_random.h"

using namespace tessera;
using test::Random;

namespace {

constexpr uint32_t kCases = 60, kMixedCases = 300;
constexpr uint64_t kParts = test::kUsersOfBurst;

/// The same traffic with every transaction on its own, and with a user of its own.
std::vector<test::DramRequest> singly(const std::vector<test::DramRequest>& traffic) {
    std::vector<test::DramRequest> all;
    for (const test::DramRequest& request : traffic) {
        test::DramRequest one = request;
        one.run.count = 1;
        for (uint32_t i = 0; i < request.run.count; ++i) {
            one.run.user = request.run.user + all.size() % kParts;
            one.run.column = request.run.column + i;
            all.push_back(one);
        }
    }
    return all;
}

/// run() in steps of up to `longest` clocks, told of nothing that arrives later than it must be.
test::DramLog run_in_steps(Random& random, const hw::DramSpec& spec,
                           const std::vector<test::DramRequest>& traffic, uint32_t longest,
                           hw::Clock end) {
    test::DramLog log;
    hw::DramChannel channel(spec);
    channel.record(&log.commands);
    size_t next = 0;
    for (hw::Clock until = 0; until < end;) {
        until = std::min<hw::Clock>(end, until + random.to(1, longest));
        for (; next < traffic.size() && traffic[next].clock < until; ++next)
            channel.arrive(traffic[next].run, traffic[next].clock);
        channel.run(until, log.columns);
    }
    log.stats = channel.stats();
    return log;
}

using Key = std::tuple<hw::Clock, int, uint32_t, uint32_t, uint32_t, uint32_t>;

std::vector<Key> keys(const test::DramLog& log) {
    std::vector<Key> all;
    for (const hw::DramCommandRecord& c : log.commands)
        all.emplace_back(c.clock, static_cast<int>(c.command), c.pseudo_channel, c.bank_group,
                         c.bank, c.row);
    return all;
}

/// By clock, and without rows where they say nothing.
std::vector<Key> in_order(const std::vector<hw::DramCommandRecord>& commands) {
    std::vector<Key> all;
    for (const hw::DramCommandRecord& c : commands) {
        const bool row = c.command == hw::DramCommand::kActivate ||
                         c.command == hw::DramCommand::kRead ||
                         c.command == hw::DramCommand::kWrite;
        all.emplace_back(c.clock, static_cast<int>(c.command), c.pseudo_channel, c.bank_group,
                         c.bank, row ? c.row : 0);
    }
    std::sort(all.begin(), all.end());
    return all;
}

/// Of each burst: columns, last command, end of data.
std::map<uint64_t, std::tuple<uint32_t, hw::Clock, hw::Clock>> merged(const test::DramLog& log) {
    std::map<uint64_t, std::tuple<uint32_t, hw::Clock, hw::Clock>> all;
    for (const hw::DramColumns& c : log.columns) {
        auto& [count, last, done] = all[c.user / kParts];
        count += c.count;
        last = std::max(last, c.last);
        done = std::max(done, c.done);
    }
    return all;
}

std::vector<uint64_t> counts(const hw::DramStats& s) {
    return {s.reads,      s.writes,    s.hits,           s.misses,      s.conflicts, s.activates,
            s.precharges, s.refreshes, s.refresh_clocks, s.turnarounds, s.last_data, s.forwarded};
}

struct Case {
    hw::DramSpec spec;
    std::vector<test::DramRequest> traffic;
    hw::Clock end = 0;  // all is served
    test::DramLog log;
};

/// `mixed`: with both reads and writes.
Case random_case(Random& random, bool mixed = false) {
    Case c;
    c.spec = test::random_dram(random);
    c.traffic = test::random_traffic(random, c.spec, mixed ? random.to(1, 3) : random.to(0, 4));
    hw::DramChannel channel(c.spec);
    std::vector<hw::DramColumns> columns;
    for (const test::DramRequest& request : c.traffic) channel.arrive(request.run, request.clock);
    while (!channel.idle()) channel.run(c.end += 1000, columns);
    c.log = test::run_dram(c.spec, c.traffic, c.end);
    return c;
}

/// Same commands, same columns of each burst, same counts.
void compare(test::Compared& compared, const test::DramLog& a, const test::DramLog& b,
             const std::string& name) {
    const std::vector<Key> commands = keys(a), others = keys(b);
    const size_t shorter = std::min(commands.size(), others.size());
    compared.equal(commands.size(), others.size(), [&] { return name + ": commands"; });
    for (size_t i = 0; i < shorter; ++i)
        compared.holds(commands[i] == others[i],
                       [&] { return name + ": command " + std::to_string(i); });
    compared.holds(merged(a) == merged(b), [&] { return name + ": columns of the bursts"; });
    const std::vector<uint64_t> here = counts(a.stats), there = counts(b.stats);
    for (size_t i = 0; i < here.size(); ++i)
        compared.equal(here[i], there[i], [&] { return name + ": count " + std::to_string(i); });
}

using Place = std::tuple<uint32_t, uint32_t, uint32_t, uint32_t, uint32_t>;

Place place(const hw::DramRun& run) {
    return {run.pseudo_channel, run.bank_group, run.bank, run.row, run.column};
}

struct Write {
    hw::Clock arrived, issued;
};

/// Is one of the writes older than the read, and without its command when the read is accepted?
bool is_held(const std::vector<Write>& writes, const test::DramRequest& read, hw::Clock accepted) {
    return std::any_of(writes.begin(), writes.end(), [&](const Write& write) {
        return write.arrived < read.clock && write.issued >= accepted;
    });
}

std::string name_of(uint32_t i) {
    return "case " + std::to_string(i) + " of seed " + std::to_string(test::test_seed());
}

}  // namespace

TEST_CASE("no command of a DRAM channel is illegal") {
    auto generator = test::test_random();
    Random random(generator);
    test::Compared compared("checks of commands");
    for (uint32_t i = 0; i < kCases + kMixedCases; ++i) {
        const Case c = random_case(random, i >= kCases);
        test::DramChecker checker(c.spec, [&](bool good, const std::string& what) {
            compared.holds(good, [&] { return name_of(i) + ": " + what; });
        });
        checker.replay(c.log.commands);
    }
}

TEST_CASE("every transaction has its column command, in its place, or is forwarded") {
    auto generator = test::test_random();
    Random random(generator);
    test::Compared compared("column commands"), forwards("forwarded reads");
    for (uint32_t i = 0; i < kCases + kMixedCases; ++i) {
        const Case c = random_case(random, i >= kCases);
        const std::vector<test::DramRequest> traffic = singly(c.traffic);
        const test::DramLog log = test::run_dram(c.spec, traffic, c.end);
        std::map<hw::Clock, hw::DramCommandRecord> commands;  // columns, at most one in a clock
        for (const hw::DramCommandRecord& r : log.commands)
            if (r.command == hw::DramCommand::kRead || r.command == hw::DramCommand::kWrite)
                commands[r.clock] = r;
        std::map<uint64_t, test::DramRequest> requests;
        for (const test::DramRequest& request : traffic) requests[request.run.user] = request;
        std::map<Place, std::vector<Write>> writes;
        for (const hw::DramColumns& column : log.columns)
            if (column.write) {
                const test::DramRequest& request = requests.at(column.user);
                writes[place(request.run)].push_back({request.clock, column.last});
            }
        compared.equal(requests.size(), traffic.size());
        compared.equal(commands.size() + log.stats.forwarded, uint64_t{traffic.size()},
                       [&] { return name_of(i); });
        for (const hw::DramColumns& column : log.columns) {
            const test::DramRequest request = requests.at(column.user);
            requests.erase(column.user);
            if (column.forwarded) {
                forwards.holds(c.spec.controller.forwarding &&
                                   is_held(writes[place(request.run)], request, column.last),
                               [&] { return name_of(i) + " at " + std::to_string(column.last); });
                continue;
            }
            const auto found = commands.find(column.last);
            REQUIRE(found != commands.end());
            const hw::DramCommandRecord& r = found->second;
            const hw::DramRun& run = request.run;
            compared.holds(r.pseudo_channel == run.pseudo_channel && r.row == run.row &&
                               r.bank_group == run.bank_group && r.bank == run.bank &&
                               (r.command == hw::DramCommand::kWrite) == run.write,
                           [&] { return name_of(i) + " at " + std::to_string(r.clock); });
        }
        compared.equal(requests.size(), size_t{0}, [&] { return name_of(i); });
        const hw::DramStats& s = log.stats;
        compared.equal(s.reads + s.writes + s.forwarded, uint64_t{traffic.size()});
        compared.equal(s.hits + s.misses + s.conflicts, s.reads + s.writes);
    }
}

TEST_CASE("a run of transactions is as good as its transactions one by one") {
    auto generator = test::test_random();
    Random random(generator);
    test::Compared compared("commands, columns and counts");
    for (uint32_t i = 0; i < kCases; ++i) {
        const Case c = random_case(random);
        compare(compared, c.log, test::run_dram(c.spec, singly(c.traffic), c.end), name_of(i));
    }
}

TEST_CASE("when a DRAM channel is told to run changes nothing") {
    auto generator = test::test_random();
    Random random(generator);
    test::Compared compared("commands, columns and counts");
    for (uint32_t i = 0; i < kCases; ++i) {
        const Case c = random_case(random);
        for (const uint32_t longest : {1u, 7u, 200u}) {
            const auto log = run_in_steps(random, c.spec, c.traffic, longest, c.end);
            compare(compared, c.log, log, name_of(i) + ", steps to " + std::to_string(longest));
        }
    }
}

TEST_CASE("commands are those of a controller that goes clock by clock") {
    auto generator = test::test_random();
    Random random(generator);
    test::Compared compared("commands, and counts of forwarded reads");
    for (uint32_t i = 0; i < kMixedCases; ++i) {
        const Case c = random_case(random, true);
        const test::ClockedDram clocked(c.spec, c.traffic, c.end);
        const auto here = in_order(c.log.commands), there = in_order(clocked.commands());
        compared.equal(c.log.stats.forwarded, clocked.forwarded(), [&] { return name_of(i); });
        compared.equal(here.size(), there.size(), [&] { return name_of(i) + ": commands"; });
        for (size_t n = 0; n < std::min(here.size(), there.size()); ++n)
            compared.holds(here[n] == there[n],
                           [&] { return name_of(i) + ": command " + std::to_string(n); });
    }
}
