// SPDX-License-Identifier: MIT
#include "tests/cosim/cosim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "rtl/sim/rtl_device.h"

namespace tessera::test {
namespace {

constexpr size_t kMessages = 10;

class Comparison {
  public:
    Comparison(const std::string& name, CosimTotals& totals) : name_(name), totals_(totals) {}

    template <typename A, typename What>
    void equal(const A& model, const A& rtl, What&& what) {
        ++totals_.elements;
        if (model == rtl) return;
        different(fmt::format("{}: model {}, RTL {}", what(), model, rtl));
    }
    void different(const std::string& text) {
        ++totals_.differences;
        if (totals_.messages.size() < kMessages) totals_.messages.push_back(name_ + ": " + text);
    }

  private:
    const std::string& name_;
    CosimTotals& totals_;
};

/// What the model predicted for cycles that were never simulated did not happen.
void cut(Outcome& o) {
    const uint64_t end = o.notes.back();
    for (hw::CommandTrace& c : o.commands) {
        if (c.start >= end) c.start = hw::kNever;
        if (c.retire >= end) c.retire = hw::kNever;
    }
    const auto unfinished = [&](const hw::GroupTrace& g) { return g.merged >= end; };
    o.groups.erase(std::remove_if(o.groups.begin(), o.groups.end(), unfinished), o.groups.end());
}

void compare_traces(Comparison& c, const Outcome& model, const Outcome& rtl) {
    c.equal(model.commands.size(), rtl.commands.size(), [] { return "commands dispatched"; });
    for (size_t i = 0; i < std::min(model.commands.size(), rtl.commands.size()); ++i) {
        const hw::CommandTrace &m = model.commands[i], &r = rtl.commands[i];
        const auto what = [&](const char* field) {
            return fmt::format("command {} ({}, number {}) {}", i, spec::opcode_name(m.opcode),
                               m.sequence, field);
        };
        c.equal(static_cast<uint32_t>(m.opcode), static_cast<uint32_t>(r.opcode),
                [&] { return what("opcode"); });
        c.equal(m.tag, r.tag, [&] { return what("tag"); });
        c.equal(m.sequence, r.sequence, [&] { return what("number"); });
        c.equal(m.dispatch, r.dispatch, [&] { return what("dispatch"); });
        c.equal(m.start, r.start, [&] { return what("start"); });
        c.equal(m.retire, r.retire, [&] { return what("retire"); });
    }
    c.equal(model.groups.size(), rtl.groups.size(), [] { return "lane groups"; });
    for (size_t i = 0; i < std::min(model.groups.size(), rtl.groups.size()); ++i) {
        const hw::GroupTrace &m = model.groups[i], &r = rtl.groups[i];
        const auto what = [&](const char* field) {
            return fmt::format("lane group {} ({} of number {}) {}", i, m.group, m.sequence, field);
        };
        c.equal(m.sequence, r.sequence, [&] { return what("number"); });
        c.equal(m.group, r.group, [&] { return what("index"); });
        c.equal(m.keys, r.keys, [&] { return what("keys"); });
        c.equal(m.score, r.score, [&] { return what("S"); });
        c.equal(m.value, r.value, [&] { return what("V"); });
        c.equal(m.merged, r.merged, [&] { return what("last row"); });
    }
}

void compare(Comparison& c, const Outcome& model, const Outcome& rtl) {
    c.equal(static_cast<uint32_t>(model.status.code), static_cast<uint32_t>(rtl.status.code),
            [] { return "status"; });
    c.equal(static_cast<uint32_t>(model.status.error), static_cast<uint32_t>(rtl.status.error),
            [] { return "error code"; });
    c.equal(model.status.tag, rtl.status.tag, [] { return "error tag"; });
    c.equal(model.calls, rtl.calls, [] { return "calls"; });
    compare_traces(c, model, rtl);
    c.equal(model.writes.size(), rtl.writes.size(), [] { return "register writes"; });
    for (size_t i = 0; i < std::min(model.writes.size(), rtl.writes.size()); ++i) {
        c.equal(model.writes[i].cycle, rtl.writes[i].cycle,
                [&] { return fmt::format("register write {} cycle", i); });
        c.equal(model.writes[i].value, rtl.writes[i].value,
                [&] { return fmt::format("register write {} value", i); });
    }
    c.equal(model.notes.size(), rtl.notes.size(), [] { return "notes"; });
    for (size_t i = 0; i < std::min(model.notes.size(), rtl.notes.size()); ++i)
        c.equal(model.notes[i], rtl.notes[i], [&] { return fmt::format("note {}", i); });
    for (uint32_t i = 0; i < spec::kCounters; ++i)
        c.equal(model.counters[i], rtl.counters[i],
                [&] { return std::string(spec::kCounterTable[i].name); });
    c.equal(model.memory.size(), rtl.memory.size(), [] { return "memory bytes"; });
    for (size_t i = 0; i + 4 <= std::min(model.memory.size(), rtl.memory.size()); i += 4) {
        uint32_t m = 0, r = 0;
        std::memcpy(&m, &model.memory[i], 4);
        std::memcpy(&r, &rtl.memory[i], 4);
        c.equal(m, r, [&] { return fmt::format("memory word at {:#x}", i); });
    }
}

}  // namespace

bool CosimTotals::enough() const { return messages.size() >= kMessages; }

void CosimTotals::print(const std::string& name) const {
    for (const std::string& message : messages) fmt::print("{}\n", message);
    fmt::print("{}: {} jobs, {} commands, {} cycles\n", name, jobs, commands, cycles);
    fmt::print("compared {} elements of model and RTL, {} different\n", elements, differences);
}

uint64_t cosim_count(uint64_t usual) {
    const char* said = std::getenv("TESSERA_COSIM_COUNT");
    return said == nullptr ? usual : std::strtoull(said, nullptr, 10);
}

void cosimulate(const hw::PlatformConfig& config, const CosimBody& body, const std::string& name,
                CosimTotals& totals) {
    const CosimBody ended = [&](Machine& machine, Outcome& out) {
        body(machine, out);
        out.notes.push_back(machine.platform().now());
    };
    hw::PlatformConfig rtl_config = config;
    rtl_config.make_device = rtl::make_rtl_device;
    Outcome model = run_machine(config, ended, kRingAddress, 120);
    Outcome rtl = run_machine(rtl_config, ended, kRingAddress, 600);
    Comparison c(name, totals);
    ++totals.jobs;
    if (!model.failure.empty() || !rtl.failure.empty()) {
        c.different(fmt::format("model '{}', RTL '{}'", model.failure, rtl.failure));
        return;
    }
    totals.commands += model.commands.size();
    totals.cycles += model.notes.back();
    cut(model);
    cut(rtl);
    compare(c, model, rtl);
}

RandomJob random_job(std::mt19937_64& random, const spec::DeviceParams& params,
                     uint32_t max_tokens) {
    const auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    const auto chance = [&](uint32_t percent) { return below(100) < percent; };
    RandomJob r;
    r.platform = machine_config(params);
    r.platform.trace_commands = UINT64_MAX;
    hw::MemoryConfig& memory = r.platform.memory;
    memory.read_latency_cycles = chance(30) ? 1 + below(200) : 64;
    memory.write_latency_cycles = chance(30) ? 1 + below(200) : 64;
    if (chance(50)) memory.stall = {random(), chance(20) ? 1000 : below(300), 1 + below(16)};
    if (chance(30)) r.platform.firmware = {below(60), below(30)};

    fw::AttentionJob& job = r.job;
    job.kv_heads = 1 + below(2);
    job.query_heads = job.kv_heads * (1 + below(2));
    job.nq = chance(20) ? 1 : 1 + below(max_tokens);
    job.nk = chance(40) ? job.nq : 1 + below(max_tokens);
    job.d_k = chance(50) ? params.d : 1 + below(params.d);
    job.d_v = chance(50) ? params.d : 1 + below(params.d);
    job.factor = 0x3e000000u + (below(1 << 24));
    job.mask = chance(50) ? fw::MaskKind::kCausal : fw::MaskKind::kDense;
    const uint32_t origin = chance(20) ? spec::kPositionLimit - max_tokens : below(1000);
    job.q_position = job.mask == fw::MaskKind::kCausal && job.nk > job.nq && chance(50)
                         ? origin + job.nk - job.nq
                         : origin;
    job.k_position = origin;
    job.order = chance(50) ? fw::LoopOrder::kQueryResident : fw::LoopOrder::kKeyValueResident;
    job.bf16_output = chance(50);
    job.want_lse = chance(30);

    uint64_t next = 0;
    const auto place = [&](uint32_t heads, uint32_t rows, uint32_t row_bytes) {
        fw::Tensor t;
        const uint32_t padded = params.beats(row_bytes) * params.bus_bytes;
        t.pitch = padded + (chance(30) ? params.bus_bytes * below(4) : 0);
        t.address = next;
        t.head_stride = uint64_t{t.pitch} * rows;
        next += t.head_stride * heads;
        return t;
    };
    job.q = place(job.query_heads, job.nq, 2 * job.d_k);
    job.k = place(job.kv_heads, job.nk, 2 * job.d_k);
    job.v = place(job.kv_heads, job.nk, 2 * job.d_v);
    const uint64_t inputs = next;
    job.o = place(job.query_heads, job.nq, 4 * job.d_v);
    job.state = place(job.query_heads, job.nq, params.bus_bytes + 4 * job.d_v);
    job.lse = place(job.query_heads, job.nq, params.bus_bytes);
    if (next > kDataBytes) throw std::logic_error("the job does not fit the test machine");
    r.image.assign(inputs, 0);
    for (uint64_t at = 0; at + 2 <= inputs; at += 2) {
        const uint64_t x = random();
        const auto bits =
            static_cast<uint16_t>((x & 0x807f) | (120 + (x >> 32) % 9) << 7);  // 2^-7 to 4
        std::memcpy(&r.image[at], &bits, 2);
    }
    return r;
}

}  // namespace tessera::test
