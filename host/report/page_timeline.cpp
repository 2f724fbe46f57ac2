// SPDX-License-Identifier: MIT
#include "host/report/page_timeline.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "host/error.h"

namespace tessera::host {
namespace {

using Json = nlohmann::json;

/// From the microseconds of the format; a cycle is a nanosecond.
int64_t cycles(const Json& microseconds) { return std::llround(microseconds.get<double>() * 1000); }

bool begins_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

/// One decimal is finer than what is drawn.
double rounded(double x) { return std::round(x * 10) / 10; }

/// Numbers one after the other, of each kind the difference to the one before.
class Differences {
  public:
    void plain(int64_t value) { list_.push_back(value); }
    void difference(int64_t value, int64_t& before) {
        list_.push_back(value - before);
        before = value;
    }
    Json take() { return std::move(list_); }

  private:
    Json list_ = Json::array();
};

}  // namespace

void PageTimeline::feed(std::string_view piece) {
    for (size_t end; (end = piece.find('\n')) != std::string_view::npos;) {
        if (rest_.empty()) {
            line(piece.substr(0, end));
        } else {
            rest_ += piece.substr(0, end);
            line(rest_);
            rest_.clear();
        }
        piece.remove_prefix(end + 1);
    }
    rest_ += piece;
}

/// Is this a slice of a kind of which there are enough?
bool PageTimeline::full(std::string_view text) const {
    return begins_with(text, "{\"ph\":\"X\"") && commands_ >= kMaxCommands &&
           lane_groups_ >= kMaxLaneGroups;
}

void PageTimeline::line(std::string_view text) {
    while (!text.empty() && (text.back() == ',' || text.back() == '\r')) text.remove_suffix(1);
    if (begins_with(text, "\"otherData\":")) return metadata(text.substr(12));
    const bool waits = begins_with(text, "{\"ph\":\"b\"") || begins_with(text, "{\"ph\":\"e\"");
    if (!begins_with(text, "{\"ph\":") || waits || full(text)) return;
    try {
        const Json event = Json::parse(text);
        const std::string kind = event.at("ph");
        if (kind == "X") slice(event);
        if (kind == "C") counter(event);
        if (kind != "M") return;
        Process& process = processes_[event.at("pid")];
        const std::string name = event.at("name");
        if (name == "process_name") process.name = event.at("args").at("name");
        if (name == "thread_name") process.tracks[event.at("tid")] = event.at("args").at("name");
    } catch (const Json::exception&) {
        throw UserError(where_ + ": not a trace of tessera; allowed: trace.json of tessera run");
    }
}

void PageTimeline::metadata(std::string_view text) {
    const Json data = Json::parse(text, nullptr, false);
    if (data.is_object()) commands_total_ = data.value("commands_total", uint64_t{0});
}

/// "LOAD_K head 1 tile 3": the words "LOAD_K head # tile #" and the numbers.
size_t PageTimeline::word_of(const std::string& name, std::vector<int64_t>& numbers) {
    std::string words;
    for (size_t i = 0; i < name.size();) {
        const bool digit = name[i] >= '0' && name[i] <= '9';
        const size_t end = std::min(name.size(), name.find_first_not_of("0123456789", i));
        constexpr size_t kMostDigits = 15;
        if (!digit || end - i > kMostDigits) {
            words += name[i++];
            continue;
        }
        numbers.push_back(std::stoll(name.substr(i, end - i)));
        words += '#';
        i = end;
    }
    const auto [place, added] = word_places_.emplace(words, words_.size());
    if (added) words_.push_back(words);
    return place->second;
}

template <typename Event>
void PageTimeline::slice(const Event& event) {
    Process& process = processes_[event.at("pid")];
    const Json& args = event.at("args");
    const int64_t start = cycles(event.at("ts"));
    if (args.contains("counter")) {
        if (++stalls_ <= kMaxLaneGroups)
            process.stalls.push_back({args.at("counter"), start, cycles(event.at("dur"))});
        return;
    }
    const int64_t number = args.at("number");
    if (args.contains("group")) {
        if (lane_groups_ >= kMaxLaneGroups) {
            cut_ = std::min(cut_, number);
            return;
        }
        ++lane_groups_;
        process.groups[event.at("tid")].push_back(
            {number, args.at("group"), start, cycles(event.at("dur"))});
        return;
    }
    if (commands_ >= kMaxCommands) {
        cut_ = std::min(cut_, number);
        return;
    }
    ++commands_;
    Command command;
    command.word = word_of(event.at("name"), command.numbers);
    command.number = number;
    command.start = start;
    const auto dispatch = args.at("dispatch").template get<uint64_t>();
    command.dispatch = std::min<int64_t>(start, static_cast<int64_t>(std::min<uint64_t>(
                                                    dispatch, static_cast<uint64_t>(INT64_MAX))));
    command.length = args.at("retire").is_null() ? -1 : cycles(event.at("dur"));
    process.commands.push_back(std::move(command));
}

template <typename Event>
void PageTimeline::counter(const Event& event) {
    Process& process = processes_[event.at("pid")];
    const std::string name = event.at("name");
    const size_t comma = name.rfind(", mean of ");
    const std::string what = name.substr(0, comma);
    if (process.series.empty() || process.series.back().name != what)
        process.series.push_back({what, event.at("args").begin().key(), 1, {}});
    Series& series = process.series.back();
    if (comma != std::string::npos) series.width = std::stoll(name.substr(comma + 10));
    series.values.push_back(event.at("args").begin().value());
}

std::string PageTimeline::json() const {
    size_t shown = 0;
    Json devices = Json::array(), memory = Json::array();
    for (const auto& [pid, process] : processes_) {
        if (process.name == "DRAM") {
            Series all{"DRAM", "GB/s", 1, {}};  // of its channels together
            for (const Series& channel : process.series) {
                all.width = channel.width;
                all.values.resize(std::max(all.values.size(), channel.values.size()));
                for (size_t i = 0; i < channel.values.size(); ++i)
                    all.values[i] += channel.values[i];
            }
            for (double& value : all.values) value = rounded(value);
            memory.push_back({{"name", all.name},
                              {"unit", all.unit},
                              {"width", all.width},
                              {"values", all.values}});
            continue;
        }
        Differences commands;
        std::map<int64_t, int64_t> places;  // of commands, by number
        int64_t number = 0, dispatch = 0;
        for (const Command& c : process.commands) {
            if (c.number >= cut_) continue;
            places.emplace(c.number, static_cast<int64_t>(places.size()));
            commands.plain(static_cast<int64_t>(c.word));
            for (const int64_t n : c.numbers) commands.plain(n);
            commands.difference(c.number, number);
            commands.difference(c.dispatch, dispatch);
            commands.plain(c.start - c.dispatch);
            commands.plain(c.length);
        }
        shown += places.size();
        Json device = {{"commands", commands.take()}};
        for (const char* stage : {"score", "value", "merge"}) {
            Differences groups;
            int64_t index = 0, start = 0;
            for (const auto& [track, list] : process.groups) {
                const auto name = process.tracks.find(track);
                if (name == process.tracks.end() || !begins_with(name->second, stage)) continue;
                for (const LaneGroup& g : list) {
                    const auto place = places.find(g.number);
                    if (place == places.end()) continue;
                    groups.difference(place->second, index);
                    groups.plain(g.group);
                    groups.difference(g.start, start);
                    groups.plain(g.length);
                }
            }
            device[stage] = groups.take();
        }
        std::map<std::string, std::pair<Differences, int64_t>> stalls;  // and the last start
        for (const Stall& s : process.stalls) {
            auto& [list, last] = stalls[s.counter];
            list.difference(s.start, last);
            list.plain(s.length);
        }
        device["stalls"] = Json::object();
        for (auto& [counter, list] : stalls) device["stalls"][counter] = list.first.take();
        device["activity"] = Json::array();
        for (const Series& series : process.series) {
            std::vector<double> values;
            for (const double value : series.values) values.push_back(rounded(value));
            device["activity"].push_back({{"name", series.name},
                                          {"unit", series.unit},
                                          {"width", series.width},
                                          {"values", values}});
        }
        devices.push_back(std::move(device));
    }
    if (devices.empty()) return "null";
    const Json all = {{"commands_total", commands_total_},
                      {"commands_shown", shown},
                      {"words", words_},
                      {"devices", devices},
                      {"memory", memory}};
    return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tessera::host
