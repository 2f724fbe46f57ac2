// SPDX-License-Identifier: MIT
// Runs four short programs on the model and prints what its trace port and its memory port showed,
// cycle by cycle, as JSON. scripts/pictures draws the waveforms of docs/contract from it.
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "host/config/config.h"
#include "host/verify/machine.h"
#include "hw_model/device.h"
#include "hw_model/memory/burst.h"
#include "spec/latency.h"
#include "spec/state.h"

namespace {

using namespace tessera;
using nlohmann::json;
using spec::Cycle;
using spec::Opcode;
using LaneGroup = decltype(verify::Outcome::groups)::value_type;

const spec::DeviceParams kTiny = host::resolve_config("tiny", {}, {}).platform.params;
constexpr uint32_t kRows = 16, kColumns = 16;
constexpr uint64_t kQuery = 0x0000, kKey = 0x1000, kValue = 0x2000, kOutput = 0x3000,
                   kIndices = 0x4000;
constexpr uint32_t kDrainCycles = 80;  ///< from an error to the soft reset: all has drained

/// What the probe saw of a run.
struct Seen {
    std::map<const void*, json> waiting;  ///< bursts without an answer, by their payload
    json bursts = json::array();
    json interrupts = json::array();
};

/// The model with a probe on its memory port and its interrupt; passes everything on unchanged.
class ProbedDevice : public hw::DeviceBase {
  public:
    ProbedDevice(const sc_core::sc_module_name& name, const hw::PlatformConfig& config,
                 uint32_t index, Seen& seen)
        : hw::DeviceBase(name),
          from_device_("from_device"),
          to_memory_("to_memory"),
          device_("device", config.params, index, config.timing_only, config.trace_commands),
          seen_(seen) {
        device_.memory_socket().bind(from_device_);
        from_device_.register_nb_transport_fw(this, &ProbedDevice::request);
        to_memory_.register_nb_transport_bw(this, &ProbedDevice::answer);
        SC_METHOD(interrupt_changed);
        sensitive << device_.irq();
        dont_initialize();
    }

    tlm::tlm_target_socket<>& csr_socket() override { return device_.csr_socket(); }
    tlm::tlm_initiator_socket<>& memory_socket() override { return to_memory_; }
    sc_core::sc_out<bool>& irq() override { return device_.irq(); }
    hw::TraceLog& trace() override { return device_.trace(); }

  private:
    SC_HAS_PROCESS(ProbedDevice);

    tlm::tlm_sync_enum request(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                               sc_core::sc_time& delay) {
        seen_.waiting[&payload] = {{"write", payload.is_write()},
                                   {"address", payload.get_address()},
                                   {"presented", hw::now_cycle()}};
        return to_memory_->nb_transport_fw(payload, phase, delay);
    }

    tlm::tlm_sync_enum answer(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                              sc_core::sc_time& delay) {
        hw::BurstExtension* burst = nullptr;
        payload.get_extension(burst);
        const hw::BurstSchedule& schedule = burst->schedule;
        json seen = seen_.waiting[&payload];
        seen_.waiting.erase(&payload);
        for (uint32_t i = 0; i < burst->beats; ++i) seen["beats"].push_back(schedule.beat(i));
        if (payload.is_write()) seen["response"] = schedule.response;
        if (schedule.failed()) seen["error_beat"] = schedule.error_beat;
        seen_.bursts.push_back(seen);
        return from_device_->nb_transport_bw(payload, phase, delay);
    }

    void interrupt_changed() {
        seen_.interrupts.push_back(
            {{"cycle", hw::now_cycle()}, {"level", device_.irq().read() ? 1 : 0}});
    }

    tlm_utils::simple_target_socket<ProbedDevice> from_device_;
    tlm_utils::simple_initiator_socket<ProbedDevice> to_memory_;
    hw::Device device_;
    Seen& seen_;
};

spec::Command transfer(Opcode opcode, uint64_t address, uint32_t rows = kRows) {
    spec::Command c;
    c.opcode = opcode;
    c.rows = rows;
    c.address = address;
    const bool scores = opcode == Opcode::kLoadQ || opcode == Opcode::kLoadK;
    (scores ? c.d_k : c.d_v) = kColumns;
    c.pitch = kTiny.beats(spec::row_bytes(kTiny, c)) * kTiny.bus_bytes;
    return c;
}

spec::Command attend() {
    spec::Command c;
    c.opcode = Opcode::kAttend;
    c.rows = c.keys = kRows;
    c.d_k = c.d_v = kColumns;
    c.factor = 0x3e800000;  // 0.25
    return c;
}

/// Rows in whole beats, with a beat between two rows, so each is a burst of its own.
spec::Command store_rows_apart() {
    spec::Command c = transfer(Opcode::kStoreO, kOutput);
    c.flags = spec::kFlagNormalise;
    c.pitch += kTiny.bus_bytes;
    return c;
}

struct Scenario {
    std::string name;
    std::vector<spec::Command> commands;
    uint32_t read_latency = 8, write_latency = 8;
    std::vector<hw::FaultConfig> faults;
};

std::vector<Scenario> scenarios() {
    const spec::Command q = transfer(Opcode::kLoadQ, kQuery), k = transfer(Opcode::kLoadK, kKey),
                        v = transfer(Opcode::kLoadV, kValue);
    spec::Command o = transfer(Opcode::kStoreO, kOutput);
    o.flags = spec::kFlagNormalise;
    spec::Command gathered = transfer(Opcode::kLoadK, kKey, 8);
    gathered.flags = spec::kFlagGather;
    gathered.index_address = kIndices;
    gathered.index_limit = 64;
    const spec::Command fence = verify::make_fence();
    // Read bursts of the device: two lines of descriptors, then Q, K, V.
    const hw::FaultConfig bad_keys{0, false, 3, 5};
    return {{"attend", {q, k, v, attend(), o, fence}, 8, 8, {}},
            {"gather", {gathered, fence}, 8, 8, {}},
            {"store", {q, k, v, attend(), store_rows_apart(), fence}, 8, 24, {}},
            {"error", {q, k, v, attend(), o, fence}, 8, 8, {bad_keys}}};
}

verify::Bytes memory_image() {
    verify::Bytes image(kIndices + 64, 0);
    std::mt19937 random(1);
    for (uint64_t a = 0; a < kOutput; a += 2) {
        image[a] = static_cast<uint8_t>(random());
        image[a + 1] = 0x3f;  // bf16 between 0.5 and 2
    }
    const uint8_t rows[] = {3, 4, 5, 17, 30, 31, 40, 41};
    for (uint32_t i = 0; i < 8; ++i) image[kIndices + 4 * i] = rows[i];
    return image;
}

/// Where a lane group is when: what the trace says, and the contract's latencies from there on.
json group_json(const LaneGroup& g) {
    const Cycle entering = spec::group_cycles(kTiny, g.keys);
    const Cycle scored = g.score_start + spec::score_lead(kTiny);
    const Cycle weights = g.value_start + 1 + spec::kExpCycles;
    json r = {{"number", g.number},
              {"group", g.group},
              {"score_keys", {g.score_start, g.score_start + entering}},
              {"score_buffer", {scored, scored + entering}},
              {"maximum_known", g.score_start + spec::max_known_after(kTiny, g.keys)}};
    if (g.value_start == hw::kNever) return r;
    const Cycle first_row = g.value_start + spec::merge_write_after(kTiny, g.keys);
    r["exp2"] = {g.value_start + 1, g.value_start + 1 + entering};
    r["weights"] = {weights, weights + entering};
    r["value_keys"] = {g.value_start, g.value_start + entering};
    r["merge_rows"] = {first_row, g.merged + 1};
    return r;
}

json cycle_json(Cycle cycle) { return cycle == hw::kNever ? json() : json(cycle); }

json run(const Scenario& scenario) {
    hw::PlatformConfig config = verify::machine_config(kTiny);
    config.memory.read_latency_cycles = scenario.read_latency;
    config.memory.write_latency_cycles = scenario.write_latency;
    config.memory.faults = scenario.faults;
    Seen seen;
    config.make_device = [&seen](const sc_core::sc_module_name& name, const hw::PlatformConfig& c,
                                 uint32_t index) {
        return std::make_unique<ProbedDevice>(name, c, index, seen);
    };
    std::vector<spec::Command> commands = scenario.commands;
    for (size_t i = 0; i < commands.size(); ++i) commands[i].tag = static_cast<uint32_t>(i);
    const auto body = [&](verify::Machine& machine, verify::Outcome& out) {
        machine.write_memory(0, memory_image());
        machine.run(
            [&](fw::Bus& bus) {
                verify::Feed feed;
                if (!scenario.faults.empty()) feed.settle_cycles = kDrainCycles;
                verify::feed_raw(machine, bus, verify::encode_all(commands), feed);
                out.notes.push_back(verify::read_register(bus, spec::Reg::kErrorCode));
                out.notes.push_back(verify::read_register(bus, spec::Reg::kErrorTag));
                if (out.notes[0] == 0) return;
                verify::write_register(bus, spec::Reg::kControl, spec::kControlSoftReset);
                while ((verify::read_register(bus, spec::Reg::kStatus) & spec::kStatusResetting) !=
                       0) {
                }
            },
            out);
        // The only way out of this process for text.
        const std::string text =
            json{{"bursts", seen.bursts}, {"interrupts", seen.interrupts}}.dump();
        out.memory.assign(text.begin(), text.end());
    };
    const verify::Outcome outcome = verify::run_machine(config, body);
    if (!outcome.failure.empty()) throw std::runtime_error(scenario.name + ": " + outcome.failure);

    json r = json::parse(outcome.memory.begin(), outcome.memory.end());
    r["name"] = scenario.name;
    r["read_latency"] = scenario.read_latency;
    r["write_latency"] = scenario.write_latency;
    r["error"] = spec::error_text(static_cast<spec::ErrorCode>(outcome.notes[0]));
    r["error_code"] = outcome.notes[0];
    r["error_tag"] = outcome.notes[1];
    for (const hw::CommandTrace& c : outcome.commands)
        r["commands"].push_back({{"name", spec::opcode_name(c.opcode)},
                                 {"number", c.number},
                                 {"dispatch", cycle_json(c.dispatch)},
                                 {"start", cycle_json(c.start)},
                                 {"retire", cycle_json(c.retire)}});
    r["groups"] = json::array();
    for (const LaneGroup& g : outcome.groups) r["groups"].push_back(group_json(g));
    for (const verify::RegisterWrite& w : outcome.writes)
        r["writes"].push_back(
            {{"cycle", w.cycle}, {"offset", static_cast<uint32_t>(w.reg)}, {"value", w.value}});
    return r;
}

}  // namespace

/// SystemC wants one; simulations are started by run_machine.
int sc_main(int, char**) { return 1; }

int main() {
    json r = {{"device",
               {{"m", kTiny.m},
                {"d", kTiny.d},
                {"lanes", kTiny.lanes},
                {"interleave", kTiny.interleave},
                {"bus_bytes", kTiny.bus_bytes}}},
              {"latency",
               {{"accept", spec::kAcceptCycles},
                {"sink", spec::kSinkCycles},
                {"exp2", spec::kExpCycles},
                {"store_pipe", spec::kStorePipeCycles}}}};
    for (const Scenario& scenario : scenarios()) r["scenarios"].push_back(run(scenario));
    std::printf("%s\n", r.dump(1).c_str());
    return 0;
}
