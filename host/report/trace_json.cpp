// SPDX-License-Identifier: MIT
#include "host/report/trace_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "host/report/command_names.h"
#include "spec/latency.h"

namespace tessera::host {
namespace {

using hw::kNever;
using spec::Cycle;

constexpr size_t kFlushBytes = 1 << 16;

/// The tracks, in the order of the data's way through the device. Commands of one engine overlap,
/// so its track has lanes.
enum Engine : uint32_t { kLoad, kAttend, kScore, kValue, kMerge, kStore, kEngines };
constexpr const char* kEngineNames[kEngines] = {"load",        "ATTEND", "score stage",
                                                "value stage", "merge",  "store and FENCE"};
constexpr uint32_t kLanesPerEngine = 64;

Engine engine_of(spec::Opcode opcode) {
    if (opcode <= spec::Opcode::kLoadState) return kLoad;
    return opcode == spec::Opcode::kAttend ? kAttend : kStore;
}

const char* queue_name(Engine engine) {
    return engine == kLoad ? "load queue" : engine == kAttend ? "compute queue" : "store queue";
}

class Writer {
  public:
    Writer(const RunRecord& record, const TextSink& sink)
        : record_(record),
          params_(record.config.platform.params),
          us_per_cycle_(1e-3 / record.config.clock_ghz),
          sink_(sink) {}

    void write() {
        text_ = "{\"displayTimeUnit\":\"ns\",\n";
        write_metadata();
        text_ += "\"traceEvents\":[\n{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",";
        const uint32_t devices = record_.config.platform.devices;
        text_ += fmt::format("\"args\":{{\"name\":\"device {}{}\"}}}}", device_name(),
                             devices == 1 ? "" : fmt::format(", number 0 of {}", devices));
        name_commands();
        for (size_t i = 0; i < names_.size(); ++i) command_event(record_.outcome.commands[i], i);
        for (const hw::GroupTrace& group : record_.outcome.groups) group_events(group);
        track_names();
        channel_tracks();
        text_ += "\n]}\n";
        sink_(text_);
    }

  private:
    std::string device_name() const {
        std::string safe;  // preset and file names hold nothing worth escaping: keep it so
        for (const char c : record_.config.device_name)
            if (c >= ' ' && c <= '~' && c != '"' && c != '\\') safe += c;
        return safe;
    }

    void write_metadata() {
        const uint64_t traced = record_.outcome.commands.size();
        text_ += fmt::format(
            "\"otherData\":{{\"clock_ghz\":{},\"commands_total\":{},\"commands_traced\":{},"
            "\"truncated\":{},\"time_zero\":\"release of reset\"}},\n",
            record_.config.clock_ghz, record_.outcome.commands_total, traced,
            traced < record_.outcome.commands_total);
    }

    void name_commands() {
        CommandNames names(record_.layout, params_);
        names_.reserve(record_.outcome.commands.size());
        for (const hw::CommandTrace& command : record_.outcome.commands) {
            names.go_to(command.sequence);
            names_.push_back(names.name());
        }
    }

    /// The first lane of `engine` that is free at `start`; it is taken until `end`.
    uint32_t take_lane(Engine engine, Cycle start, Cycle end) {
        std::vector<Cycle>& lanes = lanes_[engine];
        size_t lane = 0;
        while (lane < lanes.size() && lanes[lane] > start) ++lane;
        if (lane == lanes.size() && lane < kLanesPerEngine) lanes.push_back(0);
        lane = std::min(lane, lanes.size() - 1);
        lanes[lane] = end;
        return static_cast<uint32_t>(engine * kLanesPerEngine + lane + 1);
    }

    void slice(Engine engine, const std::string& name, Cycle start, Cycle end,
               const std::string& args) {
        const uint32_t track = take_lane(engine, start, end);
        begin_event();
        text_ += fmt::format(
            "{{\"ph\":\"X\",\"pid\":1,\"tid\":{},\"ts\":{:.6f},\"dur\":{:.6f},\"name\":\"{}\","
            "\"args\":{{{}}}}}",
            track, time(start), time(end - start), name, args);
    }

    void command_event(const hw::CommandTrace& c, size_t index) {
        const Engine engine = engine_of(c.opcode);
        if (c.start == kNever) return;
        if (c.dispatch != kNever && c.dispatch < c.start) wait_events(c, engine, names_[index]);
        const bool finished = c.retire != kNever;
        const Cycle end = finished ? c.retire : std::max(c.start, record_.outcome.end_cycle);
        slice(engine, names_[index], c.start, end,
              fmt::format("\"sequence\":{},\"dispatch\":{},\"start\":{},\"retire\":{}", c.sequence,
                          c.dispatch, c.start, finished ? fmt::to_string(c.retire) : "null"));
    }

    /// From dispatch to start, as an asynchronous slice: many commands wait at the same time.
    void wait_events(const hw::CommandTrace& c, Engine engine, const std::string& name) {
        for (const bool begin : {true, false}) {
            begin_event();
            text_ += fmt::format(
                "{{\"ph\":\"{}\",\"cat\":\"wait\",\"id\":{},\"pid\":1,\"tid\":0,\"ts\":{:.6f},"
                "\"name\":\"{}\",\"args\":{{\"command\":\"{}\"}}}}",
                begin ? 'b' : 'e', c.sequence, time(begin ? c.dispatch : c.start),
                queue_name(engine), name);
        }
    }

    void group_events(const hw::GroupTrace& g) {
        const auto& commands = record_.outcome.commands;
        const auto attend = std::lower_bound(
            commands.begin(), commands.end(), g.sequence,
            [](const hw::CommandTrace& c, uint64_t sequence) { return c.sequence < sequence; });
        if (attend == commands.end()) return;
        const std::string name = fmt::format(
            "{} group {}", names_[static_cast<size_t>(attend - commands.begin())], g.group);
        const std::string args =
            fmt::format("\"sequence\":{},\"group\":{},\"keys\":{}", g.sequence, g.group, g.keys);
        const Cycle keys = spec::group_cycles(params_, g.keys);
        if (g.score != kNever) slice(kScore, name, g.score, g.score + keys, args);
        if (g.value == kNever) return;
        slice(kValue, name, g.value, g.value + keys, args);
        const Cycle first_row = g.value + spec::merge_write_after(params_, g.keys);
        if (g.merged != kNever && g.merged >= first_row)
            slice(kMerge, name, first_row, g.merged + 1, args);
    }

    void track_names() {
        for (uint32_t engine = 0; engine < kEngines; ++engine)
            for (size_t lane = 0; lane < lanes_[engine].size(); ++lane) {
                const size_t track = engine * kLanesPerEngine + lane + 1;
                begin_event();
                text_ += fmt::format(
                    "{{\"ph\":\"M\",\"pid\":1,\"tid\":{0},\"name\":\"thread_name\",\"args\":"
                    "{{\"name\":\"{1}{2}\"}}}},\n{{\"ph\":\"M\",\"pid\":1,\"tid\":{0},\"name\":"
                    "\"thread_sort_index\",\"args\":{{\"sort_index\":{0}}}}}",
                    track, kEngineNames[engine], lane == 0 ? "" : fmt::format(" +{}", lane));
            }
    }

    /// A track for each channel of a DRAM: its bandwidth, window by window.
    void channel_tracks() {
        const auto& channels = record_.memory.bytes;
        if (channels.empty()) return;
        begin_event();
        text_ += "{\"ph\":\"M\",\"pid\":2,\"name\":\"process_name\",\"args\":{\"name\":\"DRAM\"}}";
        for (size_t c = 0; c < channels.size(); ++c) {
            const double gb = 1e-9 / (1e-6 * time(channels[c].width()));
            const std::vector<uint64_t>& sums = channels[c].sums();
            for (size_t w = 0; w <= sums.size(); ++w) {
                begin_event();
                text_ += fmt::format(
                    "{{\"ph\":\"C\",\"pid\":2,\"ts\":{:.6f},\"name\":\"channel {}, mean of {} "
                    "cycles\","
                    "\"args\":{{\"GB/s\":{:.3f}}}}}",
                    time(w * channels[c].width()), c, channels[c].width(),
                    w < sums.size() ? static_cast<double>(sums[w]) * gb : 0.0);
            }
        }
    }

    void begin_event() {
        if (text_.size() > kFlushBytes) {
            sink_(text_);
            text_.clear();
        }
        text_ += ",\n";
    }

    double time(Cycle cycles) const { return static_cast<double>(cycles) * us_per_cycle_; }

    const RunRecord& record_;
    const spec::DeviceParams& params_;
    double us_per_cycle_;
    const TextSink& sink_;
    std::string text_;
    std::vector<std::string> names_;  ///< of record_.outcome.commands
    std::vector<Cycle> lanes_[kEngines];
};

}  // namespace

void write_trace_json(const RunRecord& record, const TextSink& sink) {
    Writer(record, sink).write();
}

}  // namespace tessera::host
