// SPDX-License-Identifier: MIT
// Driver and runner against a mock device: right keys merged and stored for any job, ring and
// interrupt protocol at every ring size, errors, bus faults, reset, and refusal of jobs that do not
// fit.
#include "firmware/driver/driver.h"

#include <algorithm>
#include <string>

#include "firmware/merge/partial.h"
#include "firmware/plan/planner.h"
#include "firmware/runner/runner.h"
#include "host/verify/job_mask.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/unit/mock_device.h"
#include "tests/unit/symbolic_engines.h"

namespace {

namespace fw = tessera::fw;
namespace spec = tessera::spec;
using spec::ErrorCode;
using spec::Reg;
using tessera::test::Compared;
using tessera::test::MockDevice;
using tessera::test::SymbolicEngines;

constexpr uint32_t kBus = 16;
constexpr spec::DeviceParams kDevice{8, 16, 4, 2, kBus, spec::Profile::kStateful};
constexpr spec::DeviceParams kStatsDevice{8, 16, 4, 2, kBus, spec::Profile::kStats};

fw::DriverConfig config(uint32_t ring) {
    return {MockDevice::kCsr, MockDevice::kRing, ring, 0x7000, 100000};
}

/// A tensor whose rows lie [heads][rows] or, as frameworks like it, [rows][heads].
fw::Tensor tensor(uint64_t address, uint32_t heads, uint32_t rows, uint32_t bytes, bool by_row) {
    const uint32_t row = (bytes + kBus - 1) / kBus * kBus;
    if (by_row) return {address, row, heads * row};
    return {address, uint64_t{row} * rows, row};
}

/// Places the tensors of a job, whose sizes are set.
void place(fw::AttentionJob& job, bool by_row) {
    const uint32_t q_rows = tessera::verify::tensor_rows(job.query_list, job.nq);
    const uint32_t k_rows = tessera::verify::key_tensor_rows(job);
    job.q = tensor(0x10000000, job.query_heads, q_rows, 2 * job.d_k, by_row);
    job.k = tensor(0x20000000, job.kv_heads, k_rows, 2 * job.d_k, by_row);
    // Crosses multiples of 4 GiB.
    job.v = tensor(0x2ffffff00, job.kv_heads, k_rows, 2 * job.d_v, by_row);
    job.o = tensor(0x40000000, job.query_heads, job.nq, 4 * job.d_v, by_row);
    job.state =
        tensor(0x50000000, job.query_heads / job.kv_heads, job.nq, kBus + 4 * job.d_v, false);
    job.lse = tensor(0x60000000, job.query_heads, job.nq, kBus, by_row);
    job.partial = tensor(0x70000000, fw::kPartialSlots, kDevice.m, kBus + 4 * job.d_v, false);
    job.summary_list = 0x80000000;
    job.query_list.address = 0x90000000;
    job.key_list.address = 0xa0000000;
}

fw::AttentionJob make_job(uint32_t query_heads, uint32_t kv_heads, uint32_t nq, uint32_t nk) {
    fw::AttentionJob job;
    job.query_heads = query_heads;
    job.kv_heads = kv_heads;
    job.nq = nq;
    job.nk = nk;
    job.d_k = 12;
    job.d_v = 9;
    job.factor = 0x3f317218;
    place(job, false);
    return job;
}

fw::AttentionJob random_job(std::mt19937_64& random, uint32_t limit,
                            tessera::verify::MaskArrays& arrays) {
    const auto draw = [&](uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random() % (high - low + 1));
    };
    const uint32_t kv_heads = draw(1, 3);
    const uint32_t nq = draw(0, 4) == 0 ? 1 : draw(1, limit), nk = draw(1, limit);
    fw::AttentionJob job = make_job(kv_heads * draw(1, 3), kv_heads, nq, nk);
    job.schedule =
        draw(0, 1) == 0 ? fw::ScheduleId::kQueryResident : fw::ScheduleId::kKeyValueResident;
    job.q_position = draw(0, 1) == 0 ? draw(0, 60) : nk > nq ? nk - nq : 0;
    job.k_position = draw(0, 1) == 0 ? draw(0, 60) : nq > nk ? nq - nk : 0;
    job.bf16_output = draw(0, 1) == 1;
    job.want_lse = draw(0, 1) == 1;
    tessera::verify::random_mask(random, kDevice.m, job, arrays);
    if (draw(0, 4) == 0) tessera::verify::random_lists(random, job, arrays);
    if (draw(0, 3) == 0) tessera::verify::random_pages(random, kDevice.m, job, arrays);
    place(job, draw(0, 1) == 1);
    return job;
}

std::string text(const fw::AttentionJob& job) {
    return "heads " + std::to_string(job.query_heads) + "/" + std::to_string(job.kv_heads) +
           " nq " + std::to_string(job.nq) + " nk " + std::to_string(job.nk) + " positions " +
           std::to_string(job.q_position) + "," + std::to_string(job.k_position) + " " +
           tessera::verify::mask_text(job) + " key/value-resident " +
           std::to_string(job.schedule == fw::ScheduleId::kKeyValueResident);
}

/// What the planner says of a whole job.
struct Plan {
    uint64_t steps = 0, state_rows = 0;  ///< ATTENDs; rows of states that are merged into
};

Plan plan_of(const fw::AttentionJob& job) {
    fw::Planner planner(job, kDevice.m);
    Plan plan;
    for (fw::Step step; planner.next(step); ++plan.steps)
        if (!step.first) plan.state_rows += step.q_rows;
    return plan;
}

/// Runs a job with engines of its own and collects what they have to say.
fw::Status run(fw::Driver& driver, MockDevice& mock, const fw::AttentionJob& job,
               SymbolicEngines& engines) {
    mock.execute = [&](const spec::Command& c) { engines.execute(c); };
    mock.read_memory = [&](uint64_t at, uint32_t& value) { value = engines.memory.read(at); };
    mock.write_memory = [&](uint64_t at, uint32_t value) { engines.memory.write(at, value); };
    const fw::Status status = fw::Runner(driver).run(job);
    engines.finish();
    mock.execute = nullptr;
    mock.read_memory = nullptr;
    mock.write_memory = nullptr;
    return status;
}

std::string first_of(const std::vector<std::string>& faults) {
    return faults.empty() ? "" : faults.front();
}

}  // namespace

TEST_CASE("every output holds exactly its keys in order, whatever the job and the ring") {
    auto random = tessera::test::test_random();
    Compared outputs("answers about jobs and rings");
    for (int n = 0; n < 800; ++n) {
        MockDevice mock(kDevice, random());
        const uint32_t ring = 4u << random() % 4;
        mock.eager_permille = random() % 2 == 0 ? 0 : static_cast<uint32_t>(random() % 400);
        fw::Driver driver(mock);
        REQUIRE(driver.init(config(ring)).ok());
        uint64_t calls = 0;
        for (int again = 0; again < 3; ++again) {  // on the same device, from any tail
            tessera::verify::MaskArrays arrays;
            const fw::AttentionJob job = random_job(random, 60, arrays);
            const auto where = [&] { return text(job) + " ring " + std::to_string(ring); };
            SymbolicEngines engines(job, kDevice);
            const Plan plan = plan_of(job);
            outputs.equal(run(driver, mock, job, engines).ok(), true, where);
            outputs.equal(first_of(engines.faults), "", where);
            outputs.equal(first_of(mock.faults), "", where);
            calls += engines.attends;
            outputs.equal(engines.attends, plan.steps, where);
            outputs.equal(driver.calls(), calls, where);
            outputs.equal(driver.descriptors(), mock.commands, where);
            outputs.equal(mock.head(), mock.tail(), where);
            outputs.equal(mock.line_high(), false, where);
            outputs.equal(engines.outputs, uint64_t{job.query_heads} * job.nq, where);
            // A state that travels does so between any two key tiles of its query tile.
            const bool travel = fw::Planner(job, kDevice.m).states_travel();
            const uint64_t moves = travel ? plan.state_rows : 0;
            outputs.equal(engines.state_stores, moves, where);
            outputs.equal(engines.state_loads, moves, where);
            outputs.equal(engines.lses, job.want_lse ? engines.outputs : 0, where);
        }
        outputs.equal(mock.reads[Reg::kStatus], 1 + mock.reset_reads);  // the reset, no polling
        outputs.equal(mock.reads[Reg::kRingHead], mock.writes[Reg::kRingNotify]);
    }
}

TEST_CASE("ranges of keys: what no row of a tile sees is neither loaded nor attended to") {
    constexpr spec::DeviceParams kRanges{16, 16, 4, 2, kBus, spec::Profile::kStateful, true};
    auto random = tessera::test::test_random();
    Compared outputs("answers about jobs on a device with ranges of keys");
    uint64_t pairs = 0, issued = 0;
    for (int n = 0; n < 800; ++n) {
        MockDevice mock(kRanges, random());
        fw::Driver driver(mock);
        REQUIRE(driver.init(config(16)).ok());
        tessera::verify::MaskArrays arrays;
        const fw::AttentionJob job = random_job(random, 60, arrays);
        const auto where = [&] { return text(job); };
        SymbolicEngines engines(job, kRanges);
        outputs.equal(run(driver, mock, job, engines).ok(), true, where);
        outputs.equal(first_of(engines.faults), "", where);
        outputs.equal(first_of(mock.faults), "", where);
        outputs.equal(engines.outputs, uint64_t{job.query_heads} * job.nq, where);
        uint64_t steps = 0;
        fw::Planner planner(job, kRanges.m);
        for (fw::Step step; planner.next(step); ++steps)
            issued += uint64_t{step.q_rows} * step.keys;
        outputs.equal(engines.attends, steps, where);
        pairs += engines.pairs;
    }
    outputs.holds(pairs * 50 < issued * 49,
                  [&] { return std::to_string(pairs) + " of " + std::to_string(issued); });
}

TEST_CASE("stats: firmware merges every partial result once, in order, behind its FENCE") {
    auto random = tessera::test::test_random();
    Compared outputs("answers about jobs of partial results");
    uint64_t laps = 0;  // jobs that use slots again
    for (int n = 0; n < 300; ++n) {
        MockDevice mock(kStatsDevice, random());
        const uint32_t ring = 4u << random() % 5;
        mock.eager_permille = random() % 2 == 0 ? 0 : static_cast<uint32_t>(random() % 400);
        fw::Driver driver(mock);
        REQUIRE(driver.init(config(ring)).ok());
        for (int again = 0; again < 2; ++again) {  // from any tail
            tessera::verify::MaskArrays arrays;
            const fw::AttentionJob job = random_job(random, 60, arrays);
            const auto where = [&] { return text(job) + " ring " + std::to_string(ring); };
            uint64_t partials = 0, steps = 0, whole = 0;  // whole: rows of one key tile
            fw::Planner planner(job, kDevice.m);
            for (fw::Step step; planner.next(step);) {
                partials += fw::is_partial(job, kStatsDevice, step) ? 1 : 0;
                whole += step.first && step.last ? step.q_rows : 0;
                ++steps;
            }
            laps += partials > fw::kPartialSlots ? 1 : 0;
            const uint64_t batches = (partials + fw::kMergeBatch - 1) / fw::kMergeBatch;
            SymbolicEngines engines(job, kStatsDevice);
            outputs.equal(run(driver, mock, job, engines).ok(), true, where);
            outputs.equal(first_of(engines.faults), "", where);
            outputs.equal(first_of(mock.faults), "", where);
            outputs.equal(engines.attends, steps, where);
            outputs.equal(engines.partials, partials, where);
            outputs.equal(engines.outputs, whole, where);
            outputs.equal(engines.lses, job.want_lse ? whole : 0, where);
            outputs.equal(engines.state_stores + engines.state_loads, 0u, where);
            outputs.equal(engines.fences, batches + 1, where);
            outputs.equal(driver.descriptors(), mock.commands, where);
            outputs.equal(mock.line_high(), false, where);
        }
    }
    outputs.holds(laps > 50, [&] { return std::to_string(laps) + " jobs use slots again"; });
}

TEST_CASE("tiles and states that are in a bank are not loaded again") {
    Compared loads("loads of a kind");
    for (const uint32_t group : {1u, 2u, 3u})
        for (const uint32_t tq : {1u, 2u, 3u, 5u})
            for (const uint32_t tk : {1u, 2u, 3u, 6u})
                for (const bool by_key : {false, true}) {
                    fw::AttentionJob job = make_job(2 * group, 2, tq * 8 - 3, tk * 8 - 1);
                    if (by_key) job.schedule = fw::ScheduleId::kKeyValueResident;
                    MockDevice mock(kDevice, 1);
                    fw::Driver driver(mock);
                    REQUIRE(driver.init(config(16)).ok());
                    SymbolicEngines engines(job, kDevice);
                    const auto where = [&] { return text(job); };
                    loads.equal(run(driver, mock, job, engines).ok(), true, where);
                    const uint32_t heads = job.query_heads;
                    const bool resident = group * tq <= 2;  // of a group's query tiles
                    const uint32_t all = heads * tq * tk;
                    const uint32_t q = by_key && !resident ? all : heads * tq;
                    const uint32_t k = by_key || tk <= 2 ? 2 * tk : all;
                    const uint32_t state = by_key && !resident ? heads * job.nq * (tk - 1) : 0;
                    const uint32_t fences = state != 0 ? 2 * (tk - 1) : 0;
                    loads.equal(engines.q_loads, q, where);
                    loads.equal(engines.k_loads, k, where);
                    loads.equal(engines.v_loads, k, where);
                    loads.equal(engines.state_loads, state, where);
                    loads.equal(engines.state_stores, state, where);
                    loads.equal(engines.fences, fences + 1, where);
                }
}

TEST_CASE("a full ring sleeps once for every half of it, an idle one not at all") {
    Compared sleeps("sleeps");
    for (const uint32_t ring : {8u, 16u, 64u}) {
        MockDevice mock(kDevice, 1);  // takes descriptors only while firmware sleeps
        fw::Driver driver(mock);
        REQUIRE(driver.init(config(ring)).ok());
        spec::Command fence;
        fence.address = 0x7000;
        for (uint32_t i = 0; i < 16 * ring; ++i) REQUIRE(driver.submit(fence).ok());
        sleeps.equal(mock.sleeps, (16 * ring - ring) / (ring / 2));
        sleeps.equal(mock.ragged_tails, 0u);
        sleeps.equal(driver.fence().ok(), true);
        sleeps.equal(mock.ragged_tails, 1u);
        sleeps.equal(first_of(mock.faults), "");
    }
    MockDevice mock(kDevice, 1);
    fw::Driver driver(mock);
    REQUIRE(driver.init(config(64)).ok());
    for (uint32_t i = 0; i < 9; ++i) {  // below a ring: one sleep, for the fence
        sleeps.equal(driver.fence().ok(), true);
        sleeps.equal(mock.sleeps, i + 1);
    }
}

TEST_CASE("a device error is reported with code and tag, repeated, and cleared by a reset") {
    auto random = tessera::test::test_random();
    Compared reports("reports of device errors");
    for (int n = 0; n < 400; ++n) {
        MockDevice mock(kDevice, random());
        mock.eager_permille = random() % 2 == 0 ? 0 : 100;
        tessera::verify::MaskArrays arrays;
        const fw::AttentionJob job = random_job(random, 40, arrays);
        const auto where = [&] { return text(job); };
        fw::Driver driver(mock);
        REQUIRE(driver.init(config(8)).ok());
        REQUIRE(fw::Runner(driver).run(job).ok());
        const uint64_t all = mock.commands;
        const bool hang = random() % 4 == 0;
        const uint64_t at = all + random() % all;
        (hang ? mock.never_answer_from : mock.error_at) = at;
        const fw::Status status = fw::Runner(driver).run(job);
        reports.equal(status.code, fw::Code::kDeviceError, where);
        reports.equal(status.error, hang ? ErrorCode::kWatchdog : ErrorCode::kReadBus, where);
        reports.equal(status.tag, at & 0xffff, where);
        const uint64_t before = mock.accesses;
        reports.equal(fw::Runner(driver).run(job).error, status.error, where);
        reports.equal(driver.fence().tag, status.tag, where);
        reports.equal(mock.accesses, before, where);  // a halted device is left alone
        mock.error_at = mock.never_answer_from = UINT64_MAX;
        reports.equal(driver.reset().ok(), true, where);
        SymbolicEngines engines(job, kDevice);
        reports.equal(run(driver, mock, job, engines).ok(), true, where);
        reports.equal(first_of(engines.faults), "", where);
        reports.equal(first_of(mock.faults), "", where);
    }
}

TEST_CASE("raw commands: an illegal one comes back as the device's answer") {
    Compared reports("reports");
    MockDevice mock(kDevice, 1);
    fw::Driver driver(mock);
    REQUIRE(driver.init(config(4)).ok());
    spec::Command command;
    command.opcode = spec::Opcode::kLoadQ;
    command.rows = kDevice.m + 1;
    command.d_k = 1;
    command.pitch = kBus;
    REQUIRE(driver.submit(command).ok());
    const fw::Status status = driver.fence();
    reports.equal(status.error, ErrorCode::kRowsOutOfRange);
    reports.equal(status.tag, 0u);
    reports.equal(driver.reset().ok(), true);
    command.rows = kDevice.m;
    reports.equal(driver.submit(command).ok(), true);
    reports.equal(driver.fence().ok(), true);
    reports.equal(mock.resets, 2u);
}

TEST_CASE("a bus fault at any access ends the call with kBusFault") {
    Compared faults("accesses that fail");
    for (const auto& [device, job] : {std::pair(kDevice, make_job(1, 1, 17, 20)),
                                      std::pair(kStatsDevice, make_job(1, 1, 3, 20))}) {
        uint64_t accesses = 0;
        for (uint64_t at = 0; at == 0 || at < accesses; ++at) {
            MockDevice mock(device, 1);
            mock.read_memory = [](uint64_t, uint32_t& value) { value = 0; };
            mock.write_memory = [](uint64_t, uint32_t) {};
            mock.fault_at = at == 0 ? UINT64_MAX : at - 1;
            fw::Driver driver(mock);
            fw::Status status = driver.init(config(8));
            if (status.ok()) status = fw::Runner(driver).run(job);
            faults.equal(status.code, at == 0 ? fw::Code::kOk : fw::Code::kBusFault);
            if (at == 0) accesses = mock.accesses + 1;
        }
    }
}

TEST_CASE("after a bus fault while merging nothing runs until a reset") {
    Compared answers("answers");
    const fw::AttentionJob job = make_job(1, 1, 8, 8 * 3 * fw::kMergeBatch);
    MockDevice mock(kStatsDevice, 1);
    bool broken = true;
    mock.read_memory = [&](uint64_t, uint32_t& value) {
        value = 0;
        if (broken) mock.fault_at = mock.accesses;  // the next one, while a FENCE is under way
    };
    mock.write_memory = [](uint64_t, uint32_t) {};
    fw::Driver driver(mock);
    REQUIRE(driver.init(config(64)).ok());
    answers.equal(fw::Runner(driver).run(job).code, fw::Code::kBusFault);
    broken = false;
    mock.fault_at = UINT64_MAX;
    const uint64_t before = mock.accesses;
    answers.equal(fw::Runner(driver).run(job).code, fw::Code::kBusFault);
    answers.equal(driver.fence().code, fw::Code::kBusFault);
    answers.equal(mock.accesses, before);
    answers.equal(driver.reset().ok(), true);
    answers.equal(fw::Runner(driver).run(job).ok(), true);
    answers.equal(first_of(mock.faults), "");
}

TEST_CASE("init: wrong devices, found devices, resets that do not end") {
    Compared answers("answers");
    const auto init_with = [](Reg reg, uint32_t value) {
        MockDevice mock(kDevice, 1);
        mock.override_register[static_cast<uint32_t>(reg)] = value;
        return fw::Driver(mock).init(config(8)).code;
    };
    answers.equal(init_with(Reg::kId, 0), fw::Code::kWrongDevice);
    answers.equal(init_with(Reg::kVersion, spec::kVersionValue + 1), fw::Code::kWrongDevice);
    answers.equal(init_with(Reg::kCapBanks, 3), fw::Code::kWrongDevice);
    answers.equal(init_with(Reg::kCapM, 0), fw::Code::kWrongDevice);
    answers.equal(init_with(Reg::kCapBusBytes, 24), fw::Code::kWrongDevice);
    answers.equal(init_with(Reg::kStatus, spec::kStatusResetting), fw::Code::kResetTimeout);

    MockDevice idle(kDevice, 1);
    idle.reset_reads = 1;
    answers.equal(fw::Driver(idle).init(config(8)).ok(), true);
    answers.equal(idle.accesses, uint64_t{fw::Driver::kInitAccesses});

    MockDevice mock(kDevice, 1);
    fw::Driver driver(mock);
    REQUIRE(driver.init(config(8)).ok());
    REQUIRE(driver.fence().ok());
    fw::Driver next(mock);  // another driver takes over and goes on at the tail
    const uint64_t accesses = mock.accesses;
    answers.equal(next.init(config(8)).ok(), true);
    answers.equal(mock.accesses - accesses, uint64_t{fw::Driver::kAdoptAccesses});
    answers.equal(fw::Runner(next).run(make_job(1, 1, 20, 20)).ok(), true);
    answers.equal(mock.resets, 1u);
    mock.disown();  // enabled on a ring that is not ours
    fw::Driver third(mock);
    answers.equal(third.init(config(8)).ok(), true);
    answers.equal(mock.resets, 2u);
    answers.equal(fw::Runner(third).run(make_job(1, 1, 20, 20)).ok(), true);
    mock.error_at = mock.commands;
    answers.equal(third.fence().code, fw::Code::kDeviceError);
    fw::Driver fourth(mock);  // and one that has halted
    answers.equal(fourth.init(config(8)).ok(), true);
    answers.equal(mock.resets, 3u);
    answers.equal(fw::Runner(fourth).run(make_job(1, 1, 20, 20)).ok(), true);
    answers.equal(first_of(mock.faults), "");
    answers.equal(fourth.device().m, kDevice.m);
    answers.equal(fourth.device().d, kDevice.d);
    answers.equal(fourth.device().bus_bytes, kDevice.bus_bytes);
}
