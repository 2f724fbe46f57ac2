// SPDX-License-Identifier: MIT
#include "host/report/trace_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/engine/dram_bandwidth.h"
#include "host/platform/counters.h"
#include "host/run/command_names.h"
#include "spec/latency.h"

namespace tessera::host {
namespace {

using hw::kNever;
using spec::Counter;
using spec::Cycle;

constexpr size_t kFlushBytes = 1 << 16;

/// The tracks, in the order of the data's way through the device. Commands of one engine overlap,
/// so its track has lanes.
enum Engine : uint32_t {
    kLoad,
    kLoadWait,
    kAttend,
    kScore,
    kScoreWait,
    kValue,
    kValueWait,
    kMerge,
    kStore,
    kStoreWait,
    kEngines
};
constexpr const char* kEngineNames[kEngines] = {
    "load",        "load, waiting",        "ATTEND", "score stage",     "score stage, waiting",
    "value stage", "value stage, waiting", "merge",  "store and FENCE", "store, waiting"};
constexpr uint32_t kLanesPerEngine = 1u << 16;  // more than commands of one engine ever overlap

Engine engine_of(spec::Opcode opcode) {
    if (opcode <= spec::Opcode::kLoadState) return kLoad;
    return opcode == spec::Opcode::kAttend ? kAttend : kStore;
}

const char* queue_name(Engine engine) {
    return engine == kLoad ? "load queue" : engine == kAttend ? "compute queue" : "store queue";
}

/// What an engine or a stage waits for, by the counter of such cycles.
struct StallWords {
    Counter cause;
    Engine engine;
    const char* text;
};
constexpr StallWords kStallWords[] = {
    {Counter::kLoadStall, kLoadWait, "waits for a bank"},
    {Counter::kScoreStallQ, kScoreWait, "waits for Q"},
    {Counter::kScoreStallK, kScoreWait, "waits for K"},
    {Counter::kScoreStallBuffer, kScoreWait, "waits for the score buffer"},
    {Counter::kValueStallV, kValueWait, "waits for V"},
    {Counter::kValueStallState, kValueWait, "waits for the state bank"},
    {Counter::kValueStallScore, kValueWait, "waits for scores"},
    {Counter::kStoreStall, kStoreWait, "waits for rows of the state"}};

const StallWords& words_of(Counter cause) {
    for (const StallWords& words : kStallWords)
        if (words.cause == cause) return words;
    throw std::logic_error("no counter of stalls");
}

const char* counter_key(Counter cause) {
    return spec::kCounterTable[static_cast<size_t>(cause)].name;
}

/// The events of a file, passed on in pieces.
class EventSink {
  public:
    explicit EventSink(const TextSink& sink) : sink_(sink) {}

    void text(const std::string& text) {
        text_ += text;
        if (text_.size() > kFlushBytes) flush();
    }
    void event(const std::string& json) {
        text(first_ ? json : ",\n" + json);
        first_ = false;
    }
    void flush() {
        sink_(text_);
        text_.clear();
    }

  private:
    const TextSink& sink_;
    std::string text_;
    bool first_ = true;
};

/// A cycle in the microseconds of the format: drawn as one nanosecond whatever the clock. Viewers
/// round every start and every length to whole nanoseconds. With fractions of one, slices that
/// touch may overlap then, and a viewer drops a slice that begins within another and ends behind
/// it.
std::string time_of(Cycle cycle) { return fmt::format("{}.{:03}", cycle / 1000, cycle % 1000); }

/// A mean over windows, as a counter track of process `pid`.
struct CounterTrack {
    uint32_t pid;
    std::string name, unit;
    double scale;  ///< of a window's sum over its width
};
void write_counter(const CounterTrack& track, const std::vector<uint64_t>& sums, uint64_t width,
                   EventSink& out) {
    const double scale = track.scale / static_cast<double>(width);
    for (size_t w = 0; w <= sums.size() && !sums.empty(); ++w)
        out.event(
            fmt::format("{{\"ph\":\"C\",\"pid\":{},\"ts\":{},\"name\":\"{}, mean of {} cycles\","
                        "\"args\":{{\"{}\":{:.3f}}}}}",
                        track.pid, time_of(w * width), track.name, width, track.unit,
                        w < sums.size() ? static_cast<double>(sums[w]) * scale : 0.0));
}

std::string process_name(uint32_t pid, const std::string& name) {
    return fmt::format(
        "{{\"ph\":\"M\",\"pid\":{},\"name\":\"process_name\",\"args\":{{\"name\":\"{}\"}}}}", pid,
        name);
}

/// What one device did: process number of the device + 1.
class DeviceTracks {
  public:
    DeviceTracks(const RunRecord& record, uint32_t device, EventSink& out)
        : record_(record),
          outcome_(record.devices[device]),
          params_(record.config.platform.params),
          layout_(record.layout.of_device(device)),
          device_(device),
          pid_(device + 1),
          out_(out) {}

    void write() {
        const uint32_t devices = record_.config.platform.devices;
        out_.event(process_name(
            pid_, fmt::format("device {}{}", device_name(),
                              devices == 1 ? "" : fmt::format(", {} of {}", device_, devices))));
        name_commands();
        for (size_t i = 0; i < names_.size(); ++i) command_event(outcome_.commands[i], i);
        for (const hw::LaneGroupTrace& group : outcome_.groups) group_events(group);
        for (const hw::StallTrace& stall : outcome_.stalls) stall_event(stall);
        track_names();
        activity();
    }

  private:
    std::string device_name() const {
        std::string safe;  // preset and file names hold nothing worth escaping: keep it so
        for (const char c : record_.config.device_name)
            if (c >= ' ' && c <= '~' && c != '"' && c != '\\') safe += c;
        return safe;
    }

    void name_commands() {
        CommandNames names(layout_, params_, outcome_.merging.retried);
        names_.reserve(outcome_.commands.size());
        for (const hw::CommandTrace& command : outcome_.commands) {
            names.go_to(command.number);
            names_.push_back(names.name());
        }
    }

    /// The first lane of `engine` that is free at `start`; it is taken until `end`.
    uint32_t take_lane(Engine engine, Cycle start, Cycle end) {
        std::vector<Cycle>& lanes = lanes_[engine];
        size_t lane = 0;
        while (lane < lanes.size() && lanes[lane] > start) ++lane;
        if (lane == lanes.size()) lanes.push_back(0);
        lanes[lane] = end;
        return static_cast<uint32_t>(engine * kLanesPerEngine + lane + 1);
    }

    void slice(Engine engine, const std::string& name, Cycle start, Cycle end,
               const std::string& args) {
        const uint32_t track = take_lane(engine, start, end);
        out_.event(
            fmt::format("{{\"ph\":\"X\",\"pid\":{},\"tid\":{},\"ts\":{},\"dur\":{},\"name\":\"{}\","
                        "\"args\":{{{}}}}}",
                        pid_, track, time_of(start), time_of(end - start), name, args));
    }

    void command_event(const hw::CommandTrace& c, size_t index) {
        const Engine engine = engine_of(c.opcode);
        if (c.start == kNever) return;
        if (c.dispatch != kNever && c.dispatch < c.start) wait_events(c, engine, names_[index]);
        const bool finished = c.retire != kNever;
        const Cycle end = finished ? c.retire : std::max(c.start, outcome_.end_cycle);
        slice(engine, names_[index], c.start, end,
              fmt::format("\"number\":{},\"dispatch\":{},\"start\":{},\"retire\":{}", c.number,
                          c.dispatch, c.start, finished ? fmt::to_string(c.retire) : "null"));
    }

    /// From dispatch to start, as an asynchronous slice: many commands wait at the same time.
    void wait_events(const hw::CommandTrace& c, Engine engine, const std::string& name) {
        // Identities are of the whole file, not of a process.
        const uint64_t id = c.number * record_.config.platform.devices + device_;
        for (const bool begin : {true, false}) {
            out_.event(fmt::format(
                "{{\"ph\":\"{}\",\"cat\":\"wait\",\"id\":{},\"pid\":{},\"tid\":0,\"ts\":{},"
                "\"name\":\"{}\",\"args\":{{\"command\":\"{}\"}}}}",
                begin ? 'b' : 'e', id, pid_, time_of(begin ? c.dispatch : c.start),
                queue_name(engine), name));
        }
    }

    void group_events(const hw::LaneGroupTrace& g) {
        const auto& commands = outcome_.commands;
        const auto attend = std::lower_bound(
            commands.begin(), commands.end(), g.number,
            [](const hw::CommandTrace& c, uint64_t number) { return c.number < number; });
        if (attend == commands.end()) return;
        const std::string name = fmt::format(
            "{} group {}", names_[static_cast<size_t>(attend - commands.begin())], g.group);
        const std::string args =
            fmt::format("\"number\":{},\"group\":{},\"keys\":{}", g.number, g.group, g.keys);
        const Cycle keys = spec::group_cycles(params_, g.keys);
        if (g.score_start != kNever) slice(kScore, name, g.score_start, g.score_start + keys, args);
        if (g.value_start == kNever) return;
        slice(kValue, name, g.value_start, g.value_start + keys, args);
        const Cycle first_row = g.value_start + spec::merge_write_after(params_, g.keys);
        if (g.merged != kNever && g.merged >= first_row)
            slice(kMerge, name, first_row, g.merged + 1, args);
    }

    void stall_event(const hw::StallTrace& s) {
        const StallWords& words = words_of(s.cause);
        slice(words.engine, words.text, s.begin, s.end,
              fmt::format("\"counter\":\"{}\"", counter_key(s.cause)));
    }

    void track_names() {
        for (uint32_t engine = 0; engine < kEngines; ++engine)
            for (size_t lane = 0; lane < lanes_[engine].size(); ++lane) {
                const size_t track = engine * kLanesPerEngine + lane + 1;
                out_.event(fmt::format(
                    "{{\"ph\":\"M\",\"pid\":{3},\"tid\":{0},\"name\":\"thread_name\",\"args\":"
                    "{{\"name\":\"{1}{2}\"}}}},\n{{\"ph\":\"M\",\"pid\":{3},\"tid\":{0},\"name\":"
                    "\"thread_sort_index\",\"args\":{{\"sort_index\":{0}}}}}",
                    track, kEngineNames[engine], lane == 0 ? "" : fmt::format(" +{}", lane), pid_));
            }
    }

    /// How busy stages and port were, over the whole run.
    void activity() {
        const auto track = [&](const char* name, const hw::WindowSeries& series) {
            write_counter({pid_, name, "% busy", 100.0}, series.sums(), series.width(), out_);
        };
        track("score stage", outcome_.activity.score);
        track("value stage", outcome_.activity.value);
        if (device_ >= record_.memory.ports.size()) return;
        track("memory port, reads", record_.memory.ports[device_][0]);
        track("memory port, writes", record_.memory.ports[device_][1]);
    }

    const RunRecord& record_;
    const RunOutcome& outcome_;
    const spec::DeviceParams& params_;
    const Layout layout_;  ///< of this device
    uint32_t device_, pid_;
    EventSink& out_;
    std::vector<std::string> names_;  ///< of outcome_.commands
    std::vector<Cycle> lanes_[kEngines];
};

/// Of each device the first and the last cycle that `counters.cycles` counts, or null.
std::string windows(const RunRecord& record) {
    std::vector<std::string> list;
    for (const RunOutcome& device : record.devices) {
        const Cycle first = device.window_start;
        const Cycle length = counter_value(device.counters, Counter::kCycles);
        list.push_back(first == kNever || length == 0
                           ? "null"
                           : fmt::format("[{},{}]", first, first + length - 1));
    }
    return fmt::format("[{}]", fmt::join(list, ","));
}

std::string metadata(const RunRecord& record) {
    const uint64_t traced = commands_traced(record.devices), total = record.outcome.commands_total;
    return fmt::format(
        "\"otherData\":{{\"clock_ghz\":{},\"commands_total\":{},\"commands_traced\":{},"
        "\"truncated\":{},\"window\":{},\"slices\":\"the first commands_traced commands\","
        "\"counters\":\"the whole run, each value the mean of a window\","
        "\"time_zero\":\"release of reset\",\"time_unit\":\"1 ns is one cycle of the device "
        "clock\"}},\n",
        record.config.clock_ghz, total, traced, traced < total, windows(record));
}

/// Commands are counted when they are known, some cycles late. What is more than a window of
/// `width` cycles can carry was moved in the window before it.
std::vector<uint64_t> within_peak(std::vector<uint64_t> sums, double bytes_per_window) {
    const auto most = static_cast<uint64_t>(bytes_per_window);
    for (size_t w = sums.size(); w-- > 1;) {
        if (sums[w] <= most) continue;
        sums[w - 1] += sums[w] - most;
        sums[w] = most;
    }
    return sums;
}

/// A track for each channel of a DRAM: its bandwidth.
void channel_tracks(const RunRecord& record, EventSink& out) {
    const auto& channels = record.memory.bytes;
    if (channels.empty()) return;
    const uint32_t pid = record.config.platform.devices + 1;
    out.event(process_name(pid, "DRAM"));
    const double peak = peak_gb_per_s(record.config.platform.memory.dram) /
                        static_cast<double>(channels.size()) / record.config.clock_ghz;
    for (size_t c = 0; c < channels.size(); ++c) {
        const auto width = static_cast<double>(channels[c].width());
        write_counter({pid, fmt::format("channel {}", c), "GB/s", record.config.clock_ghz},
                      within_peak(channels[c].sums(), peak * width), channels[c].width(), out);
    }
}

}  // namespace

void write_trace_json(const RunRecord& record, const TextSink& sink) {
    EventSink out(sink);
    out.text("{\"displayTimeUnit\":\"ns\",\n" + metadata(record) + "\"traceEvents\":[\n");
    for (uint32_t device = 0; device < record.devices.size(); ++device)
        DeviceTracks(record, device, out).write();
    channel_tracks(record, out);
    out.text("\n]}\n");
    out.flush();
}

}  // namespace tessera::host
