// SPDX-License-Identifier: MIT
// Any schedule that keeps its promises gives every query its keys in order, through the whole of
// firmware, shared by devices too; one that breaks a promise is found before it runs.
// The table of schedules here is this test's own: firmware's is left out of the program.
#include <stdexcept>
#include <string>
#include <vector>

#include "firmware/plan/planner.h"
#include "firmware/plan/schedules/key_value_resident.h"
#include "firmware/plan/schedules/list.h"
#include "firmware/plan/schedules/paired.h"
#include "firmware/plan/schedules/query_resident.h"
#include "firmware/runner/runner.h"
#include "host/operation/schedule_check.h"
#include "host/verify/job_mask.h"
#include "tests/support/compared.h"
#include "tests/unit/mock_device.h"
#include "tests/unit/odd_schedules.h"
#include "tests/unit/symbolic_engines.h"

namespace {

using namespace tessera;
using test::Breach;
using test::Breaking;
using test::Compared;
using test::InTurn;
using test::MockDevice;
using test::SymbolicEngines;

using Good = fw::ScheduleList<fw::QueryResident, fw::KeyValueResident, fw::Paired, test::Skewed,
                              InTurn<1>, InTurn<2>, InTurn<3>, InTurn<5>>;
using Bad = fw::ScheduleList<Breaking<Breach::kOmits>, Breaking<Breach::kRepeats>,
                             Breaking<Breach::kDescends>, Breaking<Breach::kStops>,
                             Breaking<Breach::kMixesHeads>, Breaking<Breach::kNowhere>,
                             Breaking<Breach::kNotMeeting>, InTurn<3, 2>>;

constexpr fw::ScheduleId good(uint32_t n) { return static_cast<fw::ScheduleId>(n); }
constexpr fw::ScheduleId bad(uint32_t n) { return static_cast<fw::ScheduleId>(Good::kCount + n); }

}  // namespace

namespace tessera::fw {

uint32_t schedule_count() { return Good::kCount + Bad::kCount; }

const ScheduleType& schedule_type(ScheduleId order) {
    const auto n = static_cast<uint32_t>(order);
    return n < Good::kCount ? Good::kTypes[n] : Bad::kTypes[n - Good::kCount];
}

void begin_schedule(ScheduleId order, ScheduleRoom& room) {
    const auto n = static_cast<uint32_t>(order);
    n < Good::kCount ? Good::begin(order, room) : Bad::begin(good(n - Good::kCount), room);
}

bool next_pair(ScheduleId order, ScheduleRoom& room, const TilePairs& pairs, TilePair& pair) {
    const auto n = static_cast<uint32_t>(order);
    return n < Good::kCount ? Good::next(order, room, pairs, pair)
                            : Bad::next(good(n - Good::kCount), room, pairs, pair);
}

}  // namespace tessera::fw

namespace {

constexpr uint32_t kBus = 16;
constexpr spec::DeviceParams kDevice{8, 16, 4, 2, kBus, spec::Profile::kStateful};

fw::Tensor tensor(uint64_t address, uint32_t rows, uint32_t bytes) {
    const uint32_t row = (bytes + kBus - 1) / kBus * kBus;
    return {address, uint64_t{row} * rows, row};
}

fw::AttentionJob job_of(uint32_t query_heads, uint32_t kv_heads, uint32_t nq, uint32_t nk) {
    fw::AttentionJob job;
    job.query_heads = query_heads;
    job.kv_heads = kv_heads;
    job.nq = nq;
    job.nk = nk;
    job.d_k = 12;
    job.d_v = 9;
    return job;
}

void place(fw::AttentionJob& job) {
    const uint32_t state = kBus + 4 * job.d_v;
    job.q = tensor(0x10000000, job.nq, 2 * job.d_k);
    job.k = tensor(0x20000000, job.nk, 2 * job.d_k);
    job.v = tensor(0x30000000, job.nk, 2 * job.d_v);
    job.o = tensor(0x40000000, job.nq, 4 * job.d_v);
    job.state = tensor(0x50000000, job.nq, state);
    job.lse = tensor(0x60000000, job.nq, kBus);
    job.partial = tensor(0x70000000, kDevice.m, state);
    job.summary_list = 0x80000000;
}

fw::AttentionJob random_job(std::mt19937_64& random, verify::MaskArrays& arrays) {
    const auto draw = [&](uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random() % (high - low + 1));
    };
    const uint32_t kv_heads = draw(1, 3), heads = kv_heads * draw(1, 3);
    fw::AttentionJob job = job_of(heads, kv_heads, draw(0, 4) == 0 ? 1 : draw(1, 60), draw(1, 60));
    job.q_position = job.nk > job.nq ? job.nk - job.nq : 0;
    job.k_position = job.nq > job.nk ? job.nq - job.nk : 0;
    job.want_lse = draw(0, 1) == 1;
    verify::random_mask(random, kDevice.m, job, arrays);
    place(job);
    return job;
}

std::string text(const fw::AttentionJob& job) {
    return std::string(fw::schedule_type(job.schedule).name) + " heads " +
           std::to_string(job.query_heads) + "/" + std::to_string(job.kv_heads) + " nq " +
           std::to_string(job.nq) + " nk " + std::to_string(job.nk) + " " + verify::mask_text(job);
}

/// Runs a job on named rows. Returns what is wrong with it, or nothing.
std::string fault_of(const fw::AttentionJob& job, spec::Profile profile, SymbolicEngines& engines) {
    spec::DeviceParams device = kDevice;
    device.profile = profile;
    MockDevice mock(device, 1);
    fw::Driver driver(mock);
    mock.execute = [&](const spec::Command& c) { engines.execute(c); };
    mock.read_memory = [&](uint64_t at, uint32_t& value) { value = engines.memory.read(at); };
    mock.write_memory = [&](uint64_t at, uint32_t value) { engines.memory.write(at, value); };
    if (!driver.init({MockDevice::kCsr, MockDevice::kRing, 16, 0x7000, 0}).ok()) return "init";
    if (!fw::Runner(driver).run(job).ok()) return "the job ends with an error";
    engines.finish();
    if (!mock.faults.empty()) return mock.faults.front();
    return engines.faults.empty() ? "" : engines.faults.front();
}

std::string complaint(const fw::AttentionJob& job, uint32_t devices) {
    try {
        host::check_schedule(job, kDevice.m, devices);
    } catch (const std::logic_error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("any order that keeps its promises gives every query its keys in order") {
    auto random = test::test_random();
    Compared runs("jobs without a fault"), moves("states that travel");
    uint64_t travelled = 0;
    for (int n = 0; n < 1500; ++n) {
        verify::MaskArrays arrays;
        fw::AttentionJob job = random_job(random, arrays);
        test::skew_seed = random();
        job.schedule = good(static_cast<uint32_t>(n) % Good::kCount);
        for (const auto profile : {spec::Profile::kStateful, spec::Profile::kStats}) {
            SymbolicEngines engines(job, kDevice);
            const auto where = [&] { return text(job); };
            runs.equal(fault_of(job, profile, engines), "", where);
            runs.equal(complaint(job, 1), "", where);
            fw::Planner planner(job, kDevice.m);
            const bool travel = profile == spec::Profile::kStateful && planner.states_travel();
            uint64_t rows = 0;
            for (fw::Step step; planner.next(step);) rows += step.first ? 0 : step.q_rows;
            moves.equal(engines.state_loads, travel ? rows : 0, where);
            moves.equal(engines.state_stores, travel ? rows : 0, where);
            travelled += travel ? 1 : 0;
        }
    }
    moves.holds(travelled > 100, [&] { return std::to_string(travelled) + " jobs"; });
}

TEST_CASE("what a schedule deals to several devices is the whole job") {
    auto random = test::test_random();
    Compared jobs("jobs dealt");
    for (int n = 0; n < 1500; ++n) {
        verify::MaskArrays arrays;
        fw::AttentionJob job = random_job(random, arrays);
        job.schedule = good(static_cast<uint32_t>(n) % Good::kCount);
        if (fw::schedule_type(job.schedule).open_tiles == 0) continue;
        const uint32_t devices = 1 + static_cast<uint32_t>(random() % 9);
        jobs.equal(complaint(job, devices), "", [&] { return text(job); });
    }
}

TEST_CASE("query tiles that share key tiles are dealt together") {
    Compared tiles("query tiles");
    fw::AttentionJob job = job_of(4, 2, 5 * 8, 8);  // two key/value heads with 10 query tiles each
    job.schedule = good(2);
    job.peers = 2;
    const uint32_t owner[] = {0, 0, 1, 1, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2};
    for (job.share = 0; job.share < 3; ++job.share) {
        const fw::TilePairs pairs(job, kDevice.m, fw::Paired::kOpenTiles);
        for (fw::TilePair at; pairs.next_query_tile(at);)
            tiles.equal(owner[at.stack * 5 + at.q_tile], job.share);
    }
    tiles.equal(tiles.count(), 20u);
}

TEST_CASE("paired reads keys and values half as often, and no state travels") {
    Compared loads("loads of a kind");
    for (const uint32_t group : {1u, 2u, 3u})
        for (const uint32_t tq : {1u, 2u, 3u, 5u})
            for (const uint32_t tk : {1u, 2u, 3u, 6u}) {
                fw::AttentionJob job = job_of(2 * group, 2, tq * 8 - 3, tk * 8 - 1);
                job.schedule = good(2);
                place(job);
                SymbolicEngines engines(job, kDevice);
                const auto where = [&] { return text(job); };
                loads.equal(fault_of(job, spec::Profile::kStateful, engines), "", where);
                const uint32_t keys = 2 * tk * (tk <= 2 ? 1 : (group * tq + 1) / 2);
                loads.equal(engines.q_loads, 2 * group * tq, where);
                loads.equal(engines.k_loads, keys, where);
                loads.equal(engines.v_loads, keys, where);
                loads.equal(engines.state_loads + engines.state_stores, 0u, where);
                loads.equal(engines.fences, 1u, where);
            }
}

TEST_CASE("a schedule that breaks a promise is named with the pair that does") {
    Compared messages("messages");
    fw::AttentionJob job = job_of(2, 2, 40, 48);
    job.mask.flags = spec::kMaskCausal;
    job.q_position = 8;  // query tile 0 meets key tiles 0 and 1, the last one all six
    const char* const kSays[] = {
        "schedule breaking: query tile 1 of stack 0 is given key tile 2, due is 1",
        "schedule breaking: query tile 0 of stack 0 is given key tile 1, due is none",
        "schedule breaking: query tile 0 of stack 0 is given key tile 1, due is 0",
        "schedule breaking: query tile 4 of stack 0 never meets key tile 0",
        "schedule breaking: key/value head 1 begins while query tiles of 0 are not finished",
        "schedule breaking: there is no query tile 5 of stack 0",
        "schedule breaking: query tile 0 of stack 0 is given key tile 5, due is 0",
        "schedule too-many: 3 query tiles are begun and not finished, kOpenTiles says 2",
    };
    for (uint32_t n = 0; n < Bad::kCount; ++n) {
        job.schedule = bad(n);
        messages.equal(complaint(job, 1), kSays[n]);
    }
}
