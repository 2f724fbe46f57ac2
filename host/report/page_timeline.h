// SPDX-License-Identifier: MIT
// What report.html shows of a trace.json, as few numbers as possible. It reads the text of the
// trace piece by piece, an event a line as write_trace_json writes them, and keeps the first
// commands: a page with a million would be slow.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::host {

class PageTimeline {
  public:
    /// Of all devices together.
    static constexpr size_t kMaxCommands = 20000, kMaxLaneGroups = 180000;

    /// The next piece of the text. UserError, about `where`, if an event is none of ours.
    explicit PageTimeline(std::string where) : where_(std::move(where)) {}
    void feed(std::string_view piece);
    uint64_t commands_total() const { return commands_total_; }

    /// As host/page/src/timeline_data.js reads it; "null" if no device was seen. Lists of numbers
    /// are differences to the item before:
    /// `commands`: word, the numbers in its name, number, dispatch, start - dispatch, length or -1;
    /// `score`, `value`, `merge`: index of the command, group, start, length;
    /// `stalls`, by counter: start, length.
    std::string json() const;

  private:
    struct Command {
        size_t word = 0;
        std::vector<int64_t> numbers;
        int64_t number = 0, dispatch = 0, start = 0, length = 0;
    };
    struct LaneGroup {
        int64_t number = 0, group = 0, start = 0, length = 0;
    };
    struct Stall {
        std::string counter;
        int64_t start = 0, length = 0;
    };
    struct Series {
        std::string name, unit;
        int64_t width = 1;
        std::vector<double> values;
    };
    struct Process {
        std::string name;
        std::vector<Command> commands;
        std::map<int64_t, std::vector<LaneGroup>> groups;  ///< by track
        std::map<int64_t, std::string> tracks;             ///< their names
        std::vector<Stall> stalls;
        std::vector<Series> series;
    };

    void line(std::string_view text);
    void metadata(std::string_view text);
    template <typename Json>
    void slice(const Json& event);
    template <typename Json>
    void counter(const Json& event);
    size_t word_of(const std::string& name, std::vector<int64_t>& numbers);
    bool full(std::string_view text) const;

    std::string where_, rest_;
    uint64_t commands_total_ = 0;
    size_t commands_ = 0, lane_groups_ = 0, stalls_ = 0;
    int64_t cut_ = INT64_MAX;  ///< number of the first command that lacks groups
    std::vector<std::string> words_;
    std::map<std::string, size_t> word_places_;
    std::map<int64_t, Process> processes_;
};

}  // namespace tessera::host
